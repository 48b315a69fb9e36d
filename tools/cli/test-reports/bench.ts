import {
  fullName,
  type TestOutcome,
  type TestSuite,
} from "../../../src/engine/index.ts";

/** How often a test ran, and how long one run took. */
export type Measurement = {
  readonly runs: number;
  readonly nanoseconds: number;
};

// As Go's benchmarks: as many runs as fill a second.
const fullTimeMs = 1_000;

/** Runs a test again and again; undefined for one that does not pass. */
export async function measureTest(
  suite: TestSuite,
  { status, test }: TestOutcome,
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
  return { runs, nanoseconds: (passed * 1e6) / runs };
}

/** A line of `opa test --bench`; with `gobench` in the form of Go's benchmark data. */
export function benchLine(
  { test }: TestOutcome,
  { nanoseconds, runs }: Measurement,
  gobench: boolean,
): string {
  const name = fullName(test);
  const title = gobench ? `Benchmark${camelCase(name)}` : name;
  return `${title}\t${String(runs).padStart(8)}\t${goNumber(nanoseconds)} ns/op\n`;
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
