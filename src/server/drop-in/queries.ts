import { hostBuiltins } from "../../builtins/index.ts";
import {
  type Analysed,
  analyseModules,
  createPrint,
  generateModule,
  loadPolicy,
  type Policy,
  type PolicyError,
  parseJson,
  RegoObject,
  type RulePath,
  rulePathsOf,
  toJson,
  type Value,
} from "../../engine/index.ts";
import { pathQuery } from "./data-path.ts";
import type { Documents } from "./documents.ts";
import type { SnapshotOptions } from "./snapshot.ts";

/** Faults of policies or of a query, all that were found. */
export class CompileFaults extends Error {
  readonly errors: readonly PolicyError[];

  constructor(errors: readonly PolicyError[]) {
    super(errors.map(({ message }) => message).join("; "));
    this.errors = errors;
  }
}

/** What a query gave. */
export type Answered = {
  /** The value of the first expression in each solution. */
  readonly values: readonly Value[];
  /** The bindings of each solution. */
  readonly rows: readonly RegoObject[];
  readonly ndBuiltinCache: string | undefined;
  readonly metrics: ReadonlyMap<string, number>;
};

export type QueryOptions = {
  readonly input?: Uint8Array | undefined;
  readonly strict?: boolean;
};

type Prepared = {
  readonly policy: Policy;
  readonly captured: readonly (string | undefined)[];
};

// As many as OPA keeps; each has a sandbox with the data in it.
const most = 100;
const mostBytes = 1 << 30;

/** The queries that are asked of some documents, compiled once each. */
export class Queries {
  private readonly documents: Documents;
  private readonly options: SnapshotOptions;
  private readonly known = new Map<string, Promise<Prepared>>();
  private analysed: Analysed | undefined;

  constructor(documents: Documents, options: SnapshotOptions) {
    this.documents = documents;
    this.options = options;
  }

  /** The document at a path. */
  ask(path: readonly string[], options: QueryOptions): Promise<Answered> {
    return this.run(pathQuery(path), options);
  }

  /** A query, whatever it asks. */
  async run(query: string, options: QueryOptions): Promise<Answered> {
    const metrics = new Map<string, number>();
    const key = `${options.strict === true} ${query}`;
    const found = this.known.get(key);
    metrics.set("counter_server_query_cache_hit", found ? 1 : 0);
    const compiling = performance.now();
    const prepared = await (found ?? this.keep(key, query, options));
    if (!found) {
      metrics.set("timer_rego_query_compile_ns", since(compiling));
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
      };
    } finally {
      metrics.set("timer_rego_query_eval_ns", since(evaluating));
    }
  }

  private keep(
    key: string,
    query: string,
    options: QueryOptions,
  ): Promise<Prepared> {
    const prepared = this.prepare(query, options);
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
      if (at >= most || (at > 0 && bytes > mostBytes)) {
        this.known.delete(key);
      }
    }
  }

  /** The documents that rules make. */
  get rules(): readonly RulePath[] {
    this.analysed ??= analyse(this.documents, this.options);
    return rulePathsOf(this.analysed);
  }

  private async prepare(
    query: string,
    { strict = false }: QueryOptions,
  ): Promise<Prepared> {
    const { builtins, onPrint, regoVersion, surroundings } = this.options;
    this.analysed ??= analyse(this.documents, this.options);
    const compiled = generateModule(this.analysed, {
      query,
      queryVersion: regoVersion,
      captureValues: true,
    });
    if ("errors" in compiled) {
      throw new CompileFaults(compiled.errors);
    }
    const { expressions = [], wasm } = compiled.policy;
    const policy = await loadPolicy(wasm, {
      ...surroundings,
      data: this.documents.data,
      builtins: [...hostBuiltins, ...builtins, createPrint(onPrint)],
      strictBuiltinErrors: strict,
    });
    return { policy, captured: expressions.map(({ value }) => value) };
  }
}

/** Checks policies; throws CompileFaults for those that are wrong. */
export function analyse(
  { modules, regoVersions }: Documents,
  { builtins, regoVersion }: SnapshotOptions,
): Analysed {
  const analysed = analyseModules({
    modules,
    regoVersions,
    regoVersion,
    builtins,
    print: true,
  });
  if ("errors" in analysed) {
    throw new CompileFaults(analysed.errors);
  }
  return analysed;
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

function since(start: number): number {
  return Math.round((performance.now() - start) * 1e6);
}

/** A value as bytes of JSON, as evaluations take their input. */
export function inputBytes(value: Value): Uint8Array {
  return Buffer.from(toJson(value), "utf8");
}
