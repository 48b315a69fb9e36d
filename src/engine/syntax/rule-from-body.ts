import { PolicyError } from "../error.ts";
import type { Location } from "../source.ts";
import type { Body, Expr, Head, RefTerm, Rule, Term } from "./ast.ts";
import { trueBody, trueTerm } from "./parse-expr.ts";
import { toSetHead } from "./parse-rule.ts";
import { isCallOf } from "./parser-state.ts";
import { printRef } from "./print.ts";

/** Names that no fact `f(x)` can have: those of builtins. */
export type IsBuiltin = (name: string) => boolean;

/**
 * A statement without a body that is read as a rule: `p := 1`, `p.q[x] = y`,
 * `f(x) = y`, `p[x]`. Throws what forbids it.
 */
export function ruleFromBody(body: Body, isBuiltin: IsBuiltin): Rule {
  const [expr, ...others] = body;
  if (!expr || others.length > 0) {
    return reject(expr, "multiple expressions cannot be used for rule head");
  }
  if (expr.with.length > 0) {
    const message =
      "expressions using with keyword cannot be used for rule head";
    return reject(expr, message);
  }
  if (expr.negated) {
    return reject(expr, "negated expressions cannot be used for rule head");
  }
  const { terms } = expr;
  switch (terms.kind) {
    case "some":
      return reject(expr, "'some' declarations cannot be used for rule head");
    case "term":
      return fromTerm(expr, terms.term);
    case "call":
      return fromCall(expr, terms.operator, terms.operands, isBuiltin);
    default:
      return reject(expr, "expression cannot be used for rule head");
  }
}

function reject(expr: Expr | undefined, message: string): never {
  throw new PolicyError("rego_parse_error", message, {
    location: expr?.location,
  });
}

/** `p.q.r` is true; `p[x]` is an element of the set p. */
function fromTerm(expr: Expr, term: Term): Rule {
  if (term.kind !== "ref") {
    return reject(expr, `${term.kind} cannot be used for rule name`);
  }
  checkHead(expr, term);
  const { location } = term;
  const head = createHead(term, location);
  if (term.value.length !== 2) {
    return term.value.length === 1
      ? reject(expr, "refs cannot be used for rule head")
      : createRule(
          { ...head, value: trueTerm(location), generatedValue: true },
          location,
          location,
        );
  }
  return createRule(toSetHead(head), location, location);
}

function fromCall(
  expr: Expr,
  operator: RefTerm,
  operands: readonly Term[],
  isBuiltin: IsBuiltin,
): Rule {
  const isAssign = isCallOf(operator, "assign");
  if (isAssign || isCallOf(operator, "eq")) {
    const [left, right] = operands;
    if (!left || !right) {
      return reject(expr, "assignment requires two operands");
    }
    const head = valueHead(expr, left, right);
    return createRule(
      { ...head, assign: isAssign, location: expr.location },
      right.location,
      expr.location,
    );
  }
  if (isBuiltin(printRef(operator))) {
    return reject(expr, "rule name conflicts with built-in function");
  }
  if (operands.length === 0) {
    return reject(expr, "rule argument list must take at least one argument");
  }
  checkHead(expr, operator);
  const { location } = operator;
  return createRule(
    {
      ...createHead(operator, location),
      args: operands,
      value: trueTerm(location),
    },
    location,
    location,
  );
}

function valueHead(expr: Expr, left: Term, value: Term): Head {
  switch (left.kind) {
    case "call":
      checkHead(expr, left.operator);
      return {
        ...createHead(left.operator, left.location),
        args: left.operands,
        value,
      };
    case "ref":
      checkHead(expr, left);
      return { ...createHead(left, left.location), value };
    case "var": {
      const { location } = left;
      const ref: RefTerm = { kind: "ref", value: [left], location };
      return { ...createHead(ref, location), value };
    }
    default:
      return reject(expr, `${left.kind} cannot be used for rule name`);
  }
}

function checkHead(expr: Expr, ref: RefTerm): void {
  if (ref.value[0]?.kind !== "var") {
    reject(expr, `invalid rule head: ${printRef(ref)}`);
  }
}

function createHead(ref: RefTerm, location: Location): Head {
  return {
    ref,
    args: [],
    key: undefined,
    value: undefined,
    assign: false,
    generatedValue: false,
    keywords: [],
    location,
  };
}

function createRule(head: Head, body: Location, location: Location): Rule {
  return {
    default: false,
    head,
    body: trueBody(body),
    generatedBody: true,
    else: undefined,
    annotations: [],
    location,
  };
}
