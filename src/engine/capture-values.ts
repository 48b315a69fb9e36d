import type { BuiltinNames } from "./analysis/builtin-names.ts";
import { operatorName } from "./analysis/operator-name.ts";
import type { Arity } from "./analysis/output-vars.ts";
import { capturePrefix } from "./analysis/vars.ts";
import { PolicyError } from "./error.ts";
import type { Location } from "./source.ts";
import type { Body, Expr, VarTerm } from "./syntax/ast.ts";
import { hasRefKey, termsOf } from "./syntax/expr-parts.ts";
import { operatorRef } from "./syntax/parser-state.ts";

/** An expression of a query as its results show it. */
export type QueryExpression = {
  readonly text: string;
  readonly location: Location;
  /** The binding that is the expression's value; without one it is true. */
  readonly value?: string;
};

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
  let captures = 0;
  const captured = body.map((expr) => {
    const { location } = expr;
    const text = location.text ?? "";
    const value = `${capturePrefix}${captures + 1}`;
    const variable: VarTerm = { kind: "var", value, location };
    const capturing = capturingTerms(expr, variable, arity, builtins);
    if (capturing === undefined) {
      expressions.push({ text, location });
      return expr;
    }
    captures += 1;
    expressions.push({ text, location, value });
    if (mustHold) {
      const terms = { kind: "term", term: variable } as const;
      const position = body.length + checks.length;
      checks.push({ ...expr, terms, with: [], index: position });
    }
    return { ...expr, terms: capturing };
  });
  return { body: [...captured, ...checks], expressions };
}

/** The error as OPA words it, for which a captured value is `_`. */
export function withoutCaptured(error: PolicyError): PolicyError {
  const { code, rawMessage, location, details } = error;
  const text = rawMessage.replaceAll(/\$term\d+/g, "_");
  return text === rawMessage
    ? error
    : new PolicyError(code, text, { location, details });
}

/**
 * The expression with its value in the variable: of a term by an equation, of a
 * call as its output. Undefined for one that only holds or binds.
 */
function capturingTerms(
  { negated, terms }: Expr,
  variable: VarTerm,
  arity: Arity,
  builtins: BuiltinNames,
): Expr["terms"] | undefined {
  if (negated) {
    return undefined;
  }
  if (terms.kind === "term") {
    const operator = operatorRef("eq", variable.location);
    return { kind: "call", operator, operands: [terms.term, variable] };
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
  return hasValue ? { ...terms, operands: [...operands, variable] } : undefined;
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
