import type { Local, Operand } from "../ir/ir.ts";
import type { Term } from "../syntax/ast.ts";
import { type Next, type Planner, restore } from "./planner.ts";
import { localOperand } from "./writer.ts";

/** Looks keys up one after the other; an unbound variable runs over all. */
export function planDots(
  planner: Planner,
  source: Operand,
  keys: readonly Term[],
  next: Next,
): void {
  const { writer } = planner;
  const [key, ...rest] = keys;
  if (!key) {
    next(source);
    return;
  }
  if (planner.isPattern(key)) {
    planScan(planner, writer.toLocal(source), key, (value) =>
      planDots(planner, value, rest, next),
    );
    return;
  }
  planner.term(key, (operand) => {
    const target = writer.local();
    writer.emit({ kind: "DotStmt", source, key: operand, target });
    planDots(planner, localOperand(target), rest, next);
  });
}

function planScan(
  planner: Planner,
  source: Local,
  pattern: Term,
  next: Next,
): void {
  const { writer } = planner;
  const [key, value] = [writer.local(), writer.local()];
  const bound = new Map(planner.env);
  const block = writer.block(() =>
    planner.unifyValue(pattern, localOperand(key), () =>
      next(localOperand(value)),
    ),
  );
  restore(planner.env, bound);
  writer.emit({ kind: "ScanStmt", source, key, value, block });
}
