import type {
  Body,
  Expr,
  ExprTerms,
  RefTerm,
  Rule,
  Term,
  With,
} from "../syntax/ast.ts";

/** How the parts of a node are made anew. */
export type Mapper = {
  readonly term: (term: Term) => Term;
  readonly body: (body: Body) => Body;
};

/** A list with its elements made anew; itself when none changed. */
function mapList<T>(list: readonly T[], map: (one: T) => T): readonly T[] {
  let mapped: T[] | undefined;
  for (let index = 0; index < list.length; index += 1) {
    const one = list[index] as T;
    const made = map(one);
    if (mapped) {
      mapped.push(made);
    } else if (made !== one) {
      mapped = list.slice(0, index);
      mapped.push(made);
    }
  }
  return mapped ?? list;
}

/** A term with its direct parts made anew; itself when none changed. */
export function mapTerm(term: Term, mapper: Mapper): Term {
  const { body, term: map } = mapper;
  switch (term.kind) {
    case "ref":
    case "array":
    case "set": {
      const value = mapList(term.value, map);
      return value === term.value ? term : { ...term, value };
    }
    case "object": {
      const value = mapList(term.value, (pair) => mapPair(pair, map));
      return value === term.value ? term : { ...term, value };
    }
    case "call":
      return mapCall(term, map);
    case "arraycomprehension":
    case "setcomprehension": {
      const inside = body(term.body);
      const head = map(term.term);
      return inside === term.body && head === term.term
        ? term
        : { ...term, term: head, body: inside };
    }
    case "objectcomprehension": {
      const inside = body(term.body);
      const [key, value] = [map(term.key), map(term.value)];
      return inside === term.body && key === term.key && value === term.value
        ? term
        : { ...term, key, value, body: inside };
    }
    case "templatestring": {
      const parts = mapList(term.parts, (part) =>
        "kind" in part ? map(part) : mapExpr(part, mapper),
      );
      return parts === term.parts ? term : { ...term, parts };
    }
    default:
      return term;
  }
}

function mapPair(
  pair: readonly [Term, Term],
  map: Mapper["term"],
): readonly [Term, Term] {
  const [key, value] = pair;
  const [mappedKey, mappedValue] = [map(key), map(value)];
  return mappedKey === key && mappedValue === value
    ? pair
    : [mappedKey, mappedValue];
}

type Call = { readonly operator: RefTerm; readonly operands: readonly Term[] };

/** A call keeps its operator where that would become something else than a ref. */
function mapCall<T extends Call>(call: T, map: Mapper["term"]): T {
  const made = map(call.operator);
  const operator = made.kind === "ref" ? made : call.operator;
  const operands = mapList(call.operands, map);
  return operator === call.operator && operands === call.operands
    ? call
    : { ...call, operator, operands };
}

/** An expression with its direct parts made anew; itself when none changed. */
export function mapExpr(expr: Expr, mapper: Mapper): Expr {
  const terms = mapTerms(expr.terms, mapper);
  const modifiers = mapList(expr.with, (modifier) => mapWith(modifier, mapper));
  return terms === expr.terms && modifiers === expr.with
    ? expr
    : { ...expr, terms, with: modifiers };
}

function mapWith(modifier: With, { term }: Mapper): With {
  const [target, value] = [term(modifier.target), term(modifier.value)];
  return target === modifier.target && value === modifier.value
    ? modifier
    : { ...modifier, target, value };
}

function mapTerms(terms: ExprTerms, { body, term }: Mapper): ExprTerms {
  switch (terms.kind) {
    case "term": {
      const made = term(terms.term);
      return made === terms.term ? terms : { ...terms, term: made };
    }
    case "call":
      return mapCall(terms, term);
    case "some": {
      const symbols = mapList(terms.symbols, term);
      return symbols === terms.symbols ? terms : { ...terms, symbols };
    }
    case "every":
      return {
        ...terms,
        key: terms.key && term(terms.key),
        value: term(terms.value),
        domain: term(terms.domain),
        body: body(terms.body),
      };
    case "not": {
      const inside = body(terms.body);
      return inside === terms.body ? terms : { ...terms, body: inside };
    }
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
