import {
  fullName,
  type TestOutcome,
  type TestSuite,
} from "../../../src/engine/index.ts";

/** How often a test ran, and how long one run took. */
export type Measurement = {
  readonly runs: number;
  readonly nanoseconds: number;
  /** Bytes of the sandbox's arena that one run took; absent when they are not wanted. */
  readonly bytes?: number;
};

// As Go's benchmarks: as many runs as fill a second.
const fullTimeMs = 1_000;

/** Runs a test again and again; undefined for one that does not pass. */
export async function measureTest(
  suite: TestSuite,
  { status, test }: TestOutcome,
  withBytes: boolean,
): Promise<Measurement | undefined> {
  if (status !== "pass") {
    return undefined;
  }
  const start = performance.now();
  let runs = 0;
  let passed = 0;
  do {
    await suite.run(test);
    runs += 1;
    passed = performance.now() - start;
  } while (passed < fullTimeMs);
  const nanoseconds = (passed * 1e6) / runs;
  return { runs, nanoseconds, ...(withBytes && { bytes: suite.arenaBytes }) };
}

/** A line of `opa test --bench`; with `gobench` in the form of Go's benchmark data. */
export function benchLine(
  { test }: TestOutcome,
  { bytes, nanoseconds, runs }: Measurement,
  gobench: boolean,
): string {
  const name = fullName(test);
  const title = gobench ? `Benchmark${camelCase(name)}` : name;
  const memory = bytes === undefined ? "" : `\t${bytesText(bytes)}`;
  return `${title}\t${String(runs).padStart(8)}\t${goNumber(nanoseconds)} ns/op${memory}\n`;
}

/** As Go prints what was allocated; how often is not counted. */
export function bytesText(bytes: number): string {
  return `${String(Math.round(bytes)).padStart(8)} B/op`;
}

function camelCase(name: string): string {
  return name
    .split(/[._]/)
    .map((part) => part.slice(0, 1).toUpperCase() + part.slice(1))
    .join("");
}

/** Three digits that count, aligned at the point as Go's benchmarks are. */
export function goNumber(value: number): string {
  if (value >= 999.95) {
    return value.toFixed(0).padStart(10);
  }
  const digits = value >= 99.995 ? 1 : value >= 9.9995 ? 2 : 3;
  return value.toFixed(digits).padStart(11 + digits);
}
