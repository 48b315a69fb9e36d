import { rewriteTestValues } from "../analysis/rewrite-test-values.ts";
import type { HostBuiltin } from "../builtins/host-builtin.ts";
import { createPrint } from "../builtins/print.ts";
import { type Analysed, generateModule } from "../compile.ts";
import { PolicyError } from "../error.ts";
import {
  loadPolicy,
  type Policy,
  type PolicyOptions,
} from "../evaluate/policy.ts";
import { isArray } from "../value.ts";
import { type TestRule, toEntrypoint } from "./discover.ts";
import { type CaseCall, type CaseResult, caseResults } from "./test-cases.ts";
import { type Explain, explainTrace } from "./trace.ts";
import { TraceRecorder } from "./trace-recorder.ts";
import type { TraceStep } from "./trace-steps.ts";
import { type FailedExpression, TraceValues } from "./trace-values.ts";

/** The expression that a test failed at, or one of its cases did. */
export type TestFailure = {
  /** The notes that lead to the case; none of a test without cases. */
  readonly notes: readonly string[];
  readonly failed: FailedExpression;
};

/** A test with the trace of its evaluation. */
export type TracedTest = {
  readonly test: TestRule;
  readonly steps: readonly TraceStep[];
  /** Where values are told: those that are known at a step, as text. */
  readonly values: ReadonlyMap<
    TraceStep,
    readonly (readonly [string, string])[]
  >;
  readonly failures: readonly TestFailure[];
};

export type TraceOptions = {
  /** Tells values too, of the steps that this explanation keeps. */
  readonly values?: Explain | undefined;
  /** False: rules that OPA's index leaves out are entered too, and fail. */
  readonly ruleIndex?: boolean;
};

type Tracing = TraceOptions & {
  readonly analysed: Analysed;
  readonly policyOptions: PolicyOptions;
};

/** Runs tests in a module that tells of every step. */
export async function traceTests(
  tests: readonly TestRule[],
  tracing: Tracing,
): Promise<readonly TracedTest[]> {
  const tracer = await createTracer(tests, tracing);
  const traced: TracedTest[] = [];
  for (const test of tests) {
    traced.push(await tracer.trace(test));
  }
  return traced;
}

async function createTracer(
  tests: readonly TestRule[],
  { analysed, policyOptions, ruleIndex = true, values: kept }: Tracing,
): Promise<TestTracer> {
  const wantsValues = kept !== undefined;
  const { analysis } = analysed;
  const traced = wantsValues
    ? { ...analysed, analysis: rewriteTestValues(analysis) }
    : analysed;
  const compiled = generateModule(traced, {
    entrypoints: tests.map(toEntrypoint),
    instrument: { trace: true, values: wantsValues },
    optimizations: { ruleIndex },
  });
  if ("errors" in compiled) {
    throw compiled.errors[0];
  }
  const { instrumentation, wasm } = compiled.policy;
  if (!instrumentation) {
    throw new PolicyError("internal_error", "a trace was not asked for");
  }
  const recorder = new TraceRecorder(instrumentation, {
    onStep: (step) => tracer.values?.assume(step),
  });
  const tracer = new TestTracer(recorder, kept);
  if (wantsValues) {
    tracer.values = new TraceValues(instrumentation, (address) =>
      tracer.loaded.valueAt(address),
    );
  }
  await tracer.load(wasm, policyOptions);
  return tracer;
}

class TestTracer {
  values: TraceValues | undefined;
  private policy: Policy | undefined;
  private readonly recorder: TraceRecorder;
  private readonly kept: Explain | undefined;
  private cases: CaseCall[] = [];

  constructor(recorder: TraceRecorder, kept: Explain | undefined) {
    this.recorder = recorder;
    this.kept = kept;
  }

  get loaded(): Policy {
    return this.policy as Policy;
  }

  async load(wasm: Uint8Array, options: PolicyOptions): Promise<void> {
    const { recorder, values } = this;
    this.policy = await loadPolicy(wasm, {
      ...options,
      onEvent: (position, event, told) => {
        const step = recorder.event(position, event, told);
        values?.attach(step, position);
      },
      ...(values && {
        onValue: (name: number, address: number) => values.value(name, address),
      }),
      onStart: () => {
        this.cases = [];
        recorder.begin();
        values?.begin();
      },
      builtins: [
        ...(options.builtins ?? []),
        createPrint(() => {}),
        this.testCase(),
      ],
    });
  }

  private testCase(): HostBuiltin {
    return {
      name: "internal.test_case",
      run: ([notes = []]) => {
        const at = this.recorder.count;
        this.cases.push({ notes: isArray(notes) ? notes : [notes], at });
        return true;
      },
    };
  }

  async trace(test: TestRule): Promise<TracedTest> {
    const { recorder } = this;
    const entrypoint = toEntrypoint(test);
    let value: unknown;
    try {
      value = await this.loaded.evaluateAsync(undefined, { entrypoint });
    } catch {
      // The outcome of the test has the error already; the trace ends with it.
    }
    const steps = recorder.steps();
    const cases =
      test.hasCases && value !== undefined
        ? caseResults(value, this.cases, recorder.count)
        : [];
    return { test, steps, ...this.told(steps, cases) };
  }

  /** What values tell: they must be read before the next test. */
  private told(
    steps: readonly TraceStep[],
    cases: readonly CaseResult[],
  ): Pick<TracedTest, "values" | "failures"> {
    const { kept, values } = this;
    if (!values || kept === undefined) {
      return { values: new Map(), failures: [] };
    }
    const shown = explainTrace(steps, kept);
    const known = shown.map((step) => [step, values.ofStep(step)] as const);
    const sites =
      cases.length === 0
        ? [{ notes: [], failed: values.failure(shown) }]
        : failedCases(cases).map(({ end, notes }) => ({
            notes,
            failed: values.failure(
              steps.filter(({ order }) => end === undefined || order < end),
            ),
          }));
    const failures = sites.flatMap(({ failed, notes }) =>
      failed ? [{ notes, failed }] : [],
    );
    return { values: new Map(known), failures };
  }
}

type FailedCase = {
  readonly notes: readonly string[];
  readonly end: number | undefined;
};

/** The innermost cases that failed. */
function failedCases(
  cases: readonly CaseResult[],
  above: readonly string[] = [],
): readonly FailedCase[] {
  return cases.flatMap(({ cases: inner, failed, name, traceEnd }) => {
    const notes = [...above, name];
    if (!failed) {
      return [];
    }
    return inner.length === 0
      ? [{ notes, end: traceEnd }]
      : failedCases(inner, notes);
  });
}
