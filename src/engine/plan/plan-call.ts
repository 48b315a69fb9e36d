import { operatorName } from "../analysis/operator-name.ts";
import { findNode, type RuleTree } from "../analysis/rule-tree.ts";
import { dataLocal, inputLocal, type Local, type Operand } from "../ir/ir.ts";
import type { RefTerm, Term } from "../syntax/ast.ts";
import { observeNote } from "./observe.ts";
import { observeCall } from "./observe-call.ts";
import { planRules } from "./plan-rule.ts";
import { planUnify } from "./plan-unify.ts";
import type { Next, Planner } from "./planner.ts";
import { localOperand } from "./writer.ts";

// Comparisons that have a statement, unless `with` replaces them.
const comparisons: ReadonlySet<string> = new Set(["equal", "neq"]);

export function planCallExpr(
  planner: Planner,
  operator: RefTerm,
  operands: readonly Term[],
  next: () => void,
): void {
  const name = operatorName(operator);
  if (name === "eq") {
    planUnify(planner, operands[0] as Term, operands[1] as Term, next);
    return;
  }
  const arity = operatorArity(planner, operator);
  if (
    comparisons.has(name) &&
    operands.length === arity &&
    !planner.overrides.mocks.has(name)
  ) {
    planOperands(planner, operands, ([a, b]) => {
      const kind = name === "equal" ? "EqualStmt" : "NotEqualStmt";
      planner.writer.emit({ kind, a: a as Operand, b: b as Operand });
      next();
    });
    return;
  }
  if (operands.length > arity) {
    const output = operands[arity] as Term;
    planCall(planner, operator, operands.slice(0, arity), (value) =>
      planner.unifyValue(output, value, next),
    );
    return;
  }
  planCall(planner, operator, operands, (value) =>
    isVoid(planner, operator) ? next() : planner.truthy(value, next),
  );
}

/** True of builtins that are called for what they do, as `print`. */
function isVoid({ program }: Planner, operator: RefTerm): boolean {
  const { builtins } = program.analysis;
  return builtins.get(operatorName(operator))?.hasResult === false;
}

function operatorArity(planner: Planner, operator: RefTerm): number {
  const path = dataPath(operator);
  if (path) {
    const node = findNode(planner.program.analysis.ruleTree, path);
    return node?.rules[0]?.rule.head.args.length ?? 0;
  }
  return (
    planner.program.analysis.builtins.get(operatorName(operator))?.arity ?? 0
  );
}

/** Calls a function or builtin once for each combination of operand values. */
export function planCall(
  planner: Planner,
  operator: RefTerm,
  operands: readonly Term[],
  next: Next,
): void {
  planOperands(planner, operands, (values) =>
    callValues(planner, operator, values, next),
  );
}

function planOperands(
  planner: Planner,
  operands: readonly Term[],
  next: (values: readonly Operand[]) => void,
): void {
  // In `x == xs[x]` the ref binds x, so that the plain x is read after it.
  const order = [...operands.keys()].sort(
    (a, b) =>
      Number(isUnbound(planner, operands[a])) -
      Number(isUnbound(planner, operands[b])),
  );
  planner.terms(
    order.map((index) => operands[index] as Term),
    (found) => {
      const values = operands.map((_, index) => found[order.indexOf(index)]);
      next(values as Operand[]);
    },
  );
}

function isUnbound({ env }: Planner, term: Term | undefined): boolean {
  return term?.kind === "var" && !env.has(term.value);
}

// What follows a call is planned inside of this: the deepest body depends on the
// size of its frame, and what only emits is done in functions that have returned.
function callValues(
  planner: Planner,
  operator: RefTerm,
  values: readonly Operand[],
  next: Next,
): void {
  const mock = planner.overrides.mocks.get(operatorName(operator));
  if (mock?.kind === "value") {
    next(localOperand(emitMocked(planner, mock.key)));
  } else if (mock) {
    // The replacement itself may call what it replaces, and meets no mock.
    const inner = planner.under({ ...planner.overrides, mocks: new Map() });
    callValues(inner, mock.operator, values, next);
  } else if (isRelation(planner, operator)) {
    scanValues(planner, emitBuiltinCall(planner, operator, values), next);
  } else if (!dataPath(operator)) {
    next(localOperand(emitBuiltinCall(planner, operator, values)));
  } else if (planner.program.observer?.trace) {
    callObserved(planner, operator, values, next);
  } else {
    next(localOperand(emitRulesCall(planner, operator, values)));
  }
}

function emitMocked(planner: Planner, key: string): Local {
  const target = planner.writer.local();
  planner.writer.emit({
    kind: "DotStmt",
    source: localOperand(dataLocal),
    key: planner.string(key),
    target,
  });
  return target;
}

/** True of builtins that have several values, as `walk`. */
function isRelation({ program }: Planner, operator: RefTerm): boolean {
  const { builtins } = program.analysis;
  return builtins.get(operatorName(operator))?.relation === true;
}

function emitBuiltinCall(
  planner: Planner,
  operator: RefTerm,
  values: readonly Operand[],
): Local {
  const { program, writer } = planner;
  const name = operatorName(operator);
  const result = writer.local();
  if (name === "trace") {
    observeNote(planner, values);
  }
  program.builtin(name, values.length);
  writer.emit({ kind: "CallStmt", func: name, args: values, result });
  return result;
}

function emitRulesCall(
  planner: Planner,
  operator: RefTerm,
  values: readonly Operand[],
): Local {
  const func = planRules(planner, dataPath(operator) ?? []);
  const args = [inputLocal, dataLocal].map(localOperand).concat(values);
  const result = planner.writer.local();
  planner.writer.emit({ kind: "CallStmt", func, args, result });
  return result;
}

function callObserved(
  planner: Planner,
  operator: RefTerm,
  values: readonly Operand[],
  next: Next,
): void {
  const { ruleTree } = planner.program.analysis;
  const node = findNode(ruleTree, dataPath(operator) ?? []) as RuleTree;
  observeCall(
    planner,
    { node, kind: "function", values },
    () => emitRulesCall(planner, operator, values),
    (result) => next(localOperand(result)),
  );
}

function scanValues(planner: Planner, source: Local, next: Next): void {
  planner.writer.scan(source, (_, value) => next(localOperand(value)));
}

/** The constant path of a ref into data, without its root. */
function dataPath({ value }: RefTerm): string[] | undefined {
  const [head, ...rest] = value;
  return head?.kind === "var" && head.value === "data"
    ? rest.map((term) => (term.kind === "string" ? term.value : ""))
    : undefined;
}
