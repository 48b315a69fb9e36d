import type { Operand } from "../ir/ir.ts";
import type { Term } from "../syntax/ast.ts";
import type { Planner } from "./planner.ts";
import { localOperand } from "./writer.ts";

export function planUnify(
  planner: Planner,
  left: Term,
  right: Term,
  next: () => void,
): void {
  if (
    left.kind === "array" &&
    right.kind === "array" &&
    (planner.isPattern(left) || planner.isPattern(right))
  ) {
    if (left.value.length !== right.value.length) {
      planner.fail();
      return;
    }
    unifyAll(
      planner,
      left.value.map((item, i) => [item, right.value[i] as Term]),
      next,
    );
  } else if (
    planner.isPattern(left) &&
    planner.isPattern(right) &&
    left.kind === "object" &&
    right.kind === "object"
  ) {
    unifyObjects(planner, left.value, right.value, next);
  } else if (planner.isPattern(left)) {
    planner.term(right, (value) => planner.unifyValue(left, value, next));
  } else {
    planner.term(left, (value) => planner.unifyValue(right, value, next));
  }
}

function unifyObjects(
  planner: Planner,
  left: readonly (readonly [Term, Term])[],
  right: readonly (readonly [Term, Term])[],
  next: () => void,
): void {
  const pairs: [Term, Term][] = [];
  for (const [key, value] of left) {
    const other = right.find(
      ([name]) => "value" in name && "value" in key && name.value === key.value,
    );
    if (!other || left.length !== right.length) {
      planner.fail();
      return;
    }
    pairs.push([value, other[1]]);
  }
  unifyAll(planner, pairs, next);
}

function unifyAll(
  planner: Planner,
  pairs: readonly (readonly [Term, Term])[],
  next: () => void,
): void {
  planner.inTurn(
    pairs,
    ([left, right], then) => planUnify(planner, left, right, then),
    next,
  );
}

/** Matches a value against a pattern, binding its unbound variables. */
export function planUnifyValue(
  planner: Planner,
  pattern: Term,
  value: Operand,
  next: () => void,
): void {
  const { writer } = planner;
  if (pattern.kind === "var" && !planner.env.has(pattern.value)) {
    planner.env.during(pattern.value, writer.toLocal(value), next);
  } else if (pattern.kind === "array" && planner.isPattern(pattern)) {
    unifyArray(planner, pattern.value, value, next);
  } else if (pattern.kind === "object" && planner.isPattern(pattern)) {
    unifyObject(planner, pattern.value, value, next);
  } else {
    planner.term(pattern, (other) => {
      writer.emit({ kind: "EqualStmt", a: other, b: value });
      next();
    });
  }
}

function unifyArray(
  planner: Planner,
  items: readonly Term[],
  value: Operand,
  next: () => void,
): void {
  planner.writer.emit({ kind: "IsArrayStmt", source: value });
  hasLength(planner, value, items.length);
  planner.inTurn(
    [...items.entries()],
    ([index, item], then) => {
      const key = localOperand(planner.number(String(index)));
      const target = planner.writer.local();
      planner.writer.emit({ kind: "DotStmt", source: value, key, target });
      planner.unifyValue(item, localOperand(target), then);
    },
    next,
  );
}

function unifyObject(
  planner: Planner,
  entries: readonly (readonly [Term, Term])[],
  value: Operand,
  next: () => void,
): void {
  planner.writer.emit({ kind: "IsObjectStmt", source: value });
  hasLength(planner, value, entries.length);
  planner.inTurn(
    entries,
    ([name, pattern], then) =>
      planner.term(name, (key) => {
        const target = planner.writer.local();
        planner.writer.emit({ kind: "DotStmt", source: value, key, target });
        planner.unifyValue(pattern, localOperand(target), then);
      }),
    next,
  );
}

function hasLength(planner: Planner, source: Operand, length: number): void {
  const { writer } = planner;
  const found = writer.local();
  writer.emit({ kind: "LenStmt", source, target: found });
  const wanted = planner.number(String(length));
  writer.emit({
    kind: "EqualStmt",
    a: localOperand(found),
    b: localOperand(wanted),
  });
}
