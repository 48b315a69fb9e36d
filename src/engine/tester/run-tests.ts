import type { HasData } from "../analysis/check-data-conflicts.ts";
import type { Schemas } from "../analysis/schema-scope.ts";
import type { HostBuiltin } from "../builtins/host-builtin.ts";
import { createPrint } from "../builtins/print.ts";
import type { BuiltinCapabilities } from "../builtins/registry.ts";
import {
  type Analysed,
  analyseModules,
  type CompiledPolicy,
  generateModule,
} from "../compile.ts";
import { PolicyError } from "../error.ts";
import {
  encodeInput,
  type Limits,
  loadPolicy,
  type PolicyOptions,
  type Surroundings,
  toModule,
} from "../evaluate/policy.ts";
import { briefOptimizations } from "../optimize/optimizations.ts";
import { affectedTests, type Changes } from "./affected-tests.ts";
import {
  type CoverageReport,
  type CoverageRun,
  reportCoverage,
  type SupplementaryRun,
  type UncoveredKind,
  uncoveredKinds,
} from "./coverage.ts";
import {
  discoverSnapshots,
  discoverTests,
  fullName,
  type TestRule,
  toEntrypoint,
} from "./discover.ts";
import { coverageRun } from "./query-coverage.ts";
import {
  type TestOutcome,
  type TestProgram,
  TestRunner,
} from "./test-runner.ts";
import {
  type TracedTest,
  type TraceOptions,
  traceTests,
} from "./trace-tests.ts";

export type TestOptions = {
  /** File name → Rego text: policies and their tests. */
  readonly modules: Readonly<Record<string, string>>;
  /** The base document, as a value or as UTF-8 JSON. */
  readonly data?: unknown;
  /** Chooses by full names (`data.p_test.test_x`); all by default. */
  readonly select?: (names: readonly string[]) => Promise<ReadonlySet<string>>;
  readonly regoVersion?: 0 | 1;
  /** The version of files by name, where it is another. */
  readonly regoVersions?: Readonly<Record<string, 0 | 1>> | undefined;
  readonly limits?: Limits;
  /** What the world outside gives to builtins. */
  readonly surroundings?: Surroundings;
  readonly builtins?: readonly HostBuiltin[];
  readonly capabilities?: BuiltinCapabilities | undefined;
  /** Measures coverage, and by further runs why something was not reached. */
  readonly coverage?: { readonly runs: readonly UncoveredKind[] };
  readonly schemas?: Schemas | undefined;
  /** Where data has something, a rule is an error. */
  readonly hasData?: HasData | undefined;
  /** How many compile errors are returned: 10 by default. */
  readonly maxErrors?: number | undefined;
  /** Runs `snapshot_` rules too. */
  readonly snapshots?: boolean;
  /** Runs only the tests that these changes may matter to. */
  readonly changes?: Changes | undefined;
  /** Keeps `print` calls; the default. */
  readonly print?: boolean;
};

/** For threads: each loads the program into a `TestRunner` of its own. */
type SharedTests = {
  readonly program: TestProgram;
  /** The tests that it has. */
  readonly tests: ReadonlySet<TestRule>;
  /** Takes what a thread reached, for the coverage. */
  merge(reached: Uint8Array): void;
};

/** The tests of some modules, compiled into one policy. */
export type TestSuite = {
  readonly tests: readonly TestRule[];
  /** The snapshots that there are, chosen to be run or not. */
  readonly snapshots: readonly TestRule[];
  /** What other threads need to run tests too. */
  readonly shared: SharedTests;
  run(test: TestRule): Promise<TestOutcome>;
  /** Bytes that the last test took of the arena. */
  readonly arenaBytes: number;
  /** What all runs so far have reached; the tests run again for each kind that was asked for. */
  coverage(): Promise<CoverageReport>;
  /** Runs tests again, in a module that tells of every step. Requests have no trace. */
  trace(
    tests: readonly TestRule[],
    wanted?: TraceOptions,
  ): Promise<readonly TracedTest[]>;
};

// opa test's default time limit of one test.
const defaultLimits: Limits = { deadlineMs: 5_000 };

/**
 * Compiles all modules into one policy with every selected test as an
 * entrypoint. Compile errors are returned, not thrown.
 */
export async function prepareTests(
  options: TestOptions,
): Promise<
  { readonly suite: TestSuite } | { readonly errors: readonly PolicyError[] }
> {
  const { modules, regoVersion = 1, builtins = [], print = true } = options;
  const analysed = analyseModules({
    ...(options.schemas && { schemas: options.schemas }),
    maxErrors: options.maxErrors,
    capabilities: options.capabilities,
    hasData: options.hasData,
    modules,
    regoVersion,
    regoVersions: options.regoVersions,
    builtins,
    print,
    tests: true,
  });
  if ("errors" in analysed) {
    return analysed;
  }
  const { analysis } = analysed;
  const snapshots = options.snapshots
    ? discoverSnapshots(analysis.modules)
    : [];
  const all = [...discoverTests(analysis.modules), ...snapshots];
  const tests = await selectTests(analysis, all, options);
  const entrypoints = tests.filter(({ todo }) => !todo).map(toEntrypoint);
  const compiled = generateModule(analysed, {
    entrypoints,
    optimizations: briefOptimizations,
    ...(options.coverage && { instrument: { coverage: true } }),
  });
  if ("errors" in compiled) {
    return compiled;
  }
  const suite = new CompiledSuite(
    analysed,
    { tests, snapshots },
    compiled.policy,
  );
  await suite.load(options);
  return { suite };
}

/** Compiles and runs the tests, in order. */
export async function runTests(
  options: TestOptions,
): Promise<
  | { readonly outcomes: readonly TestOutcome[] }
  | { readonly errors: readonly PolicyError[] }
> {
  const prepared = await prepareTests(options);
  if ("errors" in prepared) {
    return prepared;
  }
  const { suite } = prepared;
  const outcomes: TestOutcome[] = [];
  for (const test of suite.tests) {
    outcomes.push(await suite.run(test));
  }
  return { outcomes };
}

/** Those that are chosen by their names and that a change may matter to. */
async function selectTests(
  analysis: Analysed["analysis"],
  all: readonly TestRule[],
  { changes, regoVersion = 1, regoVersions, select }: TestOptions,
): Promise<readonly TestRule[]> {
  const tests = changes
    ? affectedTests(analysis, all, changes, { regoVersion, regoVersions })
    : all;
  if (!select) {
    return tests;
  }
  const chosen = await select(tests.map(fullName));
  return tests.filter((test) => chosen.has(fullName(test)));
}

/** What tests tell, for a run that only looks at what they reach. */
const silentBuiltins: readonly HostBuiltin[] = [
  createPrint(() => {}),
  { name: "internal.test_case", run: () => true },
];

class CompiledSuite implements TestSuite {
  readonly tests: readonly TestRule[];
  readonly snapshots: readonly TestRule[];
  private readonly analysed: Analysed;
  private readonly compiled: CompiledPolicy;
  private options: TestOptions | undefined;
  private program: TestProgram | undefined;
  private runner: TestRunner | undefined;
  /** What was reached in other threads. */
  private readonly reached: Uint8Array[] = [];

  constructor(
    analysed: Analysed,
    { snapshots, tests }: Pick<TestSuite, "tests" | "snapshots">,
    compiled: CompiledPolicy,
  ) {
    this.analysed = analysed;
    this.tests = tests;
    this.snapshots = snapshots;
    this.compiled = compiled;
  }

  async load(options: TestOptions): Promise<void> {
    this.options = options;
    const { wasm, instrumentation } = this.compiled;
    this.program = {
      module: await toModule(wasm),
      data: encodeInput(options.data ?? {}),
      limits: options.limits ?? defaultLimits,
      marks: instrumentation && {
        coverage: instrumentation.coverage,
        positions: { length: instrumentation.positions.length },
      },
    };
    this.runner = await TestRunner.load(this.program, options);
  }

  get shared(): SharedTests {
    const { program, reached, tests } = this;
    if (!program) {
      throw new PolicyError("internal_error", "the tests are not loaded");
    }
    return {
      program,
      tests: new Set(tests),
      merge: (elsewhere) => reached.push(elsewhere),
    };
  }

  get arenaBytes(): number {
    return this.loaded.arenaBytes;
  }

  run(test: TestRule): Promise<TestOutcome> {
    return this.loaded.run(test);
  }

  async coverage(): Promise<CoverageReport> {
    const positions = this.compiled.instrumentation?.positions ?? [];
    const all = [this.loaded.reached(), ...this.reached];
    const reached = Uint8Array.from(positions, (_, index) =>
      all.some((one) => one[index]) ? 1 : 0,
    );
    const run = { positions, reached };
    const others: SupplementaryRun[] = [];
    for (const kind of this.options?.coverage?.runs ?? []) {
      others.push({ kind, ...(await this.runWithout(kind)) });
    }
    return reportCoverage(this.analysed.modules, run, others);
  }

  /** What all tests reach without the optimisation that a kind is about. */
  private async runWithout(kind: UncoveredKind): Promise<CoverageRun> {
    const tests = this.tests.filter(({ todo }) => !todo);
    const compiled = generateModule(this.analysed, {
      entrypoints: tests.map(toEntrypoint),
      optimizations: uncoveredKinds[kind],
      instrument: { coverage: true },
    });
    if ("errors" in compiled) {
      throw compiled.errors[0];
    }
    const policy = await loadPolicy(compiled.policy.wasm, {
      ...this.policyOptions(),
      builtins: [...(this.options?.builtins ?? []), ...silentBuiltins],
    });
    for (const test of tests) {
      const entrypoint = toEntrypoint(test);
      // How it ends was told by the first run.
      await policy.evaluateAsync(undefined, { entrypoint }).catch(() => {});
    }
    return coverageRun({ compiled: compiled.policy, policy });
  }

  trace(
    tests: readonly TestRule[],
    wanted: TraceOptions = {},
  ): Promise<readonly TracedTest[]> {
    const builtins = this.options?.builtins ?? [];
    const policyOptions = { ...this.policyOptions(), builtins };
    const { analysed } = this;
    return traceTests(tests, { ...wanted, analysed, policyOptions });
  }

  private policyOptions(): PolicyOptions {
    const { data, limits, surroundings } = this.options ?? {};
    return {
      ...surroundings,
      data: data ?? {},
      limits: limits ?? defaultLimits,
    };
  }

  private get loaded(): TestRunner {
    if (!this.runner) {
      throw new PolicyError("internal_error", "the tests are not loaded");
    }
    return this.runner;
  }
}
