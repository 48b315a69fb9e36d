import type { Expr, ExprTerms, RefTerm, Term } from "../syntax/ast.ts";
import { operatorRef } from "../syntax/parser-state.ts";
import { operatorName } from "./operator-name.ts";
import type { LocalNames } from "./resolve.ts";

/**
 * The operands of a negated expression move in front of the negation, as in
 * OPA: in `not startswith(input.x, "a")` an undefined `input.x` makes the whole
 * body undefined. Only the outermost call or ref is negated itself, and the refs
 * that an equality compares.
 */
export function hoistNegated(expr: Expr, names: LocalNames): Expr[] {
  const before: Expr[] = [];
  const hoist = (value: Term): Term => {
    const { location } = value;
    const local: Term = { kind: "var", value: names.fresh("_"), location };
    const operator = operatorRef("eq", location);
    const terms: ExprTerms = {
      kind: "call",
      operator,
      operands: [local, value],
    };
    before.push({ ...expr, negated: false, generated: true, terms, location });
    return local;
  };
  const { terms } = expr;
  if (terms.kind === "term") {
    const term = outermost(terms.term, hoist);
    return [...before, { ...expr, terms: { kind: "term", term } }];
  }
  if (terms.kind === "call") {
    const keepsRefs = ["eq", "equal"].includes(operatorName(terms.operator));
    const operands = terms.operands.map((operand) =>
      keepsRefs ? outermost(operand, hoist) : movable(operand, hoist),
    );
    return [...before, { ...expr, terms: { ...terms, operands } }];
  }
  return [expr];
}

type Hoist = (term: Term) => Term;

/** A ref stays, but its keys move. */
function outermost(term: Term, hoist: Hoist): Term {
  return term.kind === "ref" ? refKeys(term, hoist) : movable(term, hoist);
}

function refKeys(ref: RefTerm, hoist: Hoist): RefTerm {
  const [head, ...keys] = ref.value;
  if (!head) {
    return ref;
  }
  const subject = head.kind === "var" ? head : movable(head, hoist);
  return {
    ...ref,
    value: [subject, ...keys.map((key) => movable(key, hoist))],
  };
}

/** Refs and calls move, from the innermost outwards; comprehensions stay. */
function movable(term: Term, hoist: Hoist): Term {
  const again = (one: Term): Term => movable(one, hoist);
  switch (term.kind) {
    case "ref":
      return hoist(refKeys(term, hoist));
    case "call":
      return hoist({ ...term, operands: term.operands.map(again) });
    case "array":
    case "set":
      return { ...term, value: term.value.map(again) };
    case "object":
      return {
        ...term,
        value: term.value.map(
          ([key, value]) => [again(key), again(value)] as const,
        ),
      };
    default:
      return term;
  }
}
