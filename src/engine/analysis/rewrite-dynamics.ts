import type { Body, Expr, Term } from "../syntax/ast.ts";
import { operatorRef } from "../syntax/parser-state.ts";
import {
  isSameList,
  type Mapper,
  mapExpr,
  mapList,
  mapRules,
  mapTerm,
  renumber,
} from "./map.ts";
import { assignLocal, type LocalNames, partOf } from "./names.ts";
import { operatorName } from "./operator-name.ts";
import type { State } from "./state.ts";

/** `==` between two terms becomes `=`, once it is known to bind nothing. */
export function rewriteEquals(state: State): void {
  const body = (one: Body): Body => one.map(expr);
  const mapper = { term: (one: Term): Term => mapTerm(one, mapper), body };
  const expr = (one: Expr): Expr => {
    const inner = mapExpr(one, mapper);
    const { terms } = inner;
    if (terms.kind !== "call" || operatorName(terms.operator) !== "equal") {
      return inner;
    }
    const { location } = terms.operator;
    return terms.operands.length === 2
      ? { ...inner, terms: { ...terms, operator: operatorRef("eq", location) } }
      : inner;
  };
  mapBodies(state, body);
}

/**
 * Refs and comprehensions inside other terms move in front of the expression,
 * each to a local, so that they are evaluated first; those that an equation or
 * an expression consists of stay.
 */
export function rewriteDynamics(state: State): void {
  mapBodies(state, (body) => hoistBody(body, state.names));
}

function mapBodies(state: State, map: (body: Body) => Body): void {
  state.modules = mapRules(state.modules, (rule) => {
    const body = map(rule.body);
    return body === rule.body ? rule : { ...rule, body };
  });
}

/** Rewrites the expressions of one body. */
export function hoistBody(body: Body, names: LocalNames): Body {
  const hoisted = body.flatMap((expr) => hoistExpr(expr, names));
  return isSameList(hoisted, body) ? body : renumber(hoisted);
}

function hoistExpr(expr: Expr, names: LocalNames): Expr[] {
  const hoist = new Hoist(expr, names);
  const { terms } = expr;
  const rewritten = ((): Expr["terms"] => {
    switch (terms.kind) {
      case "term": {
        const term = hoist.outer(terms.term);
        return term === terms.term ? terms : { ...terms, term };
      }
      case "call": {
        const isEquality = operatorName(terms.operator) === "eq";
        const operands = mapList(terms.operands, (operand) =>
          isEquality ? hoist.outer(operand) : hoist.inner(operand),
        );
        return operands === terms.operands ? terms : { ...terms, operands };
      }
      case "every": {
        const domain = hoist.inner(terms.domain);
        return { ...terms, domain, body: hoistBody(terms.body, names) };
      }
      case "not":
        return { ...terms, body: hoistBody(terms.body, names) };
      case "and":
      case "or":
        return {
          ...terms,
          left: hoistBody(terms.left, names),
          right: hoistBody(terms.right, names),
        };
      case "some":
        return terms;
    }
  })();
  const last = rewritten === terms ? expr : { ...expr, terms: rewritten };
  return [...hoist.before, last];
}

class Hoist {
  readonly before: Expr[] = [];
  private readonly original: Expr;
  private readonly names: LocalNames;

  private readonly insides: Mapper = {
    term: (term) => this.inner(term),
    body: (body) => hoistBody(body, this.names),
  };

  constructor(original: Expr, names: LocalNames) {
    this.original = original;
    this.names = names;
  }

  /** A term that may stay a ref or a comprehension. */
  outer(term: Term): Term {
    switch (term.kind) {
      case "ref":
        return this.refKeys(term);
      case "arraycomprehension":
      case "setcomprehension":
      case "objectcomprehension":
        return { ...term, body: hoistBody(term.body, this.names) };
      default:
        return this.inner(term);
    }
  }

  private refKeys(ref: Extract<Term, { kind: "ref" }>): Term {
    const [head] = ref.value;
    const value = mapList(ref.value, (key) =>
      key === head ? key : this.inner(key),
    );
    return value === ref.value ? ref : { ...ref, value };
  }

  /** A term that becomes a variable or a value of such. */
  inner(term: Term): Term {
    switch (term.kind) {
      case "ref":
        return this.toLocal(this.refKeys(term));
      case "array":
      case "set":
      case "object":
        return mapTerm(term, this.insides);
      case "arraycomprehension":
      case "setcomprehension":
      case "objectcomprehension":
        return this.toLocal({
          ...term,
          body: hoistBody(term.body, this.names),
        });
      default:
        return term;
    }
  }

  private toLocal(term: Term): Term {
    const { expr, local } = assignLocal(this.names, term);
    const part = partOf(this.original)(expr);
    this.before.push({ ...part, with: this.original.with });
    this.names.subjects.set(local.value, term);
    return local;
  }
}
