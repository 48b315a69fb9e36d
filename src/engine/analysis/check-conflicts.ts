import { PolicyError } from "../error.ts";
import type { Report } from "./resolve.ts";
import type { RuleTree, TreeRule } from "./rule-tree.ts";

/** Reports rules of one name that cannot stand together. */
export function checkConflicts(node: RuleTree, report: Report): void {
  checkNode(node, report);
  for (const child of node.children.values()) {
    checkConflicts(child, report);
  }
}

type Shape = "function" | "set" | "object" | "complete";

/** What a rule makes of its node's document. */
export function ruleShape({ rule, keys }: TreeRule): Shape {
  if (rule.head.args.length > 0) {
    return "function";
  }
  if (keys.length > 0) {
    return "object";
  }
  return rule.head.key ? "set" : "complete";
}

function checkNode({ path, rules }: RuleTree, report: Report): void {
  const [first] = rules;
  if (!first) {
    return;
  }
  const name = `data.${path.join(".")}`;
  const at = (index: number) => ({ location: rules[index]?.rule.location });
  const shapes = new Set(rules.map(ruleShape));
  const arities = new Set(rules.map(({ rule }) => rule.head.args.length));
  if (shapes.size > 1 || arities.size > 1) {
    report(
      new PolicyError(
        "rego_type_error",
        `conflicting rules ${name} found`,
        at(0),
      ),
    );
  }
  const defaults = rules.filter(({ rule }) => rule.default);
  if (defaults.length > 1) {
    report(
      new PolicyError(
        "rego_type_error",
        `multiple default rules ${name} found`,
        { location: defaults[0]?.rule.location },
      ),
    );
  }
}
