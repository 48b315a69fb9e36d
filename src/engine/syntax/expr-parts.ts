import type { Body, ExprTerms, Term } from "./ast.ts";

/** The terms directly in an expression; of `every` its domain. */
export function termsOf(terms: ExprTerms): readonly Term[] {
  switch (terms.kind) {
    case "term":
      return [terms.term];
    case "call":
      return terms.operands;
    case "every":
      return [terms.domain];
    default:
      return [];
  }
}

/** The bodies directly inside `not`, `and`, `or` and `every`. */
export function bodiesOf(terms: ExprTerms): readonly Body[] {
  switch (terms.kind) {
    case "every":
    case "not":
      return [terms.body];
    case "and":
    case "or":
      return [terms.left, terms.right];
    default:
      return [];
  }
}

/** Whether a variable that fits is a key of a ref in the term, comprehensions left out. */
export function hasRefKey(
  term: Term,
  fits: (variable: string) => boolean,
): boolean {
  switch (term.kind) {
    case "ref":
      return term.value
        .slice(1)
        .some((key) =>
          key.kind === "var" ? fits(key.value) : hasRefKey(key, fits),
        );
    case "array":
    case "set":
    case "object":
      return (term.value.flat() as readonly Term[]).some((part) =>
        hasRefKey(part, fits),
      );
    case "call":
      return term.operands.some((operand) => hasRefKey(operand, fits));
    default:
      return false;
  }
}
