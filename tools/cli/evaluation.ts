import {
  type CompileOptions,
  coverageOf,
  type Policy,
  PolicyError,
  Profile,
  TraceRecorder,
  type TraceStep,
  TraceValues,
  type UncoveredKind,
  uncoveredKinds,
} from "../../src/engine/index.ts";
import { type Arguments, textFlags } from "./command.ts";
import { EvalMetrics } from "./eval-metrics.ts";
import { readSolutions, type Solution } from "./eval-output.ts";
import type { Metrics } from "./eval-profile.ts";
import type { ValuesOf } from "./known-values.ts";
import { LoadFaults } from "./load-faults.ts";
import {
  type Asked,
  type LoadedQuery,
  loadDocuments,
  loadQuery,
} from "./query.ts";

/** A query, and what is to be told of its evaluation. */
export type EvaluationOptions = {
  readonly query: string;
  readonly input: Uint8Array | undefined;
  readonly metrics: boolean;
  readonly profile: boolean;
  readonly trace: boolean;
  /** With the trace the values of the variables in each step. */
  readonly values: boolean;
  /** Which further runs explain the coverage; undefined for no coverage. */
  readonly coverage: readonly UncoveredKind[] | undefined;
};

/** One evaluation, which may have failed. */
export type Evaluation = {
  readonly solutions: readonly Solution[];
  readonly errors: readonly PolicyError[];
  /** Of builtins, which made them undefined; only where they are to be shown. */
  readonly builtinErrors: readonly PolicyError[];
  readonly texts: Readonly<Record<string, string>>;
  readonly metrics: Metrics | undefined;
  readonly profile: Profile | undefined;
  readonly trace: readonly TraceStep[];
  /** The names in a step whose value is known; undefined where none was asked for. */
  readonly valuesOf: ValuesOf | undefined;
  readonly coverage: ReturnType<typeof coverageOf> | undefined;
};

/** Loads, compiles and evaluates a query. */
export async function evaluateOnce(
  args: Arguments,
  options: EvaluationOptions,
): Promise<Evaluation> {
  return new Evaluator(args, options).run();
}

class Evaluator {
  private readonly args: Arguments;
  private readonly options: EvaluationOptions;
  private readonly metrics = new EvalMetrics();
  private readonly profile: Profile | undefined;
  private recorder: TraceRecorder | undefined;
  private builtinErrors: PolicyError[] = [];
  private values: TraceValues | undefined;
  private policy: Policy | undefined;

  constructor(args: Arguments, options: EvaluationOptions) {
    this.args = args;
    this.options = options;
    this.profile = options.profile ? new Profile() : undefined;
  }

  async run(): Promise<Evaluation> {
    const loaded = await this.metrics
      .timed(loadTimer(this.args), () => loadDocuments(this.args))
      .catch(PolicyError.from);
    if (loaded instanceof LoadFaults) {
      const { faults, texts } = loaded;
      return this.evaluation({ errors: faults, texts });
    }
    if (loaded instanceof PolicyError) {
      return this.evaluation({ errors: [loaded] });
    }
    const { query } = this.options;
    const told = {
      texts: { ...loaded.modules, "": query },
      metrics: this.options.metrics ? this.metrics.shown(loaded) : undefined,
    };
    try {
      const answer = await this.answer({ query, loaded });
      const metrics = told.metrics && this.metrics.shown(loaded);
      return this.evaluation({ ...told, metrics, ...answer });
    } catch (error) {
      const metrics = told.metrics && this.metrics.shown(loaded);
      const errors = [PolicyError.from(error)];
      return this.evaluation({ ...told, metrics, errors });
    }
  }

  private evaluation(found: Partial<Evaluation>): Evaluation {
    return {
      solutions: [],
      errors: [],
      builtinErrors: this.builtinErrors,
      texts: {},
      metrics: undefined,
      profile: this.profile,
      trace: this.options.trace ? (this.recorder?.steps() ?? []) : [],
      valuesOf: this.values && ((step) => this.values?.ofStep(step) ?? []),
      coverage: undefined,
      ...found,
    };
  }

  private async answer(asked: Asked): Promise<Partial<Evaluation>> {
    const { input } = this.options;
    const found = await loadQuery(asked, this.args, {
      ...this.settings(),
      onPhase: (phase, milliseconds) => this.metrics.add(phase, milliseconds),
      listen: this.listener(),
      observe: (instrumentation) => this.observer(instrumentation),
    });
    if ("errors" in found) {
      return found;
    }
    this.policy = found.policy;
    const json = await this.metrics.timed("query_eval", () =>
      found.policy.queryJsonAsync(input),
    );
    return {
      solutions: readSolutions(json, found.expressions),
      coverage: await this.coverage(asked, found),
    };
  }

  private settings(): Partial<CompileOptions> {
    const { coverage, profile, trace, values } = this.options;
    const { flags } = this.args;
    const instrument = {
      coverage: coverage !== undefined,
      trace: trace || profile,
      values: trace && values,
    };
    return {
      captureValues: true,
      optimizations: {
        ruleIndex: flags["disable-indexing"] !== true,
        earlyExit: flags["disable-early-exit"] !== true,
      },
      ...((instrument.coverage || instrument.trace) && { instrument }),
    };
  }

  /** An evaluation begins, or begins again after a builtin answered. */
  private begin(): void {
    this.builtinErrors = [];
    this.recorder?.begin();
    this.values?.begin();
  }

  private listener() {
    return {
      onStart: () => this.begin(),
      ...(this.args.flags["show-builtin-errors"] === true && {
        onBuiltinError: (error: PolicyError) => {
          this.builtinErrors.push(error);
        },
      }),
    };
  }

  private observer(
    instrumentation: ConstructorParameters<typeof TraceRecorder>[0],
  ) {
    const { profile } = this;
    if (!this.options.trace && !profile) {
      return {};
    }
    const values = this.options.values
      ? new TraceValues(instrumentation, (address) =>
          (this.policy as Policy).valueAt(address),
        )
      : undefined;
    this.values = values;
    const recorder = new TraceRecorder(instrumentation, {
      keeps: this.options.trace,
      onStep: (step, position) => {
        profile?.step(step.op, position);
        values?.assume(step);
      },
    });
    this.recorder = recorder;
    return {
      onEvent: (...event: Parameters<TraceRecorder["event"]>) => {
        const step = recorder.event(...event);
        values?.attach(step, event[0]);
      },
      onValue: (name: number, address: number) => values?.value(name, address),
    };
  }

  /** What was reached; further evaluations tell why the rest was not. */
  private async coverage(asked: Asked, found: LoadedQuery) {
    const { coverage: kinds, input } = this.options;
    if (!kinds) {
      return undefined;
    }
    const others: ExplainingQuery[] = [];
    const settings = this.settings();
    for (const kind of kinds) {
      const other = await loadQuery(asked, this.args, {
        ...settings,
        optimizations: { ...settings.optimizations, ...uncoveredKinds[kind] },
        instrument: { coverage: true },
      });
      if (!("errors" in other)) {
        await other.policy.queryJsonAsync(input);
        others.push({ ...other, kind });
      }
    }
    const { modules, regoVersions } = asked.loaded;
    const regoVersion = this.args.flags["v0-compatible"] === true ? 0 : 1;
    const sources = { modules, regoVersion, regoVersions } as const;
    return coverageOf(sources, [found, ...others]);
  }
}

/** A further evaluation, and what it explains of the coverage. */
type ExplainingQuery = LoadedQuery & { readonly kind: UncoveredKind };

/** OPA's name of the time that loading takes. */
function loadTimer(args: Arguments): string {
  return textFlags(args, "bundle").length > 0 ? "load_bundles" : "load_files";
}
