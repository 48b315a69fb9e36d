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
  planKeys(planner, { source, keys, kind: "DotStmt" }, next);
}

/** The same in base data, whose objects have text keys: `data.x[2]` is `data.x["2"]`. */
export function planDocumentDots(
  planner: Planner,
  source: Operand,
  keys: readonly Term[],
  next: Next,
): void {
  planKeys(planner, { source, keys, kind: "DocumentDotStmt" }, next);
}

type Keys = {
  readonly source: Operand;
  readonly keys: readonly Term[];
  readonly kind: "DotStmt" | "DocumentDotStmt";
};

function planKeys(
  planner: Planner,
  { source, keys, kind }: Keys,
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
      planKeys(planner, { source: value, keys: rest, kind }, next),
    );
    return;
  }
  planner.term(key, (operand) => {
    const target = writer.local();
    // The member of a constant name is found by either.
    const own = operand.kind === "string_index" ? "DotStmt" : kind;
    writer.emit({ kind: own, source, key: operand, target });
    planKeys(planner, { source: localOperand(target), keys: rest, kind }, next);
  });
}

function planScan(
  planner: Planner,
  source: Local,
  pattern: Term,
  next: Next,
): void {
  const bound = new Map(planner.env);
  planner.writer.scan(source, (key, value) =>
    planner.unifyValue(pattern, localOperand(key), () =>
      next(localOperand(value)),
    ),
  );
  restore(planner.env, bound);
}
