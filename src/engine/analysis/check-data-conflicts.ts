import { PolicyError } from "../error.ts";
import { RegoObject, type Value } from "../value.ts";
import { isScalar } from "./map.ts";
import type { RuleTree } from "./rule-tree.ts";
import type { State } from "./state.ts";

/** Whether data has something at a path, or a value in the way of it. */
export type HasData = (path: readonly string[]) => boolean;

/** What there is in a document. */
export function hasDataIn(data: RegoObject): HasData {
  return (path) => {
    let value: Value | undefined = data;
    for (const name of path) {
      if (!(value instanceof RegoObject)) {
        return true;
      }
      value = value.get(name);
      if (value === undefined) {
        return false;
      }
    }
    return true;
  };
}

/** Reports rules where data lies, at the first rule of each such path. */
export function checkDataConflicts({
  hasData,
  report,
  ruleTree,
}: Pick<State, "hasData" | "report" | "ruleTree">): void {
  if (hasData) {
    for (const child of ruleTree.children.values()) {
      checkNode(child, hasData, report);
    }
  }
}

function checkNode(
  { children, path, rules }: RuleTree,
  hasData: HasData,
  report: State["report"],
): void {
  // A rule whose next key is a number stands below, where data has no names.
  const found = rules.find(({ keys: [key] }) => !(key && isScalar(key)));
  if (found && hasData(path)) {
    const { location } = found.rule;
    const text = `conflicting rule for data path ${path.join("/")} found`;
    report(new PolicyError("rego_compile_error", text, { location }));
  }
  for (const child of children.values()) {
    checkNode(child, hasData, report);
  }
}
