import type { Body, Expr, ExprTerms, Term } from "../syntax/ast.ts";
import { bodiesOf } from "../syntax/expr-parts.ts";
import { mapExpr, mapTerm } from "./map.ts";
import { operatorName } from "./operator-name.ts";
import {
  type Arity,
  bodyOutputs,
  equalityOutputs,
  exprOutputs,
} from "./output-vars.ts";
import {
  addBodyVars,
  addExprVars,
  addTermVars,
  bodyVars,
  difference,
  isSubset,
  safetyParams,
  type VarParams,
} from "./vars.ts";

type Vars = ReadonlySet<string>;

/** Expressions with the variables that nothing binds for them. */
export type UnsafeVars = Map<Expr, Set<string>>;

/**
 * A body in an order in which every variable is bound before it is needed, the
 * closures inside included; or what is unsafe. As OPA does it, an expression
 * moves only as far as it must.
 */
export function orderBody(
  body: Body,
  arity: Arity,
  globals: Vars,
): { readonly body: Body; readonly unsafe: UnsafeVars } {
  const params = orderParams(arity);
  const all = bodyVars(body, params);
  const safe = new Set([...all].filter((name) => globals.has(name)));
  const unsafe: UnsafeVars = new Map();
  for (const expr of body) {
    const found = new Set<string>();
    addExprVars(expr, found, params);
    const open = difference(found, safe);
    if (open.size > 0) {
      unsafe.set(expr, open);
    }
  }
  const ordered = order({ body, arity, globals, all, safe, unsafe });
  return { body: orderClosures({ ordered, arity, globals, unsafe }), unsafe };
}

type Ordering = {
  readonly body: Body;
  readonly arity: Arity;
  readonly globals: Vars;
  /** Every variable of the body itself. */
  readonly all: Vars;
  /** Variables bound so far. */
  readonly safe: Set<string>;
  readonly unsafe: UnsafeVars;
};

function order(ordering: Ordering): Expr[] {
  const ordered: Expr[] = [];
  const waiting = new Set(ordering.body);
  for (;;) {
    const before = ordered.length;
    for (const expr of waiting) {
      const outputs = outputsInPlace(expr, ordered, ordering);
      if (outputs) {
        waiting.delete(expr);
        ordered.push(expr);
        for (const name of outputs) {
          ordering.safe.add(name);
        }
      }
    }
    if (ordered.length === before) {
      return ordered;
    }
  }
}

/** What an expression binds if it can follow those before; else undefined. */
function outputsInPlace(
  expr: Expr,
  before: readonly Expr[],
  { arity, globals, all, safe, unsafe }: Ordering,
): Set<string> | undefined {
  const outputs = exprOutputs(expr, arity, safe);
  const shared = sharedVars(expr, all, globals);
  if (shared.size > 0) {
    const bound = bodyOutputs(before, arity, safe);
    const missing = difference(shared, bound);
    if (missing.size > 0) {
      if (isEqual(missing, outputs)) {
        return undefined;
      }
      // What else was unsafe is forgotten, as by OPA: an expression whose
      // closures use variables of the body may hold a wildcard under `not`.
      unsafe.set(expr, missing);
    }
  }
  const open = [...(unsafe.get(expr) ?? [])].filter(
    (name) => !outputs.has(name) && !safe.has(name),
  );
  if (open.length > 0) {
    unsafe.set(expr, new Set(open));
    return undefined;
  }
  unsafe.delete(expr);
  return outputs;
}

function isEqual(one: Vars, other: Vars): boolean {
  return one.size === other.size && isSubset(one, other);
}

/** Of the variables of an expression's closures those that the body shares. */
function sharedVars(expr: Expr, all: Vars, globals: Vars): Set<string> {
  const found = new Set<string>();
  addClosureVars(expr, found);
  for (const name of found) {
    if (!all.has(name) || globals.has(name)) {
      found.delete(name);
    }
  }
  return found;
}

function addClosureVars(expr: Expr, found: Set<string>): void {
  const { terms } = expr;
  for (const body of bodiesOf(terms)) {
    addBodyVars(body, found);
  }
  if (terms.kind === "not" || terms.kind === "and" || terms.kind === "or") {
    for (const { target, value } of expr.with) {
      addTermClosures(target, found);
      addTermClosures(value, found);
    }
    return;
  }
  mapExpr(expr, {
    term: (term) => addTermClosures(term, found),
    body: (body) => body,
  });
}

function addTermClosures(term: Term, found: Set<string>): Term {
  if (
    term.kind === "arraycomprehension" ||
    term.kind === "setcomprehension" ||
    term.kind === "objectcomprehension"
  ) {
    addTermVars(term, found);
    return term;
  }
  return mapTerm(term, {
    term: (inner) => addTermClosures(inner, found),
    body: (body) => body,
  });
}

/** Sees through the operands of `not`, `and` and `or` that have no braces. */
function orderParams(arity: Arity): VarParams {
  return {
    ...safetyParams,
    closure: (terms, found) => {
      for (const body of implicitBodies(terms)) {
        for (const name of unboundInside(body, arity)) {
          found.add(name);
        }
      }
      return true;
    },
  };
}

function implicitBodies(terms: ExprTerms): readonly Body[] {
  switch (terms.kind) {
    case "not":
      return terms.explicit ? [] : [terms.body];
    case "and":
    case "or":
      return [
        ...(terms.explicitLeft ? [] : [terms.left]),
        ...(terms.explicitRight ? [] : [terms.right]),
      ];
    default:
      return [];
  }
}

/** Variables that the operand's own expressions do not bind for one another. */
function unboundInside(body: Body, arity: Arity): Set<string> {
  const uses = new Map<string, number>();
  for (const expr of body) {
    const found = new Set<string>();
    addExprVars(expr, found, safetyParams);
    for (const name of found) {
      uses.set(name, (uses.get(name) ?? 0) + 1);
    }
  }
  if (body.length === 1) {
    return new Set(uses.keys());
  }
  const bound = new Set<string>();
  for (const expr of body) {
    for (const name of bindings(expr, arity)) {
      bound.add(name);
    }
  }
  return new Set(
    [...uses]
      .filter(([name, count]) => !bound.has(name) || count === 1)
      .map(([name]) => name),
  );
}

function bindings(expr: Expr, arity: Arity): Set<string> {
  const { terms } = expr;
  if (terms.kind !== "call") {
    return new Set();
  }
  if (operatorName(terms.operator) === "eq") {
    return equalityOutputs(expr, terms.operands, new Set());
  }
  const count = arity(terms.operator);
  const found = new Set<string>();
  for (const term of count === undefined ? [] : terms.operands.slice(count)) {
    addTermVars(term, found, {
      skipClosures: true,
      skipSets: true,
      skipObjectKeys: true,
      skipRefHead: true,
    });
  }
  return found;
}

type Ordered = {
  readonly ordered: readonly Expr[];
  readonly arity: Arity;
  readonly globals: Vars;
  readonly unsafe: UnsafeVars;
};

/** Orders the closures; each sees what the expressions before it bind. */
function orderClosures({ ordered, arity, globals, unsafe }: Ordered): Body {
  const params = orderParams(arity);
  const known = new Set(globals);
  return ordered.map((expr, index) => {
    const inner = new ClosureOrder(expr, arity, known, unsafe).expr(expr);
    addExprVars(expr, known, params);
    return inner.index === index ? inner : { ...inner, index };
  });
}

class ClosureOrder {
  private readonly current: Expr;
  private readonly arity: Arity;
  private readonly globals: Set<string>;
  private readonly unsafe: UnsafeVars;

  constructor(
    current: Expr,
    arity: Arity,
    globals: Set<string>,
    unsafe: UnsafeVars,
  ) {
    this.current = current;
    this.arity = arity;
    this.globals = globals;
    this.unsafe = unsafe;
  }

  expr(expr: Expr): Expr {
    const { terms } = expr;
    switch (terms.kind) {
      case "every": {
        for (const term of [terms.key, terms.value]) {
          if (term) {
            addTermVars(term, this.globals);
          }
        }
        const body = this.inside(terms.body, new Set());
        return { ...expr, terms: { ...terms, body } };
      }
      case "not":
        return {
          ...expr,
          terms: { ...terms, body: this.inside(terms.body, new Set()) },
        };
      case "and":
      case "or": {
        const left = this.inside(terms.left, new Set());
        const right = this.inside(terms.right, new Set());
        return { ...expr, terms: { ...terms, left, right } };
      }
      default:
        return mapExpr(expr, {
          term: (term) => this.term(term),
          body: (body) => body,
        });
    }
  }

  private term(term: Term): Term {
    switch (term.kind) {
      case "arraycomprehension":
      case "setcomprehension": {
        const heads = new Set<string>();
        addTermVars(term.term, heads);
        return { ...term, body: this.inside(term.body, heads) };
      }
      case "objectcomprehension": {
        const heads = new Set<string>();
        addTermVars(term.key, heads);
        addTermVars(term.value, heads);
        return { ...term, body: this.inside(term.body, heads) };
      }
      default:
        return mapTerm(term, {
          term: (inner) => this.term(inner),
          body: (body) => body,
        });
    }
  }

  /** A closure's body; its head's variables must be bound in it or outside. */
  private inside(body: Body, heads: Vars): Body {
    const bound = bodyVars(body, orderParams(this.arity));
    for (const name of heads) {
      if (!bound.has(name) && !this.globals.has(name)) {
        this.add(this.current, [name]);
      }
    }
    const found = orderBody(body, this.arity, this.globals);
    if (found.unsafe.size === 0) {
      return found.body;
    }
    for (const [expr, names] of found.unsafe) {
      this.add(expr, names);
    }
    return body;
  }

  private add(expr: Expr, names: Iterable<string>): void {
    const known = this.unsafe.get(expr) ?? new Set();
    for (const name of names) {
      known.add(name);
    }
    this.unsafe.set(expr, known);
  }
}
