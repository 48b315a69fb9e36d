import type { Body, Expr, ExprTerms, Term } from "../syntax/ast.ts";

/** Calls `visit` for the terms directly inside a term, closures excluded. */
export function childTerms(term: Term): readonly Term[] {
  switch (term.kind) {
    case "ref":
    case "array":
    case "set":
      return term.value;
    case "object":
      return term.value.flat();
    case "call":
      return term.operands;
    case "templatestring":
      return term.parts.flatMap((part) =>
        "kind" in part ? [] : exprTerms(part.terms),
      );
    default:
      return [];
  }
}

/** The terms of an expression itself, `with` values not included. */
function exprTerms(terms: ExprTerms): readonly Term[] {
  switch (terms.kind) {
    case "term":
      return [terms.term];
    case "call":
      return terms.operands;
    case "some":
      return terms.symbols;
    case "every":
      return [terms.domain];
    default:
      return [];
  }
}

/** A body that sees the variables around it but keeps its own. */
export type Closure = {
  readonly body: Body;
  /** Terms evaluated with the body's variables: a comprehension's head. */
  readonly heads: readonly Term[];
  /** Variables bound before the body runs: those of `every`. */
  readonly bound: readonly Term[];
};

export function closureOf(term: Term): Closure | undefined {
  switch (term.kind) {
    case "arraycomprehension":
    case "setcomprehension":
      return { body: term.body, heads: [term.term], bound: [] };
    case "objectcomprehension":
      return { body: term.body, heads: [term.key, term.value], bound: [] };
    default:
      return undefined;
  }
}

export function exprClosures(terms: ExprTerms): readonly Closure[] {
  switch (terms.kind) {
    case "every":
      return [
        {
          body: terms.body,
          heads: [],
          bound: terms.key ? [terms.key, terms.value] : [terms.value],
        },
      ];
    case "not":
      return [{ body: terms.body, heads: [], bound: [] }];
    case "and":
    case "or":
      return [
        { body: terms.left, heads: [], bound: [] },
        { body: terms.right, heads: [], bound: [] },
      ];
    default:
      return [];
  }
}

export function isRootVar(name: string): boolean {
  return name === "data" || name === "input";
}

/** Variables of a term outside its closures, into `found`. */
export function addOpenVars(term: Term, found: Set<string>): void {
  if (term.kind === "var") {
    if (!isRootVar(term.value)) {
      found.add(term.value);
    }
    return;
  }
  for (const child of childTerms(term)) {
    addOpenVars(child, found);
  }
}

/** Variables of a term anywhere, closures included. */
function addAllVars(term: Term, found: Set<string>): void {
  addOpenVars(term, found);
  for (const closure of closuresIn(term)) {
    addClosureVars(closure, found);
  }
}

/** Closures at any depth of a term, not those inside closures. */
function closuresIn(term: Term): readonly Closure[] {
  const own = closureOf(term);
  return own ? [own] : childTerms(term).flatMap(closuresIn);
}

export function addClosureVars(closure: Closure, found: Set<string>): void {
  for (const term of [...closure.heads, ...closure.bound]) {
    addAllVars(term, found);
  }
  for (const expr of closure.body) {
    addExprVars(expr, found);
  }
}

/** All variables of an expression, closures and `with` included. */
function addExprVars(expr: Expr, found: Set<string>): void {
  for (const term of openTerms(expr)) {
    addAllVars(term, found);
  }
  for (const closure of exprClosures(expr.terms)) {
    addClosureVars(closure, found);
  }
}

/** The terms an expression evaluates in the surrounding scope. */
export function openTerms(expr: Expr): readonly Term[] {
  const values = expr.with.filter(({ isBuiltin }) => !isBuiltin);
  return [...exprTerms(expr.terms), ...values.map(({ value }) => value)];
}

/** Every closure of an expression. */
export function allClosures(expr: Expr): readonly Closure[] {
  return [...exprClosures(expr.terms), ...openTerms(expr).flatMap(closuresIn)];
}
