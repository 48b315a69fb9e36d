import type { PolicyError } from "../error.ts";
import type { Module } from "../syntax/ast.ts";
import type { TypeEnv } from "../types/type-env.ts";
import type { AnnotationSet } from "./annotation-set.ts";
import type { BuiltinNames } from "./builtin-names.ts";
import type { HasData } from "./check-data-conflicts.ts";
import type { RuleGraph } from "./check-recursion.ts";
import type { LocalNames } from "./names.ts";
import type { RuleTree } from "./rule-tree.ts";
import type { Schemas } from "./schema-scope.ts";

export type Report = (error: PolicyError) => void;

/** What the passes share: each sees what the ones before it made. */
export type State = {
  readonly names: LocalNames;
  readonly builtins: BuiltinNames;
  readonly report: Report;
  /** OPA's `--strict`. */
  readonly strict: boolean;
  /** Whether `print` calls stay; without it they are taken out. */
  readonly print: boolean;
  /** Whether `test_` rules are made ready to be run. */
  readonly tests: boolean;
  modules: readonly Module[];
  ruleTree: RuleTree;
  graph: RuleGraph;
  /** The types of all rules, once they are inferred. */
  types: TypeEnv | undefined;
  annotations: AnnotationSet;
  readonly schemas: Schemas;
  readonly allowUndefinedCalls: boolean;
  /** What is known of data; undefined where nothing is. */
  readonly hasData: HasData | undefined;
};
