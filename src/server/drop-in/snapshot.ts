import { hostBuiltins } from "../../builtins/index.ts";
import {
  type CompiledDecisions,
  type DecisionJob,
  foldErrors,
  ownWorkshop,
  type Workshop,
} from "../../bundle/index.ts";
import {
  conflictsWithData,
  createPrint,
  entrypointOf,
  type HostBuiltin,
  hasDataIn,
  loadPolicy,
  type Policy,
  parseJson,
  RegoObject,
  type Surroundings,
  toJson,
  type Value,
} from "../../engine/index.ts";
import { nanosecondsSince } from "../elapsed.ts";
import {
  isBelow,
  isIndex,
  pathQuery,
  pathText,
  splitPath,
} from "./data-path.ts";
import type { Documents } from "./documents.ts";
import { Queries } from "./queries.ts";

/** The decision that checks ask for. */
export type DecisionQuery =
  | { readonly kind: "path"; readonly path: string }
  | { readonly kind: "query"; readonly query: string };

/** The decisions that a server asks for of its own. */
type FixedDecisions = {
  readonly check: DecisionQuery;
  readonly mask: string;
  readonly drop: string;
  readonly authorization: string;
};

export type SnapshotOptions = {
  readonly fixed: FixedDecisions;
  readonly regoVersion: 0 | 1;
  readonly builtins: readonly HostBuiltin[];
  readonly surroundings: Surroundings;
  readonly onPrint: (line: string) => void;
};

/** What one evaluation gave. */
type Evaluated = {
  /** JSON text of the value of each solution; none where it is undefined. */
  readonly results: readonly string[];
  /** OPA's `nd_builtin_cache`, JSON text. */
  readonly ndBuiltinCache: string | undefined;
};

/** Documents with their compiled policies; one request uses exactly one. */
export type Snapshot = {
  readonly documents: Documents;
  readonly options: SnapshotOptions;
  /** Whatever else may be asked of the documents. */
  readonly queries: Queries;
  /** The same policies with other data. */
  withData(documents: Documents): Promise<Snapshot>;
  /** Nanoseconds that the compiling took, until the first request has told them. */
  compileTime: number | undefined;
  /** Whether the documents have anything to say of the log. */
  readonly hasLogPolicy: boolean;
  /** Whether checks read documents of `data` that no rule gives. */
  readonly readsData: boolean;
  check(input: Uint8Array, deadlineMs?: number): Promise<Evaluated>;
  /** Undefined where the documents have nothing at the path. */
  decide(
    name: "mask" | "drop" | "authorization",
    input: Uint8Array,
  ): Promise<string | undefined>;
};

/** Compiles documents, in the workshop's thread where requests go on meanwhile. */
export async function createSnapshot(
  documents: Documents,
  options: SnapshotOptions,
  workshop: Workshop = ownWorkshop,
): Promise<Snapshot> {
  const start = performance.now();
  const job = toJob(documents, options);
  const compiled = await workshop.decisions(job);
  checkPlaces(compiled, documents);
  const policy = await load(compiled, documents, options);
  return new CompiledSnapshot({
    documents,
    options,
    policy,
    compiled,
    queries: new Queries(documents, options),
    nanoseconds: nanosecondsSince(start),
  });
}

/** Refuses rules that stand where data lies. */
function checkPlaces({ places }: CompiledDecisions, { data }: Documents): void {
  const conflicts = conflictsWithData(places, hasDataIn(data));
  if (conflicts.length > 0) {
    throw foldErrors(conflicts);
  }
}

function toJob(documents: Documents, options: SnapshotOptions): DecisionJob {
  const { fixed, regoVersion } = options;
  const { check, mask, drop, authorization } = fixed;
  const query = checkQuery(check);
  return {
    modules: documents.modules,
    regoVersions: documents.regoVersions,
    regoVersion,
    queryVersion: regoVersion,
    // Without what they run: a function cannot go to another thread.
    builtins: options.builtins.map(({ name, decl }) => ({
      name,
      ...(decl && { decl }),
    })),
    print: true,
    entrypoints: [
      ...new Set([mask, drop, authorization, ...entrypoints(check)]),
    ].map((path) => entrypointOf(splitPath(path))),
    ...(isEntrypoint(check) ? {} : { query, captureValues: true }),
    dependenciesOf: query,
  };
}

function checkQuery(check: DecisionQuery): string {
  return check.kind === "query"
    ? check.query
    : pathQuery(splitPath(check.path));
}

/** A path of names alone is an entrypoint; any other decision is a query. */
function isEntrypoint(
  check: DecisionQuery,
): check is Extract<DecisionQuery, { kind: "path" }> {
  return check.kind === "path" && !splitPath(check.path).some(isIndex);
}

function entrypoints(check: DecisionQuery): readonly string[] {
  return isEntrypoint(check) ? [check.path] : [];
}

function load(
  { wasm }: CompiledDecisions,
  { data }: Documents,
  { builtins, surroundings, onPrint }: SnapshotOptions,
): Promise<Policy> {
  return loadPolicy(wasm, {
    ...surroundings,
    data,
    builtins: [...hostBuiltins, ...builtins, createPrint(onPrint)],
  });
}

/** Whether a decision is one of given documents, or needs one. */
function readsData(
  { dependencies: { base, virtual } }: CompiledDecisions,
  check: DecisionQuery,
): boolean {
  const isRule =
    check.kind === "query" ||
    virtual.some((rule) => isBelow(pathText(splitPath(check.path)), rule));
  return !isRule || base.some((text) => /^data\b/.test(text));
}

/** False where neither a policy nor data can have anything at a path. */
function mayHave({ modules, data }: Documents, path: string): boolean {
  const [root = "", ...rest] = splitPath(path);
  const inData = rest.reduce<Value | undefined>(
    (value, key) => (value instanceof RegoObject ? value.get(key) : undefined),
    data.get(root),
  );
  return (
    inData !== undefined ||
    // A name may be written with escapes.
    Object.values(modules).some(
      (text) => text.includes(root) || text.includes("\\u"),
    )
  );
}

/** The value of a query's first expression in each of its solutions. */
function firstValues(
  resultSet: string,
  binding: string | undefined,
): readonly string[] {
  const rows = parseJson(resultSet) as readonly RegoObject[];
  return rows.map((row) =>
    binding === undefined ? "true" : toJson(row.get(binding) ?? true),
  );
}

type Parts = {
  readonly documents: Documents;
  readonly options: SnapshotOptions;
  readonly policy: Policy;
  readonly compiled: CompiledDecisions;
  readonly queries: Queries;
  readonly nanoseconds: number;
};

class CompiledSnapshot implements Snapshot {
  readonly documents: Documents;
  readonly options: SnapshotOptions;
  readonly queries: Queries;
  readonly readsData: boolean;
  readonly hasLogPolicy: boolean;
  readonly #policy: Policy;
  readonly #fixed: FixedDecisions;
  /** The entrypoint of checks; undefined where they ask a query. */
  readonly #checked: string | undefined;
  /** The binding that is the value of the query's first expression. */
  readonly #value: string | undefined;
  compileTime: number | undefined;

  readonly #compiled: CompiledDecisions;

  constructor({ compiled, nanoseconds, queries, ...parts }: Parts) {
    const { documents, options, policy } = parts;
    this.documents = documents;
    this.options = options;
    this.queries = queries;
    this.#compiled = compiled;
    this.readsData = readsData(compiled, options.fixed.check);
    this.hasLogPolicy = [options.fixed.drop, options.fixed.mask].some((path) =>
      mayHave(documents, path),
    );
    this.#policy = policy;
    this.#fixed = options.fixed;
    const { check } = options.fixed;
    this.#checked = isEntrypoint(check)
      ? entrypointOf(splitPath(check.path))
      : undefined;
    this.#value = compiled.expressions[0]?.value;
    this.compileTime = nanoseconds;
  }

  async withData(documents: Documents): Promise<Snapshot> {
    const start = performance.now();
    const compiled = this.#compiled;
    checkPlaces(compiled, documents);
    const policy = await load(compiled, documents, this.options);
    const nanoseconds = nanosecondsSince(start);
    const { options } = this;
    return new CompiledSnapshot({
      documents,
      options,
      policy,
      compiled,
      queries: this.queries.withData(documents),
      nanoseconds,
    });
  }

  async check(input: Uint8Array, deadlineMs?: number): Promise<Evaluated> {
    const limits = deadlineMs === undefined ? {} : { limits: { deadlineMs } };
    const decision = this.#policy.start(input, limits);
    if (this.#checked !== undefined) {
      const result = await decision.evaluateJsonAsync(this.#checked);
      return {
        results: result === undefined ? [] : [result],
        ndBuiltinCache: decision.ndBuiltinCache(),
      };
    }
    const rows = await decision.queryJsonAsync();
    return {
      results: firstValues(rows, this.#value),
      ndBuiltinCache: decision.ndBuiltinCache(),
    };
  }

  async decide(
    name: "mask" | "drop" | "authorization",
    input: Uint8Array,
  ): Promise<string | undefined> {
    const entrypoint = entrypointOf(splitPath(this.#fixed[name]));
    return this.#policy.start(input).evaluateJsonAsync(entrypoint);
  }
}
