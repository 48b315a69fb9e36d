import type { Location } from "../source.ts";
import type { Body, Expr, ExprTerms, Term, With } from "./ast.ts";
import { parseTerm, parseTermInfix } from "./parse-term.ts";
import {
  at,
  extend,
  illegal,
  locate,
  operatorRef,
  type Parser,
  scan,
} from "./parser-state.ts";
import { tokenName } from "./token.ts";

/** An expression without modifiers. */
export function createExpr(
  terms: ExprTerms,
  location: Location,
  negated = false,
): Expr {
  return { index: 0, negated, generated: false, terms, with: [], location };
}

/** The expression under `not`: a body of its own under `future.keywords.not`. */
export function negate(
  parser: Parser,
  expr: Expr,
  not: Location | undefined,
): Expr {
  if (!not) {
    return expr;
  }
  if (!parser.notBodies) {
    return { ...expr, negated: true };
  }
  const location = extend(parser, not);
  return createExpr(
    { kind: "not", body: [expr], explicit: false, location },
    location,
  );
}

/** expr: term [ ( ":=" | "=" ) term ]. */
export function parsePlain(parser: Parser, start: Location): Expr | undefined {
  const left = parseTermInfix(parser);
  if (left === undefined) {
    return undefined;
  }
  const { kind } = parser.state;
  if (kind === ":=" || kind === "=") {
    const operator = operatorRef(tokenName(kind), locate(parser));
    scan(parser);
    const right = parseTermInfix(parser);
    return (
      right &&
      createExpr(
        { kind: "call", operator, operands: [left, right] },
        extend(parser, start),
      )
    );
  }
  const terms: ExprTerms =
    left.kind === "call"
      ? { kind: "call", operator: left.operator, operands: left.operands }
      : { kind: "term", term: left };
  return createExpr(terms, extend(parser, start));
}

/** The expression with the modifiers that follow it. */
export function parseWith(parser: Parser, expr: Expr): Expr | undefined {
  if (!at(parser, "with")) {
    return expr;
  }
  const modifiers = parseModifiers(parser);
  return modifiers && { ...expr, with: modifiers };
}

/** { "with" ref "as" term }. */
export function parseModifiers(parser: Parser): readonly With[] | undefined {
  const modifiers: With[] = [];
  while (at(parser, "with")) {
    const start = locate(parser);
    scan(parser);
    if (!at(parser, "identifier")) {
      return illegal(parser, "expected ident");
    }
    const target = parseTerm(parser);
    if (target === undefined) {
      return undefined;
    }
    if (target.kind !== "ref" && target.kind !== "var") {
      illegal(parser, "expected with target path");
    }
    if (!at(parser, "as")) {
      return illegal(parser, "expected as keyword");
    }
    scan(parser);
    const value = parseTermInfix(parser);
    if (value === undefined) {
      return undefined;
    }
    modifiers.push({ target, value, location: extend(parser, start) });
  }
  return modifiers;
}

export function trueTerm(location: Location): Term {
  return { kind: "boolean", value: true, location };
}

/** The body of a rule without one. */
export function trueBody(location: Location): Body {
  return [createExpr({ kind: "term", term: trueTerm(location) }, location)];
}
