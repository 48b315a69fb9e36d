import type { Rule } from "../syntax/ast.ts";
import type { Analysis } from "./analyze.ts";
import { dependentRules } from "./check-recursion.ts";
import { elseChain } from "./map.ts";
import { findNode, type RuleTree, rulesBelow } from "./rule-tree.ts";

/**
 * The documents that refer to one of these, directly or not, as paths below
 * `data` in order. Functions are none: nobody can ask for one.
 */
export function dependentDocuments(
  { graph, ruleTree }: Analysis,
  paths: readonly (readonly string[])[],
): readonly (readonly string[])[] {
  const users = dependentRules(graph);
  const queue = paths
    .flatMap((path) => rulesBelow(findNode(ruleTree, path)))
    .flatMap(elseChain);
  const found = new Set<Rule>();
  for (const rule of queue) {
    for (const user of users.get(rule) ?? []) {
      if (!found.has(user)) {
        found.add(user);
        queue.push(user);
      }
    }
  }
  return documents(ruleTree, found);
}

/** The paths that have a rule of these, in the order of their names. */
function documents(
  node: RuleTree,
  wanted: ReadonlySet<Rule>,
): readonly (readonly string[])[] {
  const has = node.rules.some(
    ({ rule }) =>
      rule.head.args.length === 0 &&
      elseChain(rule).some((link) => wanted.has(link)),
  );
  const children = [...node.children.values()].sort((a, b) =>
    (a.path.at(-1) ?? "") < (b.path.at(-1) ?? "") ? -1 : 1,
  );
  const below = children.flatMap((child) => documents(child, wanted));
  return has ? [node.path, ...below] : below;
}
