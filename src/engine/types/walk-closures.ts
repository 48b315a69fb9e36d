import type { Body, Expr, Term } from "../syntax/ast.ts";
import { bodiesOf, termsOf } from "../syntax/expr-parts.ts";

/** Sees the body of a comprehension; true to see those inside it too. */
type Visit = (body: Body) => boolean;

/** Calls `visit` for the comprehensions of an expression, the outer ones first. */
export function walkClosures(expr: Expr, visit: Visit): void {
  for (const term of termsOf(expr.terms)) {
    walkTerm(term, visit);
  }
  walkBodies(bodiesOf(expr.terms), visit);
  for (const { target, value } of expr.with) {
    walkTerm(target, visit);
    walkTerm(value, visit);
  }
}

function walkBodies(bodies: readonly Body[], visit: Visit): void {
  for (const body of bodies) {
    for (const expr of body) {
      walkClosures(expr, visit);
    }
  }
}

function walkTerm(term: Term, visit: Visit): void {
  switch (term.kind) {
    case "arraycomprehension":
    case "setcomprehension":
      if (visit(term.body)) {
        walkTerm(term.term, visit);
        walkBodies([term.body], visit);
      }
      return;
    case "objectcomprehension":
      if (visit(term.body)) {
        walkTerm(term.key, visit);
        walkTerm(term.value, visit);
        walkBodies([term.body], visit);
      }
      return;
    case "ref":
    case "array":
    case "set":
      for (const part of term.value) {
        walkTerm(part, visit);
      }
      return;
    case "object":
      for (const [key, value] of term.value) {
        walkTerm(key, visit);
        walkTerm(value, visit);
      }
      return;
    case "call":
      for (const operand of term.operands) {
        walkTerm(operand, visit);
      }
      return;
    default:
      return;
  }
}
