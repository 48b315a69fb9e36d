import {
  PolicyError,
  type TestOutcome,
  type TestSuite,
} from "../../src/engine/index.ts";
import type { CaseRunner, PlacedCase } from "../../src/server/index.ts";

export type Test = TestSuite["tests"][number];

/** Cases by the tests that reports know them as. */
export type RequestCases = {
  readonly tests: ReadonlyMap<Test, PlacedCase>;
  readonly run: CaseRunner;
};

/** A suite with the cases behind its tests. */
export function withCases(suite: TestSuite, cases: RequestCases): TestSuite {
  const isCase = (test: Test): boolean => cases.tests.has(test);
  return {
    tests: [...suite.tests, ...cases.tests.keys()],
    snapshots: suite.snapshots,
    // The server's parts stay in this thread.
    shared: suite.shared,
    run: (test) => {
      const one = cases.tests.get(test);
      return one ? runCase(test, one, cases.run) : suite.run(test);
    },
    get arenaBytes() {
      return suite.arenaBytes;
    },
    coverage: () => suite.coverage(),
    trace: (tests, wanted) =>
      suite.trace(
        tests.filter((one) => !isCase(one)),
        wanted,
      ),
  };
}

async function runCase(
  test: Test,
  one: PlacedCase,
  run: CaseRunner,
): Promise<TestOutcome> {
  const start = performance.now();
  const spent = () => performance.now() - start;
  try {
    const faults = await run(one);
    const output = faults.map((fault) => `${fault}\n`).join("");
    const status = faults.length === 0 ? "pass" : "fail";
    return { test, status, milliseconds: spent(), output, cases: [] };
  } catch (error) {
    return {
      test,
      status: "error",
      milliseconds: spent(),
      output: "",
      cases: [],
      error: PolicyError.from(error),
    };
  }
}
