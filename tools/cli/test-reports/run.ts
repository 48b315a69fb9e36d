import { writeFileSync } from "node:fs";
import { hostBuiltins, runtimeOf } from "../../../src/builtins/index.ts";
import {
  type Changes,
  type HostBuiltin,
  hasDataIn,
  matchNames,
  PolicyError,
  prepareTests,
  type TestOutcome,
  type TestSuite,
} from "../../../src/engine/index.ts";
import { type Arguments, exitCode } from "../command.ts";
import type { GivenCapabilities } from "../load-capabilities.ts";
import type { Loaded } from "../load-paths.ts";
import { loadSchemas } from "../load-schemas.ts";
import { type RequestCases, withCases } from "../suite-with-cases.ts";
import { githubReport, sarifReport } from "./annotations.ts";
import { benchLine, measureTest } from "./bench.ts";
import { coverageJson, thresholdText } from "./coverage.ts";
import { coberturaReport, lcovReport } from "./coverage-formats.ts";
import { errorsText, errorText } from "./error-text.ts";
import { detailsText } from "./failure-details.ts";
import type { Texts } from "./failure-site.ts";
import type { FormatName, TestFlags } from "./flags.ts";
import { jsonReport } from "./json.ts";
import { junitReport } from "./junit.ts";
import { type FailureSource, failureText, PrettyReport } from "./pretty.ts";
import { createProgress } from "./progress.ts";
import { runTests, type Threads } from "./run-in-threads.ts";
import { shuffle } from "./shuffle.ts";
import { Snapshots } from "./snapshots.ts";
import { tapReport } from "./tap.ts";
import { unmockedText } from "./unmocked.ts";

/** What the command line gives policies beside OPA's builtins. */
export type TestHost = GivenCapabilities & {
  readonly builtins: readonly HostBuiltin[];
  /** The command's, for threads of tests. */
  readonly args: Arguments;
  /** With `--changed` what the tests are chosen by. */
  readonly changes?: Changes | undefined;
  /** Requests to be judged beside the tests. */
  readonly cases?: RequestCases | undefined;
};

/** Compiles and runs the tests of what was loaded; returns the exit code. */
export async function runLoaded(
  loaded: Loaded,
  flags: TestFlags,
  host: TestHost,
): Promise<number> {
  const suite = await prepare(loaded, flags, host);
  if ("fault" in suite) {
    console.error(suite.fault);
    return exitCode.failed;
  }
  for (let round = 0; round < flags.count; round += 1) {
    const code = await runOnce(suite, flags, {
      texts: loaded.modules,
      threads: { ...flags.parallel, args: host.args },
    });
    if (code !== exitCode.fine) {
      return code;
    }
  }
  return exitCode.fine;
}

async function prepare(
  loaded: Loaded,
  flags: TestFlags,
  { builtins, cases, changes, compile, network }: TestHost,
): Promise<TestSuite | { readonly fault: string }> {
  const { pattern, coverage } = flags;
  try {
    const prepared = await prepareTests({
      ...loaded,
      ...compile,
      hasData: hasDataIn(loaded.data),
      builtins: [...hostBuiltins, ...builtins],
      surroundings: { network, runtime: runtimeOf(process.env) },
      regoVersion: flags.regoVersion,
      limits: { deadlineMs: flags.timeoutMs },
      maxErrors: flags.maxErrors,
      print: !flags.bench,
      snapshots: flags.snapshots !== undefined,
      changes,
      ...(flags.schema !== undefined && {
        schemas: loadSchemas({ path: flags.schema, guards: false }),
      }),
      ...(coverage && { coverage: { runs: coverage } }),
      ...(pattern !== undefined && {
        select: (names: readonly string[]) => matchNames(pattern, names),
      }),
    });
    if ("errors" in prepared) {
      return { fault: errorsText(prepared.errors, loaded.modules) };
    }
    return cases ? withCases(prepared.suite, cases) : prepared.suite;
  } catch (error) {
    return { fault: PolicyError.from(error).rawMessage };
  }
}

type Run = { readonly texts: Texts; readonly threads: Threads };

async function runOnce(
  suite: TestSuite,
  flags: TestFlags,
  { texts, threads }: Run,
): Promise<number> {
  const tests = inOrder(suite, flags);
  const progress = createProgress(tests.length, process.stderr, process.env);
  const write = (text: string): void => {
    progress.clear();
    process.stdout.write(text);
  };
  const pretty =
    !flags.coverageReport &&
    (hasFormat(flags, "pretty") || hasFormat(flags, "gobench"))
      ? new PrettyReport(write, { ...flags, texts })
      : undefined;
  const outcomes: TestOutcome[] = [];
  const snapshots = flags.snapshots && new Snapshots(flags.snapshots);
  for await (const found of runTests(suite, tests, threads)) {
    const outcome = snapshots?.judge(found) ?? found;
    outcomes.push(outcome);
    progress.add(outcome);
    const measured = flags.bench
      ? await measureTest(suite, outcome, flags.benchmem)
      : undefined;
    pretty?.add(
      outcome,
      measured && benchLine(outcome, measured, hasFormat(flags, "gobench")),
    );
  }
  progress.clear();
  await pretty?.finish(failureSource(suite, flags, texts));
  process.stderr.write(pretty && !flags.bench ? unmockedText(outcomes) : "");
  const told = snapshots?.finish(suite.snapshots, Object.keys(texts));
  process.stderr.write(told ?? "");
  await writeReports(suite, outcomes, flags);
  return endOf(suite, outcomes, flags);
}

/** The exit code, after the report of coverage where it is asked for. */
async function endOf(
  suite: TestSuite,
  outcomes: readonly TestOutcome[],
  flags: TestFlags,
): Promise<number> {
  if (flags.coverageReport) {
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

/** What is told of failures beside OPA's report stands on standard error. */
function failureSource(
  suite: TestSuite,
  { explain, varValues }: TestFlags,
  texts: Texts,
): FailureSource {
  const wanted = { texts, onlyDifferences: varValues };
  return {
    traces: (failures) =>
      suite.trace(
        failures.map(({ test }) => test),
        { values: varValues ? explain : undefined },
      ),
    details: async (failures) => {
      process.stderr.write(await detailsText(suite, failures, wanted));
    },
  };
}

/** The tests in the order of their files, or shuffled by the seed. */
function inOrder({ tests }: TestSuite, { shuffleSeed }: TestFlags) {
  if (shuffleSeed === undefined) {
    return tests;
  }
  console.error(`shuffled; --seed ${shuffleSeed} gives this order again`);
  return shuffle(tests, shuffleSeed);
}

/** Reports that are made when all tests have run. */
const makeReport: {
  readonly [name in FormatName]?: (
    suite: TestSuite,
    outcomes: readonly TestOutcome[],
  ) => string | Promise<string>;
} = {
  json: (_suite, outcomes) => jsonReport(outcomes),
  junit: (_suite, outcomes) => junitReport(outcomes),
  tap: (_suite, outcomes) => tapReport(outcomes),
  github: (_suite, outcomes) => githubReport(outcomes),
  sarif: (_suite, outcomes) => sarifReport(outcomes),
  lcov: async (suite) => lcovReport(await suite.coverage()),
  cobertura: async (suite) => coberturaReport(await suite.coverage()),
};

async function writeReports(
  suite: TestSuite,
  outcomes: readonly TestOutcome[],
  { coverageReport, formats, sort }: TestFlags,
): Promise<void> {
  const sorted =
    sort === "duration"
      ? outcomes.toSorted((a, b) => b.milliseconds - a.milliseconds)
      : outcomes;
  for (const { file, name } of formats) {
    // As in OPA: the report of coverage takes the place of the JSON one.
    if (name === "json" && coverageReport && file === undefined) {
      continue;
    }
    const given = name === "json" ? sorted : outcomes;
    const text = await makeReport[name]?.(suite, given);
    if (text !== undefined && file !== undefined) {
      writeFileSync(file, text);
    } else if (text !== undefined) {
      process.stdout.write(text);
    }
  }
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
      texts: {},
    });
    for (const failure of failures) {
      report.add(failure);
    }
    await report.finish();
    console.error(failureText(first));
    return exitCode.failed;
  }
  const coverage = await suite.coverage();
  if (coverage.coverage < flags.threshold) {
    console.error(thresholdText(coverage, flags));
    return exitCode.policy;
  }
  if (!(hasFormat(flags, "lcov") || hasFormat(flags, "cobertura"))) {
    process.stdout.write(coverageJson(coverage));
  }
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
