import type { BuiltinNames } from "./analysis/builtin-names.ts";
import { operatorName } from "./analysis/operator-name.ts";
import type { Arity } from "./analysis/output-vars.ts";
import { PolicyError } from "./error.ts";
import type { Location } from "./source.ts";
import type { Body, Expr, Term, VarTerm } from "./syntax/ast.ts";
import { hasRefKey, termsOf } from "./syntax/expr-parts.ts";
import { operatorRef } from "./syntax/parser-state.ts";

/** An expression of a query as its results show it. */
export type QueryExpression = {
  readonly text: string;
  readonly location: Location;
  /** The binding that is the expression's value; without one it is true. */
  readonly value?: string;
};

// No author can write such a name.
const capturePrefix = "\u0001value ";

/**
 * The query with the value of each expression in a variable of its own, as
 * OPA's `eval` shows them: of a lone expression even where it is false.
 */
export function captureValues(
  body: Body,
  arity: Arity,
  builtins: BuiltinNames,
): { readonly body: Body; readonly expressions: readonly QueryExpression[] } {
  const mustHold = body.length > 1 || body.some(iterates);
  const checks: Expr[] = [];
  const expressions: QueryExpression[] = [];
  const captured = body.map((expr, index) => {
    const { location } = expr;
    const text = location.text ?? "";
    const term = valueTerm(expr, arity, builtins);
    if (term === undefined) {
      expressions.push({ text, location });
      return expr;
    }
    const value = capturePrefix + index;
    expressions.push({ text, location, value });
    const variable: VarTerm = { kind: "var", value, location };
    if (mustHold) {
      const terms = { kind: "term", term: variable } as const;
      const position = body.length + checks.length;
      checks.push({ ...expr, terms, with: [], index: position });
    }
    return { ...expr, terms: equation(variable, term) };
  });
  return { body: [...captured, ...checks], expressions };
}

/** The error as OPA words it, for which a captured value is `_`. */
export function withoutCaptured(error: PolicyError): PolicyError {
  const { code, rawMessage, location, details } = error;
  const [first = "", ...others] = rawMessage.split(capturePrefix);
  const text =
    first + others.map((part) => `_${part.replace(/^\d+/, "")}`).join("");
  return others.length === 0
    ? error
    : new PolicyError(code, text, { location, details });
}

/** What an expression computes; undefined for one that only holds or binds. */
function valueTerm(
  { negated, terms, location }: Expr,
  arity: Arity,
  builtins: BuiltinNames,
): Term | undefined {
  if (negated) {
    return undefined;
  }
  if (terms.kind === "term") {
    return terms.term;
  }
  if (terms.kind !== "call") {
    return undefined;
  }
  const { operator, operands } = terms;
  const name = operatorName(operator);
  const hasValue =
    name !== "eq" &&
    name !== "assign" &&
    builtins.get(name)?.hasResult !== false &&
    operands.length === arity(operator);
  return hasValue ? { kind: "call", operator, operands, location } : undefined;
}

function equation(left: VarTerm, right: Term): Expr["terms"] {
  const operator = operatorRef("eq", left.location);
  return { kind: "call", operator, operands: [left, right] };
}

/** Whether an expression may have several solutions: a variable is a key of one of its refs, or it walks. */
function iterates({ terms }: Expr): boolean {
  switch (terms.kind) {
    case "some":
    case "every":
      return true;
    default:
      return (
        (terms.kind === "call" && operatorName(terms.operator) === "walk") ||
        termsOf(terms).some((term) => hasRefKey(term, () => true))
      );
  }
}
