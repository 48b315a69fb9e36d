import type { Body, Expr, ExprTerms, Rule, Term } from "../syntax/ast.ts";
import {
  appendToBody,
  isSameList,
  mapList,
  mapRules,
  mapTerm,
  renumber,
  withParts,
} from "./map.ts";
import { assignLocal, type LocalNames, partOf } from "./names.ts";
import type { State } from "./state.ts";

/**
 * Calls inside other terms move in front of the expression, each to a local:
 * `x = f(g(y))` becomes `g(y, l0); f(l0, l1); x = l1`.
 */
export function rewriteExprTerms(state: State): void {
  const { names } = state;
  state.modules = mapRules(state.modules, (rule) => rewriteRule(rule, names));
}

function rewriteRule(rule: Rule, names: LocalNames): Rule {
  const support: Expr[] = [];
  const expand = (term: Term): Term => expandTerm(term, names, support);
  const { head } = rule;
  const args = mapList(head.args, expand);
  const key = head.key && expand(head.key);
  const value = head.value && expand(head.value);
  const body = appendToBody(rule.body, support);
  return withParts(rule, { args, key, value, body: expandBody(body, names) });
}

/** Rewrites the expressions of one body. */
export function expandBody(body: Body, names: LocalNames): Body {
  const expanded = body.flatMap((expr) => expandExpr(expr, names));
  return isSameList(expanded, body) ? body : renumber(expanded);
}

function expandExpr(expr: Expr, names: LocalNames): Expr[] {
  const first: Expr[] = [];
  const modifiers = expr.with.map((one) => ({
    ...one,
    value: expandTerm(one.value, names, first),
  }));
  const support: Expr[] = [];
  const terms = expandTerms(expr.terms, names, support);
  const linked =
    expr.terms.kind === "call" ? support.map(partOf(expr)) : support;
  const before =
    modifiers.length === 0
      ? linked
      : linked.map((one) => ({ ...one, with: modifiers }));
  if (terms === expr.terms && modifiers.length === 0) {
    return [...before, expr];
  }
  return [...first, ...before, { ...expr, terms, with: modifiers }];
}

function expandTerms(
  terms: ExprTerms,
  names: LocalNames,
  support: Expr[],
): ExprTerms {
  const expand = (term: Term): Term => expandTerm(term, names, support);
  switch (terms.kind) {
    case "term": {
      const term = expand(terms.term);
      return term === terms.term ? terms : { ...terms, term };
    }
    case "call": {
      const operands = mapList(terms.operands, expand);
      return operands === terms.operands ? terms : { ...terms, operands };
    }
    case "every": {
      const { expr, local } = assignLocal(names, terms.domain);
      support.push(...expandExpr(expr, names));
      const body = expandBody(terms.body, names);
      return { ...terms, domain: local, body };
    }
    case "not":
      return { ...terms, body: expandBody(terms.body, names) };
    case "and":
    case "or":
      return {
        ...terms,
        left: expandBody(terms.left, names),
        right: expandBody(terms.right, names),
      };
    case "some":
      return terms;
  }
}

/** The term without calls; what it needs first is added to `support`. */
function expandTerm(term: Term, names: LocalNames, support: Expr[]): Term {
  const expand = (inner: Term): Term => expandTerm(inner, names, support);
  switch (term.kind) {
    case "call":
      return expandCall(term, names, support);
    case "ref":
      return expandRef(term, names, support);
    case "array":
    case "set":
    case "object":
      return mapTerm(term, { term: expand, body: (body) => body });
    case "arraycomprehension":
    case "setcomprehension": {
      const inside: Expr[] = [];
      const head = expandTerm(term.term, names, inside);
      const body = expandBody(appendToBody(term.body, inside), names);
      return { ...term, term: head, body };
    }
    case "objectcomprehension": {
      const inside: Expr[] = [];
      const key = expandTerm(term.key, names, inside);
      const value = expandTerm(term.value, names, inside);
      const body = expandBody(appendToBody(term.body, inside), names);
      return { ...term, key, value, body };
    }
    default:
      return term;
  }
}

function expandCall(
  term: Extract<Term, { kind: "call" }>,
  names: LocalNames,
  support: Expr[],
): Term {
  const { location, operator } = term;
  const operands = term.operands.map((operand) =>
    expandTerm(operand, names, support),
  );
  const output: Term = { kind: "var", value: names.fresh(), location };
  support.push({
    index: 0,
    negated: false,
    generated: true,
    terms: { kind: "call", operator, operands: [...operands, output] },
    with: [],
    location,
  });
  return output;
}

/** A ref whose head is a value gets a local for it: `[1, 2][i]` is `l0[i]`. */
function expandRef(
  ref: Extract<Term, { kind: "ref" }>,
  names: LocalNames,
  support: Expr[],
): Term {
  const value = ref.value.map((term) => {
    const expanded = expandTerm(term, names, support);
    if (term.kind === "call" && expanded.kind === "var") {
      names.subjects.set(expanded.value, term);
    }
    return expanded;
  });
  const [head, ...rest] = value;
  switch (head?.kind) {
    case "array":
    case "object":
    case "set":
    case "arraycomprehension":
    case "setcomprehension":
    case "objectcomprehension": {
      const { expr, local } = assignLocal(names, head);
      support.push(expr);
      names.subjects.set(local.value, head);
      return { ...ref, value: [local, ...rest] };
    }
    default:
      return { ...ref, value };
  }
}
