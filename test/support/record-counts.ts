import { appendFileSync } from "node:fs";

/** What a program of tests found. */
type Counts = {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
};

/**
 * For .ci/run, which sums what all programs counted and names what failed at
 * its end: adds `passed failed skipped` as a line to the file that
 * PORTCULLIS_COUNTS names, and each failure to the file beside it.
 */
export function recordCounts(
  { passed, failed, skipped }: Counts,
  failures: readonly string[],
): void {
  const file = process.env["PORTCULLIS_COUNTS"];
  if (!file) {
    return;
  }
  appendFileSync(file, `${passed} ${failed} ${skipped}\n`);
  for (const failure of failures) {
    appendFileSync(`${file}.failures`, `${failure.trimEnd()}\n`);
  }
}
