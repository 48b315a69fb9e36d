import {
  type Analysed,
  analyseModules,
  generateModule,
  type Instrumentation,
  PolicyError,
  type RulePath,
  type RulePlace,
  rulePathsOf,
  rulePlacesOf,
} from "../../engine/index.ts";
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

/** A query as a module, without data. */
export type CompiledQuery = {
  readonly wasm: Uint8Array;
  /** The bindings that hold the values of its expressions. */
  readonly captured: readonly (string | undefined)[];
};

/** The same, with what its events mean. */
export type TracedQuery = CompiledQuery & {
  readonly instrumentation: Instrumentation;
};

// As many as OPA keeps.
export const mostQueries = 100;

/** The policies of some documents, analysed once, and what was asked of them; data may change meanwhile. */
export class CompiledQueries {
  readonly #documents: Documents;
  readonly #options: SnapshotOptions;
  readonly #known = new Map<string, CompiledQuery>();
  #analysed: Analysed | undefined;
  #rules: readonly RulePath[] | undefined;
  #places: readonly RulePlace[] | undefined;

  constructor(documents: Documents, options: SnapshotOptions) {
    this.#documents = documents;
    this.#options = options;
  }

  /** The documents that rules make. */
  get rules(): readonly RulePath[] {
    this.#rules ??= rulePathsOf(this.#analysis());
    return this.#rules;
  }

  /** Where rules stand: data may not lie there. */
  get places(): readonly RulePlace[] {
    this.#places ??= rulePlacesOf(this.#analysis());
    return this.#places;
  }

  /** Whether a query was compiled before and is still known. */
  has(query: string): boolean {
    return this.#known.has(query);
  }

  /** A query's module; throws CompileFaults for one that is wrong. */
  compile(query: string): CompiledQuery {
    const found = this.#known.get(query) ?? this.#compile(query);
    // The one that was asked for last is forgotten last.
    this.#known.delete(query);
    this.#known.set(query, found);
    const [oldest] = this.#known.keys();
    if (this.#known.size > mostQueries && oldest !== undefined) {
      this.#known.delete(oldest);
    }
    return found;
  }

  /** A query's module that tells what happens in it; it is not kept, for few ask for it. */
  compileTraced(query: string): TracedQuery {
    const { instrumentation, ...compiled } = this.#generate(query, true);
    if (instrumentation === undefined) {
      throw new PolicyError("internal_error", "a traced module has no events");
    }
    return { ...compiled, instrumentation };
  }

  #compile(query: string): CompiledQuery {
    const { captured, wasm } = this.#generate(query, false);
    return { captured, wasm };
  }

  #generate(query: string, trace: boolean) {
    const compiled = generateModule(this.#analysis(), {
      query,
      queryVersion: this.#options.regoVersion,
      captureValues: true,
      ...(trace && { instrument: { trace } }),
    });
    if ("errors" in compiled) {
      throw new CompileFaults(compiled.errors);
    }
    const { expressions = [], instrumentation, wasm } = compiled.policy;
    const captured = expressions.map(({ value }) => value);
    return { wasm, captured, instrumentation };
  }

  #analysis(): Analysed {
    this.#analysed ??= analyse(this.#documents, this.#options);
    return this.#analysed;
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
