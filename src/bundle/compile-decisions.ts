import {
  analyseModules,
  type CompileOptions,
  dependenciesIn,
  generateModule,
  type QueryExpression,
  type RulePlace,
  rulePlacesOf,
} from "../engine/index.ts";
import { foldErrors } from "./compile-source.ts";

/** Policies and what is asked of them: data that another thread can be sent. */
export type DecisionJob = Pick<
  CompileOptions,
  | "builtins"
  | "captureValues"
  | "entrypoints"
  | "modules"
  | "print"
  | "query"
  | "queryVersion"
  | "regoVersion"
  | "regoVersions"
> & {
  /** The query whose dependencies are told. */
  readonly dependenciesOf: string;
};

/** A module that answers, and what is known of its answers. */
export type CompiledDecisions = {
  readonly wasm: Uint8Array;
  /** Of a query whose values are captured. */
  readonly expressions: readonly QueryExpression[];
  /** Documents as `data.users`: those that are given, and those that rules make. */
  readonly dependencies: {
    readonly base: readonly string[];
    readonly virtual: readonly string[];
  };
  /** Where the rules stand: data may not lie there. */
  readonly places: readonly RulePlace[];
};

/** Compiles in this thread; throws the first error, with the texts of all in its message. */
export function compileDecisions(job: DecisionJob): CompiledDecisions {
  const analysed = analyseModules(job);
  if ("errors" in analysed) {
    throw foldErrors(analysed.errors);
  }
  const compiled = generateModule(analysed, job);
  if ("errors" in compiled) {
    throw foldErrors(compiled.errors);
  }
  const found = dependenciesIn(job.dependenciesOf, analysed);
  const { wasm, expressions = [] } = compiled.policy;
  const texts = (all: typeof found.base) => all.map(({ text }) => text);
  return {
    wasm,
    expressions,
    dependencies: { base: texts(found.base), virtual: texts(found.virtual) },
    places: rulePlacesOf(analysed),
  };
}
