import { type RulePlace, rulePlaces } from "./analysis/check-data-conflicts.ts";
import type { RuleTree } from "./analysis/rule-tree.ts";
import type { Analysed } from "./compile.ts";
import type { Location } from "./source.ts";

/** A document that rules make, and where the first of them stands. */
export type RulePath = {
  /** Below `data`. */
  readonly path: readonly string[];
  readonly location: Location;
};

/** The documents that the rules of modules make. */
export function rulePathsOf({ analysis }: Analysed): readonly RulePath[] {
  return pathsBelow(analysis.ruleTree, []);
}

function pathsBelow(
  { children, rules }: RuleTree,
  path: readonly string[],
): readonly RulePath[] {
  const [first] = rules;
  const below = [...children].flatMap(([name, child]) =>
    pathsBelow(child, [...path, name]),
  );
  return first ? [{ path, location: first.rule.location }, ...below] : below;
}

/** Where rules stand that data may not lie beside. */
export function rulePlacesOf({ analysis }: Analysed): readonly RulePlace[] {
  return rulePlaces(analysis.ruleTree);
}
