import type { Body, Expr, ExprTerms, Rule, Term, With } from "../syntax/ast.ts";

/** How the parts of a node are made anew. */
export type Mapper = {
  readonly term: (term: Term) => Term;
  readonly body: (body: Body) => Body;
};

/** A term with its direct parts made anew. */
export function mapTerm(term: Term, mapper: Mapper): Term {
  const { body, term: map } = mapper;
  switch (term.kind) {
    case "ref":
    case "array":
    case "set":
      return { ...term, value: term.value.map(map) };
    case "object":
      return {
        ...term,
        value: term.value.map(
          ([key, value]) => [map(key), map(value)] as const,
        ),
      };
    case "call": {
      const operator = map(term.operator);
      return {
        ...term,
        operator: operator.kind === "ref" ? operator : term.operator,
        operands: term.operands.map(map),
      };
    }
    case "arraycomprehension":
    case "setcomprehension": {
      const inside = body(term.body);
      return { ...term, term: map(term.term), body: inside };
    }
    case "objectcomprehension": {
      const inside = body(term.body);
      return {
        ...term,
        key: map(term.key),
        value: map(term.value),
        body: inside,
      };
    }
    case "templatestring":
      return {
        ...term,
        parts: term.parts.map((part) =>
          "kind" in part ? map(part) : mapExpr(part, mapper),
        ),
      };
    default:
      return term;
  }
}

/** An expression with its direct parts made anew. */
export function mapExpr(expr: Expr, mapper: Mapper): Expr {
  return {
    ...expr,
    terms: mapTerms(expr.terms, mapper),
    with: expr.with.map((modifier) => mapWith(modifier, mapper)),
  };
}

function mapWith(modifier: With, { term }: Mapper): With {
  return {
    ...modifier,
    target: term(modifier.target),
    value: term(modifier.value),
  };
}

function mapTerms(terms: ExprTerms, { body, term }: Mapper): ExprTerms {
  switch (terms.kind) {
    case "term":
      return { ...terms, term: term(terms.term) };
    case "call": {
      const operator = term(terms.operator);
      return {
        ...terms,
        operator: operator.kind === "ref" ? operator : terms.operator,
        operands: terms.operands.map(term),
      };
    }
    case "some":
      return { ...terms, symbols: terms.symbols.map(term) };
    case "every":
      return {
        ...terms,
        key: terms.key && term(terms.key),
        value: term(terms.value),
        domain: term(terms.domain),
        body: body(terms.body),
      };
    case "not":
      return { ...terms, body: body(terms.body) };
    case "and":
    case "or":
      return { ...terms, left: body(terms.left), right: body(terms.right) };
  }
}

/** Calls `visit` for every expression of a body, those of closures included. */
export function visitExprs(body: Body, visit: (expr: Expr) => void): void {
  for (const expr of body) {
    visit(expr);
    visitInside(expr, visit);
  }
}

function visitInside(expr: Expr, visit: (expr: Expr) => void): void {
  mapExpr(expr, visitor(visit));
}

/** Calls `visit` for every expression inside a term. */
export function visitTermExprs(term: Term, visit: (expr: Expr) => void): void {
  mapTerm(term, visitor(visit));
}

function visitor(visit: (expr: Expr) => void): Mapper {
  const mapper: Mapper = {
    term: (term) => {
      mapTerm(term, mapper);
      return term;
    },
    body: (body) => {
      visitExprs(body, visit);
      return body;
    },
  };
  return mapper;
}

/** Calls `visit` for every term of a body at any depth. */
export function visitTerms(body: Body, visit: (term: Term) => void): void {
  for (const expr of body) {
    mapExpr(expr, termVisitor(visit));
  }
}

/** Calls `visit` for a term and every term inside it. */
export function visitTerm(term: Term, visit: (term: Term) => void): void {
  visit(term);
  mapTerm(term, termVisitor(visit));
}

function termVisitor(visit: (term: Term) => void): Mapper {
  return {
    term: (term) => {
      visitTerm(term, visit);
      return term;
    },
    body: (body) => {
      visitTerms(body, visit);
      return body;
    },
  };
}

/** The terms of a rule's head that are computed. */
export function headTerms({ head }: Rule): readonly Term[] {
  return [
    ...head.args,
    ...head.ref.value.slice(1),
    ...(head.key ? [head.key] : []),
    ...(head.value ? [head.value] : []),
  ];
}

/** A rule and its else rules, in order. */
export function elseChain(rule: Rule): readonly Rule[] {
  return rule.else ? [rule, ...elseChain(rule.else)] : [rule];
}

/** A rule and its else rules, each made anew. */
export function mapChain(rule: Rule, map: (rule: Rule) => Rule): Rule {
  const mapped = map(rule);
  return rule.else ? { ...mapped, else: mapChain(rule.else, map) } : mapped;
}

/** True for null, a boolean, a number or a string. */
export function isScalar({ kind }: Term): boolean {
  return (
    kind === "null" ||
    kind === "boolean" ||
    kind === "number" ||
    kind === "string"
  );
}

/** True for a term that must be evaluated: it has a ref or a comprehension. */
export function requiresEval(term: Term): boolean {
  let found = false;
  visitTerm(term, ({ kind }) => {
    found ||=
      kind === "ref" ||
      kind === "arraycomprehension" ||
      kind === "setcomprehension" ||
      kind === "objectcomprehension";
  });
  return found;
}

/** A body with expressions added; a lone `true` gives way to them. */
export function appendToBody(body: Body, exprs: readonly Expr[]): Body {
  if (exprs.length === 0) {
    return body;
  }
  const all = isTrueBody(body) ? exprs : [...body, ...exprs];
  return all.map((expr, index) =>
    expr.index === index ? expr : { ...expr, index },
  );
}

function isTrueBody([first, ...rest]: Body): boolean {
  return (
    rest.length === 0 &&
    first?.terms.kind === "term" &&
    first.terms.term.kind === "boolean" &&
    first.terms.term.value
  );
}
