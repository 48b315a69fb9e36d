import { hostBuiltins } from "../../../src/builtins/index.ts";
import {
  matchNames,
  PolicyError,
  prepareTests,
  type TestOutcome,
  type TestSuite,
} from "../../../src/engine/index.ts";
import { exitCode } from "../command.ts";
import type { Loaded } from "../load-paths.ts";
import { coverageJson, thresholdText } from "./coverage.ts";
import { errorsText, errorText } from "./error-text.ts";
import type { TestFlags } from "./flags.ts";
import { jsonReport } from "./json.ts";
import { failureText, PrettyReport } from "./pretty.ts";

/** Compiles and runs the tests of what was loaded; returns the exit code. */
export async function runLoaded(
  loaded: Loaded,
  flags: TestFlags,
): Promise<number> {
  const suite = await prepare(loaded, flags);
  if ("fault" in suite) {
    console.error(suite.fault);
    return exitCode.failed;
  }
  for (let round = 0; round < flags.count; round += 1) {
    const code = await runOnce(suite, flags);
    if (code !== exitCode.fine) {
      return code;
    }
  }
  return exitCode.fine;
}

async function prepare(
  loaded: Loaded,
  flags: TestFlags,
): Promise<TestSuite | { readonly fault: string }> {
  const { pattern, coverage } = flags;
  try {
    const prepared = await prepareTests({
      ...loaded,
      builtins: hostBuiltins,
      regoVersion: flags.regoVersion,
      limits: { deadlineMs: flags.timeoutMs },
      ...(coverage && { coverage: { runs: coverage } }),
      ...(pattern !== undefined && {
        select: (names: readonly string[]) => matchNames(pattern, names),
      }),
    });
    return "errors" in prepared
      ? { fault: errorsText(prepared.errors) }
      : prepared.suite;
  } catch (error) {
    return { fault: PolicyError.from(error).rawMessage };
  }
}

async function runOnce(suite: TestSuite, flags: TestFlags): Promise<number> {
  const write = (text: string): void => {
    process.stdout.write(text);
  };
  const pretty =
    !flags.coverage && hasFormat(flags, "pretty")
      ? new PrettyReport(write, flags)
      : undefined;
  const outcomes: TestOutcome[] = [];
  for (const test of suite.tests) {
    const outcome = await suite.run(test);
    outcomes.push(outcome);
    pretty?.add(outcome);
  }
  await pretty?.finish(async (failures) => {
    const traced = await suite.trace(failures.map(({ test }) => test));
    return traced.map(({ steps }) => steps);
  });
  if (hasFormat(flags, "json") && !flags.coverage) {
    write(jsonReport(outcomes));
  }
  if (flags.coverage) {
    const code = await reportCoverage(suite, outcomes, flags);
    if (code !== exitCode.fine) {
      return code;
    }
  }
  if (outcomes.length === 0 && flags.failOnEmpty) {
    console.error("no tests were run");
    return exitCode.failed;
  }
  return verdict(outcomes, flags);
}

function hasFormat({ formats }: TestFlags, name: string): boolean {
  return formats.some((format) => format.name === name && !format.file);
}

/** Coverage is reported of tests that passed; else the failures are. */
async function reportCoverage(
  suite: TestSuite,
  outcomes: readonly TestOutcome[],
  flags: TestFlags,
): Promise<number> {
  const error = outcomes.find((outcome) => outcome.error)?.error;
  if (error) {
    console.error(errorText(error));
    return exitCode.failed;
  }
  const failures = outcomes.filter(({ status }) => status === "fail");
  const [first] = failures;
  if (first) {
    const report = new PrettyReport((text) => process.stdout.write(text), {
      verbose: flags.verbose,
      varValues: false,
      explain: flags.explain,
    });
    for (const failure of failures) {
      report.add(failure);
    }
    await report.finish();
    console.error(failureText(first));
    return exitCode.failed;
  }
  const coverage = suite.coverage();
  if (coverage.coverage < flags.threshold) {
    console.error(thresholdText(coverage, flags));
    return exitCode.policy;
  }
  process.stdout.write(coverageJson(coverage));
  return exitCode.fine;
}

/** As `opa test`: 2 as soon as one test is not a pass. */
function verdict(
  outcomes: readonly TestOutcome[],
  { skippedIsFine }: TestFlags,
): number {
  const bad = outcomes.some(
    ({ status }) =>
      status !== "pass" && !(status === "skipped" && skippedIsFine),
  );
  return bad ? exitCode.policy : exitCode.fine;
}
