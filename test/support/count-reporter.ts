import { appendFileSync } from "node:fs";
import type { Reporter, TestModule } from "vitest/node";

/**
 * Adds `passed failed skipped` of the run as one line to the file that
 * PORTCULLIS_COUNTS names, so that .ci/run can sum over several programs, and
 * prints the same as the last line.
 */
export class CountReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const counts = { passed: 0, failed: 0, skipped: 0 };
    for (const module of modules) {
      counts.failed += module.errors().length;
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        counts[state === "pending" ? "skipped" : state] += 1;
      }
    }
    const { passed, failed, skipped } = counts;
    const file = process.env["PORTCULLIS_COUNTS"];
    if (file) {
      appendFileSync(file, `${passed} ${failed} ${skipped}\n`);
    }
    process.stdout.write(
      `${passed} passed, ${failed} failed, ${skipped} skipped\n`,
    );
  }
}
