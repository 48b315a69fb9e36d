import { operatorName } from "../analysis/operator-name.ts";
import { findNode } from "../analysis/rule-tree.ts";
import { addTermVars, rootNames } from "../analysis/vars.ts";
import { dataLocal, inputLocal, type Local, type Operand } from "../ir/ir.ts";
import type { Expr, RefTerm, Term } from "../syntax/ast.ts";
import { observeModified } from "./observe.ts";
import {
  type Mock,
  mockKey,
  type Overrides,
  withMock,
  withPath,
} from "./overrides.ts";
import type { Planner } from "./planner.ts";
import { localOperand } from "./writer.ts";

/**
 * Plans an expression under its `with` modifiers. Its solutions are collected
 * inside and gone through outside, so that what follows sees the documents and
 * the rule cache as they were.
 */
export function planWith(planner: Planner, expr: Expr, next: () => void): void {
  const { writer } = planner;
  const values = expr.with.map(({ value }) => value);
  planner.terms(
    values.map((value, index) =>
      replacement(planner, expr.with[index]?.target, value),
    ),
    (operands) => {
      const plain: Expr = { ...expr, with: [] };
      const outputs = outputVars(planner, plain);
      const plan = toPlan(planner, expr, operands);
      const tell = observeModified(planner, expr);
      tell("modify");
      if (outputs.length === 0) {
        const flag = writer.local();
        writer.emit({ kind: "ResetLocalStmt", target: flag });
        nest(planner, plan, (inner) =>
          writer.attempt(() => {
            const depth = writer.depth;
            inner.step(plain, () => {
              writer.emit({
                kind: "AssignVarStmt",
                source: { kind: "bool", value: true },
                target: flag,
              });
              tell("found");
              writer.leave(depth);
            });
          }),
        );
        tell("return");
        writer.emit({ kind: "IsDefinedStmt", source: flag });
        next();
        tell("end");
        return;
      }
      const solutions = writer.local();
      writer.emit({ kind: "MakeArrayStmt", capacity: 0, target: solutions });
      nest(planner, plan, (inner) =>
        writer.attempt(() =>
          inner.step(plain, () => {
            collect(inner, outputs, solutions);
            tell("found");
          }),
        ),
      );
      tell("return");
      replay(planner, outputs, solutions, () => {
        tell("resume");
        next();
      });
      tell("end");
    },
  );
}

/** One `with`, ready: what to change for the statements inside. */
type Step = {
  readonly local: Local;
  readonly path: readonly number[];
  readonly value: Operand;
};

type WithPlan = {
  readonly steps: readonly Step[];
  readonly overrides: Overrides;
};

/** A function as replacement is no value: nothing is evaluated for it. */
function replacement(
  planner: Planner,
  target: Term | undefined,
  value: Term,
): Term {
  return target &&
    isFunctionTarget(planner, target) &&
    isFunction(planner, value)
    ? { kind: "null", location: value.location }
    : value;
}

function isFunctionTarget(planner: Planner, target: Term): boolean {
  return isFunction(planner, target);
}

function isFunction(planner: Planner, term: Term): boolean {
  const { builtins, ruleTree } = planner.program.analysis;
  if (term.kind === "var") {
    return builtins.has(term.value);
  }
  if (term.kind !== "ref") {
    return false;
  }
  const [head, ...rest] = term.value;
  if (head?.kind === "var" && head.value === "data") {
    const node = findNode(ruleTree, names(rest));
    return (node?.rules[0]?.rule.head.args.length ?? 0) > 0;
  }
  return builtins.has(operatorName(term));
}

function names(terms: readonly Term[]): string[] {
  return terms.map((term) => (term.kind === "string" ? term.value : ""));
}

function toPlan(
  planner: Planner,
  expr: Expr,
  operands: readonly Operand[],
): WithPlan {
  const steps: Step[] = [];
  const { ruleTree } = planner.program.analysis;
  let { overrides } = planner;
  for (const [index, { target, value }] of expr.with.entries()) {
    const operand = operands[index] as Operand;
    if (isFunctionTarget(planner, target)) {
      const name = operatorName(asRef(target));
      const mock = toMock(planner, name, value);
      overrides = withMock(overrides, name, mock);
      if (mock.kind === "value") {
        steps.push({
          local: dataLocal,
          path: [planner.program.string(mock.key)],
          value: operand,
        });
      }
      continue;
    }
    const [head, ...rest] = asRef(target).value;
    const path = names(rest);
    const isInput = head?.kind === "var" && head.value === "input";
    // Where there are no rules none are hidden: the same functions serve.
    if (!isInput && findNode(ruleTree, path)) {
      overrides = withPath(overrides, path);
    }
    steps.push({
      local: isInput ? inputLocal : dataLocal,
      path: path.map((name) => planner.program.string(name)),
      value: operand,
    });
  }
  return { steps, overrides };
}

function toMock(planner: Planner, name: string, value: Term): Mock {
  return isFunction(planner, value)
    ? { kind: "function", operator: asRef(value) }
    : { kind: "value", key: mockKey(name) };
}

function asRef(term: Term): RefTerm {
  return term.kind === "ref"
    ? term
    : { kind: "ref", value: [term], location: term.location };
}

/** WithStmts around what `write` plans, the first modifier outermost. */
function nest(
  planner: Planner,
  { steps, overrides }: WithPlan,
  write: (inner: Planner) => void,
): void {
  const { writer } = planner;
  const go = (index: number): void => {
    const step = steps[index];
    if (!step) {
      write(planner.under(overrides));
      return;
    }
    writer.replaced += 1;
    const block = writer.block(() => go(index + 1));
    writer.replaced -= 1;
    writer.emit({ kind: "WithStmt", ...step, block });
  };
  go(0);
}

/** Variables that the expression binds. */
function outputVars(planner: Planner, expr: Expr): string[] {
  const found = new Set<string>();
  if (
    !expr.negated &&
    (expr.terms.kind === "term" || expr.terms.kind === "call")
  ) {
    const terms =
      expr.terms.kind === "term" ? [expr.terms.term] : expr.terms.operands;
    for (const term of terms) {
      addTermVars(term, found, { skipRefCallHead: true, skipClosures: true });
    }
  }
  return [...found].filter(
    (name) => !planner.env.has(name) && !rootNames.has(name),
  );
}

function collect(
  planner: Planner,
  outputs: readonly string[],
  solutions: Local,
): void {
  const { writer } = planner;
  const solution = writer.local();
  writer.emit({
    kind: "MakeArrayStmt",
    capacity: outputs.length,
    target: solution,
  });
  for (const name of outputs) {
    const local = planner.env.get(name);
    writer.emit({
      kind: "ArrayAppendStmt",
      value:
        local === undefined
          ? { kind: "bool", value: true }
          : localOperand(local),
      array: solution,
    });
  }
  writer.emit({
    kind: "ArrayAppendStmt",
    value: localOperand(solution),
    array: solutions,
  });
}

function replay(
  planner: Planner,
  outputs: readonly string[],
  solutions: Local,
  next: () => void,
): void {
  const { writer } = planner;
  writer.scan(solutions, (_, solution) => {
    for (const [index, name] of outputs.entries()) {
      const at = writer.local();
      writer.emit({ kind: "MakeNumberIntStmt", value: index, target: at });
      const target = writer.local();
      writer.emit({
        kind: "DotStmt",
        source: localOperand(solution),
        key: localOperand(at),
        target,
      });
      planner.env.set(name, target);
    }
    next();
    for (const name of outputs) {
      planner.env.delete(name);
    }
  });
}
