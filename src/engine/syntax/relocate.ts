import type { Location } from "../source.ts";
import type { Body, Expr, ExprTerms, RefTerm, Term } from "./ast.ts";

/** A term all of whose parts have one place, as OPA's parser gives to a head that is repeated. */
export function relocate(term: Term, location: Location): Term {
  const move = (part: Term): Term => relocate(part, location);
  const moveBody = (body: Body): Body =>
    body.map((expr) => relocateExpr(expr, location));
  switch (term.kind) {
    case "ref":
    case "array":
    case "set":
      return { ...term, value: term.value.map(move), location };
    case "object":
      return {
        ...term,
        value: term.value.map(([key, value]) => [move(key), move(value)]),
        location,
      };
    case "call":
      return {
        ...term,
        operator: relocateRef(term.operator, location),
        operands: term.operands.map(move),
        location,
      };
    case "arraycomprehension":
    case "setcomprehension":
      return {
        ...term,
        term: move(term.term),
        body: moveBody(term.body),
        location,
      };
    case "objectcomprehension":
      return {
        ...term,
        key: move(term.key),
        value: move(term.value),
        body: moveBody(term.body),
        location,
      };
    case "templatestring":
      return {
        ...term,
        parts: term.parts.map((part) =>
          "kind" in part ? move(part) : relocateExpr(part, location),
        ),
        location,
      };
    default:
      return { ...term, location };
  }
}

function relocateRef(ref: RefTerm, location: Location): RefTerm {
  const value = ref.value.map((part) => relocate(part, location));
  return { ...ref, value, location };
}

/** The same for an expression. */
export function relocateExpr(expr: Expr, location: Location): Expr {
  return {
    ...expr,
    terms: moveTerms(expr.terms, location),
    with: expr.with.map(({ target, value }) => ({
      target: relocate(target, location),
      value: relocate(value, location),
      location,
    })),
    location,
  };
}

function moveTerms(terms: ExprTerms, location: Location): ExprTerms {
  const move = (term: Term): Term => relocate(term, location);
  const moveBody = (body: Body): Body =>
    body.map((expr) => relocateExpr(expr, location));
  switch (terms.kind) {
    case "term":
      return { ...terms, term: move(terms.term) };
    case "call":
      return {
        ...terms,
        operator: relocateRef(terms.operator, location),
        operands: terms.operands.map(move),
      };
    case "some":
      return { ...terms, symbols: terms.symbols.map(move), location };
    case "every":
      return {
        ...terms,
        key: terms.key && move(terms.key),
        value: move(terms.value),
        domain: move(terms.domain),
        body: moveBody(terms.body),
        location,
      };
    case "not":
      return { ...terms, body: moveBody(terms.body), location };
    default:
      return {
        ...terms,
        left: moveBody(terms.left),
        right: moveBody(terms.right),
        location,
      };
  }
}
