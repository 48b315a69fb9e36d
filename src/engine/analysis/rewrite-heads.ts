import type { Body, Expr, Rule, Term } from "../syntax/ast.ts";
import {
  appendToBody,
  isScalar,
  mapExpr,
  mapList,
  mapRules,
  mapTerm,
  requiresEval,
  withParts,
} from "./map.ts";
import { assignLocal, type LocalNames } from "./names.ts";
import type { State } from "./state.ts";

/** What a head ref computes moves to the body: `p[x.y]` is `p[l0]` with `l0 = x.y`. */
export function rewriteHeadRefs(state: State): void {
  state.modules = mapRules(state.modules, (rule) => {
    const added: Expr[] = [];
    const value = rule.head.ref.value.map((term, index) => {
      if (index === 0 || term.kind === "var" || isScalar(term)) {
        return term;
      }
      const { expr, local } = assignLocal(state.names, term);
      added.push(expr);
      return local;
    });
    if (added.length === 0) {
      return rule;
    }
    const head = { ...rule.head, ref: { ...rule.head.ref, value } };
    return { ...rule, head, body: appendToBody(rule.body, added) };
  });
}

/** What a head's key, value or argument computes moves to the body. */
export function rewriteHeadTerms(state: State): void {
  state.modules = mapRules(state.modules, (rule) => {
    const added: Expr[] = [];
    const move = (term: Term): Term => moved(term, state.names, added);
    const { head } = rule;
    const key = head.key && move(head.key);
    const value = head.value && move(head.value);
    const args = mapList(head.args, move);
    const body = appendToBody(rule.body, added);
    return withParts(rule, { key, value, args, body });
  });
}

function moved(term: Term, names: LocalNames, added: Expr[]): Term {
  if (!requiresEval(term)) {
    return term;
  }
  const { expr, local } = assignLocal(names, term);
  added.push(expr);
  return local;
}

/** What a comprehension's head computes moves to its body. */
export function rewriteComprehensionHeads(state: State): void {
  const { names } = state;
  const term = (one: Term): Term => moveComprehensionHead(one, names);
  const rewrite = (rule: Rule): Rule =>
    withParts(rule, {
      args: mapList(rule.head.args, term),
      key: rule.head.key && term(rule.head.key),
      value: rule.head.value && term(rule.head.value),
      body: moveComprehensionHeads(rule.body, names),
    });
  // The heads of those that other passes make are variables.
  state.modules = mapRules(state.modules, rewrite, ["|"]);
}

/** The same in one body. */
export function moveComprehensionHeads(body: Body, names: LocalNames): Body {
  const mapper = {
    term: (term: Term) => moveComprehensionHead(term, names),
    body: (inner: Body) => moveComprehensionHeads(inner, names),
  };
  return mapList(body, (expr) => mapExpr(expr, mapper));
}

function moveComprehensionHead(term: Term, names: LocalNames): Term {
  const inner = mapTerm(term, {
    term: (one) => moveComprehensionHead(one, names),
    body: (body) => moveComprehensionHeads(body, names),
  });
  const added: Expr[] = [];
  switch (inner.kind) {
    case "arraycomprehension":
    case "setcomprehension": {
      const head = moved(inner.term, names, added);
      return { ...inner, term: head, body: appendToBody(inner.body, added) };
    }
    case "objectcomprehension": {
      const key = moved(inner.key, names, added);
      const value = moved(inner.value, names, added);
      return { ...inner, key, value, body: appendToBody(inner.body, added) };
    }
    default:
      return inner;
  }
}
