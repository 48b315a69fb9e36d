import type {
  Body,
  Expr,
  ExprTerms,
  Module,
  Rule,
  Term,
  With,
} from "../syntax/ast.ts";

/** How the parts of a node are made anew. */
export type Mapper = {
  readonly term: (term: Term) => Term;
  readonly body: (body: Body) => Body;
};

/**
 * The list with each item made anew; the list itself when every item came back
 * as it was. Most passes change little of a tree: what they leave is shared.
 */
export function mapList<T>(
  items: readonly T[],
  map: (item: T) => T,
): readonly T[] {
  let changed: T[] | undefined;
  for (let index = 0; index < items.length; index += 1) {
    const item = items[index] as T;
    const made = map(item);
    if (changed) {
      changed.push(made);
    } else if (made !== item) {
      changed = items.slice(0, index);
      changed.push(made);
    }
  }
  return changed ?? items;
}

type Composite<K extends Term["kind"]> = Extract<Term, { kind: K }>;

/** A term with its direct parts made anew; the term itself when none changed. */
export function mapTerm(term: Term, mapper: Mapper): Term {
  switch (term.kind) {
    case "ref":
    case "array":
    case "set": {
      const value = mapList(term.value, mapper.term);
      return value === term.value ? term : { ...term, value };
    }
    case "object":
      return mapObject(term, mapper);
    case "call":
      return mapCall(term, mapper);
    case "arraycomprehension":
    case "setcomprehension":
    case "objectcomprehension":
      return mapComprehension(term, mapper);
    case "templatestring": {
      const parts = mapList(term.parts, (part) =>
        "kind" in part ? mapper.term(part) : mapExpr(part, mapper),
      );
      return parts === term.parts ? term : { ...term, parts };
    }
    default:
      return term;
  }
}

function mapObject(term: Composite<"object">, { term: map }: Mapper): Term {
  const members = mapList(term.value, (member) => {
    const [key, value] = member;
    const newKey = map(key);
    const newValue = map(value);
    return newKey === key && newValue === value
      ? member
      : ([newKey, newValue] as const);
  });
  return members === term.value ? term : { ...term, value: members };
}

function mapCall<T extends Call>(call: T, { term: map }: Mapper): T {
  const made = map(call.operator);
  const operator = made.kind === "ref" ? made : call.operator;
  const operands = mapList(call.operands, map);
  return operator === call.operator && operands === call.operands
    ? call
    : { ...call, operator, operands };
}

type Call = {
  readonly operator: Composite<"ref">;
  readonly operands: readonly Term[];
};

function mapComprehension(
  term: Composite<
    "arraycomprehension" | "setcomprehension" | "objectcomprehension"
  >,
  mapper: Mapper,
): Term {
  // The body first: what it renames, the head uses.
  const body = mapper.body(term.body);
  if (term.kind === "objectcomprehension") {
    const key = mapper.term(term.key);
    const value = mapper.term(term.value);
    return body === term.body && key === term.key && value === term.value
      ? term
      : { ...term, key, value, body };
  }
  const head = mapper.term(term.term);
  return body === term.body && head === term.term
    ? term
    : { ...term, term: head, body };
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
  const target = term(modifier.target);
  const value = term(modifier.value);
  return target === modifier.target && value === modifier.value
    ? modifier
    : { ...modifier, target, value };
}

/** What an expression consists of with its direct parts made anew; itself when none changed. */
export function mapTerms(terms: ExprTerms, mapper: Mapper): ExprTerms {
  switch (terms.kind) {
    case "term": {
      const term = mapper.term(terms.term);
      return term === terms.term ? terms : { ...terms, term };
    }
    case "call":
      return mapCall(terms, mapper);
    case "some": {
      const symbols = mapList(terms.symbols, mapper.term);
      return symbols === terms.symbols ? terms : { ...terms, symbols };
    }
    case "every":
      return mapEvery(terms, mapper);
    case "not": {
      const body = mapper.body(terms.body);
      return body === terms.body ? terms : { ...terms, body };
    }
    case "and":
    case "or": {
      const left = mapper.body(terms.left);
      const right = mapper.body(terms.right);
      return left === terms.left && right === terms.right
        ? terms
        : { ...terms, left, right };
    }
  }
}

function mapEvery(
  terms: Extract<ExprTerms, { kind: "every" }>,
  mapper: Mapper,
): ExprTerms {
  const key = terms.key && mapper.term(terms.key);
  const value = mapper.term(terms.value);
  const domain = mapper.term(terms.domain);
  const body = mapper.body(terms.body);
  return key === terms.key &&
    value === terms.value &&
    domain === terms.domain &&
    body === terms.body
    ? terms
    : { ...terms, key, value, domain, body };
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
  termVisitor(visit).body(body);
}

/** Calls `visit` for a term and every term inside it. */
export function visitTerm(term: Term, visit: (term: Term) => void): void {
  termVisitor(visit).term(term);
}

function termVisitor(visit: (term: Term) => void): Mapper {
  const mapper: Mapper = {
    term: (term) => {
      visit(term);
      return mapTerm(term, mapper);
    },
    body: (body) => mapList(body, (expr) => mapExpr(expr, mapper)),
  };
  return mapper;
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
  if (!rule.else) {
    return mapped;
  }
  const rest = mapChain(rule.else, map);
  return mapped === rule && rest === rule.else
    ? rule
    : { ...mapped, else: rest };
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

/** What passes change of a rule. */
type RuleParts = {
  readonly body: Body;
  readonly args?: readonly Term[];
  readonly key: Term | undefined;
  readonly value: Term | undefined;
};

/** A rule with other parts; the rule itself when they are the same. */
export function withParts(rule: Rule, parts: RuleParts): Rule {
  const { head } = rule;
  const { body, args = head.args, key, value } = parts;
  if (args !== head.args || key !== head.key || value !== head.value) {
    return { ...rule, body, head: { ...head, args, key, value } };
  }
  return body === rule.body ? rule : { ...rule, body };
}

/**
 * Maps every rule of the modules and its else rules; what does not change is
 * shared. Modules with none of the tokens are left as they are.
 */
export function mapRules(
  modules: readonly Module[],
  map: (rule: Rule, module: Module) => Rule,
  tokens?: readonly string[],
): readonly Module[] {
  return mapList(modules, (module) => {
    if (tokens && !hasAny(module, tokens)) {
      return module;
    }
    const rules = mapList(module.rules, (rule) =>
      mapChain(rule, (one) => map(one, module)),
    );
    return rules === module.rules ? module : { ...module, rules };
  });
}

/** Whether a module's text has one of the tokens. */
export function hasAny(module: Module, tokens: readonly string[]): boolean {
  return tokens.some((token) => module.tokens.has(token));
}

/** Whether two lists hold the same things in the same places. */
export function isSameList<T>(one: readonly T[], other: readonly T[]): boolean {
  return (
    one.length === other.length &&
    one.every((item, index) => item === other[index])
  );
}

/** A body whose expressions have their places as indices. */
export function renumber(body: Body): Body {
  return body.every((expr, index) => expr.index === index)
    ? body
    : body.map((expr, index) =>
        expr.index === index ? expr : { ...expr, index },
      );
}

/** A body with expressions added; a lone `true` gives way to them. */
export function appendToBody(body: Body, exprs: readonly Expr[]): Body {
  if (exprs.length === 0) {
    return body;
  }
  return renumber(isTrueBody(body) ? exprs : [...body, ...exprs]);
}

function isTrueBody([first, ...rest]: Body): boolean {
  return (
    rest.length === 0 &&
    first?.terms.kind === "term" &&
    first.terms.term.kind === "boolean" &&
    first.terms.term.value
  );
}
