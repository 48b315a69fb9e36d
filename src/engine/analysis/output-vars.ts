import type { Body, Expr, RefTerm, Term } from "../syntax/ast.ts";
import { mapTerm } from "./map.ts";
import { operatorName } from "./operator-name.ts";
import { unify } from "./unify.ts";
import {
  addTermVars,
  addWithVars,
  difference,
  isSubset,
  safetyParams,
  termVars,
  type VarParams,
} from "./vars.ts";

/** How many operands a function has; undefined for what is no function. */
export type Arity = (operator: RefTerm) => number | undefined;

type Vars = ReadonlySet<string>;

/** The variables that a body binds. */
export function bodyOutputs(body: Body, arity: Arity, safe: Vars): Set<string> {
  const all = new Set(safe);
  for (const expr of body) {
    for (const name of exprOutputs(expr, arity, all)) {
      all.add(name);
    }
  }
  return difference(all, safe);
}

/** The variables that an expression binds, given those bound already. */
export function exprOutputs(expr: Expr, arity: Arity, safe: Vars): Set<string> {
  if (expr.negated || expr.terms.kind === "not") {
    return new Set();
  }
  for (const modifier of expr.with) {
    const needed = new Set<string>();
    addWithVars(modifier, needed, safetyParams);
    if (!isSubset(needed, safe)) {
      return new Set();
    }
  }
  const { terms } = expr;
  switch (terms.kind) {
    case "term":
      return refOutputs([terms.term], safe);
    case "call":
      return callOutputs(expr, arity, safe);
    case "every":
      return refOutputs([terms.domain], safe);
    default:
      return new Set();
  }
}

const patternParams: VarParams = {
  skipClosures: true,
  skipSets: true,
  skipObjectKeys: true,
  skipRefHead: true,
};

function callOutputs(expr: Expr, arity: Arity, safe: Vars): Set<string> {
  if (expr.terms.kind !== "call") {
    return new Set();
  }
  const { operator, operands } = expr.terms;
  if (operatorName(operator) === "eq") {
    return equalityOutputs(expr, operands, safe);
  }
  const count = arity(operator);
  if (count === undefined) {
    return new Set();
  }
  const output = refOutputs([operator, ...operands], safe);
  if (count >= operands.length) {
    return output;
  }
  const inputs = new Set<string>();
  for (const term of [operator, ...operands.slice(0, count)]) {
    addTermVars(term, inputs, patternParams);
  }
  for (const name of inputs) {
    if (!output.has(name) && !safe.has(name)) {
      return new Set();
    }
  }
  for (const term of operands.slice(count)) {
    addTermVars(term, output, patternParams);
  }
  return output;
}

/** What `left = right` binds. */
export function equalityOutputs(
  expr: Expr,
  operands: readonly Term[],
  safe: Vars,
): Set<string> {
  const [left, right] = operands;
  if (!left || !right || operands.length !== 2) {
    return new Set(safe);
  }
  const known = refOutputs([left, right], safe);
  for (const name of [...termVars(left), ...termVars(right)]) {
    if (safe.has(name)) {
      known.add(name);
    }
  }
  if (expr.assigned) {
    // The left side of `:=` never makes the right one safe.
    for (const name of termVars(left)) {
      known.delete(name);
    }
  }
  for (const name of unify(known, left, right)) {
    known.add(name);
  }
  return difference(known, safe);
}

/** The variables in brackets of refs whose head is known. */
function refOutputs(terms: readonly Term[], safe: Vars): Set<string> {
  const found = new Set<string>();
  const visit = (term: Term): Term => {
    if (
      term.kind === "arraycomprehension" ||
      term.kind === "setcomprehension" ||
      term.kind === "objectcomprehension" ||
      term.kind === "templatestring"
    ) {
      return term;
    }
    if (term.kind === "ref") {
      if (!isRefSafe(term, safe)) {
        return term;
      }
      addTermVars(term, found, { skipRefHead: true });
    }
    return mapTerm(term, { term: visit, body: (body) => body });
  };
  for (const term of terms) {
    visit(term);
  }
  return found;
}

/** True when the head of a ref is bound. */
function isRefSafe({ value }: RefTerm, safe: Vars): boolean {
  const [head] = value;
  return head === undefined || isSubset(termVars(head, safetyParams), safe);
}
