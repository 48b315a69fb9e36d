import { elseChain, isScalar } from "../analysis/map.ts";
import type { TreeRule } from "../analysis/rule-tree.ts";
import type { Local } from "../ir/ir.ts";
import type { Rule } from "../syntax/ast.ts";
import { constantValue } from "./constant-term.ts";
import { requireIndexed } from "./index-guard.ts";
import type { Planner } from "./planner.ts";
import { localOperand } from "./writer.ts";

/** Complete to OPA's index, for which `p.a := 1` is an element of `p`. */
export function isCompleteRule({ head }: Rule): boolean {
  const { args, key, keywords, ref } = head;
  const isElement =
    ref.value.length === 2 && args.length === 0 && !keywords.includes("if");
  return !key && !isElement && ref.value.slice(1).every(isScalar);
}

/**
 * A local that is defined where all the rules that the index chooses have one
 * value: OPA then ends with the first. Only in an instrumented build, for it
 * asks the index for every rule.
 */
export function planEarlyExit(
  planner: Planner,
  rules: readonly TreeRule[],
): Local | undefined {
  const { observer, optimizations } = planner.program;
  const links = rules.flatMap(({ rule }) => elseChain(rule));
  if (
    !observer ||
    !optimizations.earlyExit ||
    links.every((link) => constantValue(link) === undefined)
  ) {
    return undefined;
  }
  const { writer } = planner;
  const early = writer.local();
  const seen = writer.local();
  const source = { kind: "bool", value: true } as const;
  writer.emit({ kind: "AssignVarStmt", source, target: early });
  writer.emit({ kind: "ResetLocalStmt", target: seen });
  for (const link of links) {
    writer.attempt(() => {
      requireIndexed(planner, link);
      const value = isCompleteRule(link) ? constantValue(link) : undefined;
      planSeen(planner, value, { early, seen });
    });
  }
  return early;
}

/** One more rule: its value is the one that was seen, or the first, or early exit is off. */
function planSeen(
  planner: Planner,
  value: string | undefined,
  { early, seen }: { readonly early: Local; readonly seen: Local },
): void {
  const { writer } = planner;
  if (value === undefined) {
    writer.emit({ kind: "ResetLocalStmt", target: early });
    return;
  }
  const known = planner.string(value);
  writer.attempt(() => {
    writer.emit({ kind: "IsDefinedStmt", source: seen });
    writer.emit({ kind: "NotEqualStmt", a: localOperand(seen), b: known });
    writer.emit({ kind: "ResetLocalStmt", target: early });
  });
  writer.emit({ kind: "AssignVarStmt", source: known, target: seen });
}
