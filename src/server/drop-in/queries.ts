import { hostBuiltins } from "../../builtins/index.ts";
import {
  createPrint,
  loadPolicy,
  type Policy,
  parseJson,
  RegoObject,
  type RulePath,
  type RulePlace,
  TraceRecorder,
  type TraceStep,
  toJson,
  type Value,
} from "../../engine/index.ts";
import { nanosecondsSince } from "../elapsed.ts";
import {
  CompiledQueries,
  type CompiledQuery,
  mostQueries,
} from "./compiled-queries.ts";
import { pathQuery } from "./data-path.ts";
import type { Documents } from "./documents.ts";
import type { SnapshotOptions } from "./snapshot.ts";

/** What a query gave. */
export type Answered = {
  /** The value of the first expression in each solution. */
  readonly values: readonly Value[];
  /** The bindings of each solution. */
  readonly rows: readonly RegoObject[];
  readonly ndBuiltinCache: string | undefined;
  readonly metrics: ReadonlyMap<string, number>;
  /** What happened, where that was asked for; else nothing. */
  readonly trace: readonly TraceStep[];
};

export type QueryOptions = {
  readonly input?: Uint8Array | undefined;
  readonly strict?: boolean;
  readonly trace?: boolean;
};

type Prepared = {
  readonly policy: Policy;
  readonly captured: CompiledQuery["captured"];
  readonly recorder?: TraceRecorder;
};

// Each has a sandbox with the data in it.
const mostBytes = 1 << 30;

/** What is asked of some documents: compiled once for their policies, loaded once for their data. */
export class Queries {
  private readonly data: RegoObject;
  private readonly options: SnapshotOptions;
  private readonly compiled: CompiledQueries;
  private readonly known = new Map<string, Promise<Prepared>>();

  constructor(
    documents: Documents,
    options: SnapshotOptions,
    compiled = new CompiledQueries(documents, options),
  ) {
    this.data = documents.data;
    this.options = options;
    this.compiled = compiled;
  }

  /** The same of documents with other data and the same policies. */
  withData(documents: Documents): Queries {
    return new Queries(documents, this.options, this.compiled);
  }

  /** The document at a path. */
  ask(path: readonly string[], options: QueryOptions): Promise<Answered> {
    return this.run(pathQuery(path), options);
  }

  /** A query, whatever it asks. */
  async run(query: string, options: QueryOptions): Promise<Answered> {
    const metrics = new Map<string, number>();
    const isKnown = this.compiled.has(query);
    metrics.set("counter_server_query_cache_hit", isKnown ? 1 : 0);
    const compiling = performance.now();
    const strict = options.strict === true;
    const prepared = await (options.trace
      ? this.traced(query, strict)
      : this.prepared(query, strict));
    if (!isKnown) {
      metrics.set("timer_rego_query_compile_ns", nanosecondsSince(compiling));
    }
    const evaluating = performance.now();
    const decision = prepared.policy.start(options.input);
    try {
      const rows = parseJson(
        await decision.queryJsonAsync(),
      ) as readonly RegoObject[];
      return {
        ...shown(rows, prepared),
        ndBuiltinCache: decision.ndBuiltinCache(),
        metrics,
        trace: prepared.recorder?.steps() ?? [],
      };
    } finally {
      metrics.set("timer_rego_query_eval_ns", nanosecondsSince(evaluating));
    }
  }

  private prepared(query: string, strict: boolean): Promise<Prepared> {
    const key = `${strict} ${query}`;
    const found = this.known.get(key);
    if (found) {
      return found;
    }
    const prepared = this.load(query, strict);
    this.known.set(key, prepared);
    prepared.then(
      () => this.forgetOldest(),
      () => this.known.delete(key),
    );
    return prepared;
  }

  private async forgetOldest(): Promise<void> {
    let bytes = 0;
    for (const [at, [key, prepared]] of [...this.known].reverse().entries()) {
      bytes += (await prepared.catch(() => undefined))?.policy.memoryBytes ?? 0;
      if (at >= mostQueries || (at > 0 && bytes > mostBytes)) {
        this.known.delete(key);
      }
    }
  }

  /** The documents that rules make. */
  get rules(): readonly RulePath[] {
    return this.compiled.rules;
  }

  /** Where rules stand: data may not lie there. */
  get places(): readonly RulePlace[] {
    return this.compiled.places;
  }

  private async load(query: string, strict: boolean): Promise<Prepared> {
    const { captured, wasm } = this.compiled.compile(query);
    return { policy: await this.loadModule(wasm, { strict }), captured };
  }

  /** Of its own for each request: what happens in two must not be mixed. */
  private async traced(query: string, strict: boolean): Promise<Prepared> {
    const { captured, instrumentation, wasm } =
      this.compiled.compileTraced(query);
    const recorder = new TraceRecorder(instrumentation);
    const policy = await this.loadModule(wasm, { strict, recorder });
    return { policy, captured, recorder };
  }

  private loadModule(
    wasm: Uint8Array,
    {
      recorder,
      strict,
    }: {
      readonly strict: boolean;
      readonly recorder?: TraceRecorder;
    },
  ): Promise<Policy> {
    const { builtins, onPrint, surroundings } = this.options;
    return loadPolicy(wasm, {
      ...surroundings,
      data: this.data,
      builtins: [...hostBuiltins, ...builtins, createPrint(onPrint)],
      strictBuiltinErrors: strict,
      ...(recorder && {
        onStart: () => recorder.begin(),
        onEvent: (...event) => recorder.event(...event),
      }),
    });
  }
}

function shown(
  rows: readonly RegoObject[],
  { captured }: Prepared,
): Pick<Answered, "rows" | "values"> {
  const names = new Set<Value | undefined>(captured);
  const [first] = captured;
  return {
    values: rows.map((row) =>
      first === undefined ? true : (row.get(first) ?? true),
    ),
    rows: rows.map((row) =>
      RegoObject.of(
        row.entries.filter(
          ([name]) => !names.has(name) && !String(name).startsWith("$"),
        ),
      ),
    ),
  };
}

/** A value as bytes of JSON, as evaluations take their input. */
export function inputBytes(value: Value): Uint8Array {
  return Buffer.from(toJson(value), "utf8");
}
