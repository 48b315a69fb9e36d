import { PolicyError } from "../error.ts";
import type { Location } from "../source.ts";
import type { Body, Expr, ExprTerms, Rule, Term } from "../syntax/ast.ts";
import { operatorRef } from "../syntax/parser-state.ts";
import { printRef } from "../syntax/print.ts";
import { checkUnused } from "./check-unused.ts";
import { DeclaredNames, type Occurrence } from "./declared-names.ts";
import { isScalar, mapExpr, mapTerm, visitExprs } from "./map.ts";
import { operatorName } from "./operator-name.ts";
import { equalityOutputs } from "./output-vars.ts";
import { declaredVars } from "./resolve-refs.ts";
import type { Report, State } from "./state.ts";
import { addTermVars, bodyVars, termVars } from "./vars.ts";

/**
 * Gives every declared variable a name of its own, turns `:=` into `=` and
 * `some … in` into a ref, and reports what is declared twice or never used.
 */
export function rewriteLocals(state: State): void {
  state.modules = state.modules.map((module) => ({
    ...module,
    rules: module.rules.map((rule) => rewriteRule(rule, state)),
  }));
}

/** The same for the body of a query; its names are the query's own. */
export function rewriteQueryLocals(body: Body, state: State): Body {
  const names = new DeclaredNames(state.names);
  return new LocalsRewriter(names, state).declaring(body, new Set());
}

function rewriteRule(rule: Rule, state: State): Rule {
  const names = new DeclaredNames(state.names);
  const unused = new Set<string>();
  if (state.strict) {
    for (const arg of rule.head.args) {
      addTermVars(arg, unused);
    }
  }
  const rewriter = new LocalsRewriter(names, state);
  const args = rule.head.args.map((arg) => rewriter.argument(arg));
  const rewritten = rewriteLink(rule, { args, names, unused, state });
  for (const name of unused) {
    if (!name.startsWith("$")) {
      const { location } = rule.head;
      const message = `unused argument ${name}. (hint: use _ (wildcard variable) instead)`;
      state.report(
        new PolicyError("rego_compile_error", message, { location }),
      );
    }
  }
  return rewritten;
}

type RuleNames = {
  readonly args: readonly Term[];
  readonly names: DeclaredNames;
  /** Arguments that no link has used yet. */
  readonly unused: Set<string>;
  readonly state: State;
};

/** One rule, then its else rules with the same arguments. */
function rewriteLink(rule: Rule, shared: RuleNames): Rule {
  const { args, state, unused } = shared;
  const head = rewriteNestedHead(rule, state);
  const used = new Set<string>();
  for (const term of [...head.ref.value.slice(1), head.key]) {
    if (term && !isScalar(term)) {
      addTermVars(term, used);
    }
  }
  if (head.value && !isScalar(head.value)) {
    for (const name of termVars(head.value)) {
      used.add(name);
      unused.delete(name);
    }
  }
  const names = shared.names.copy();
  shadowBuiltins(rule, names, state);
  const body = new LocalsRewriter(names, state).declaring(rule.body, used);
  const rename = (term: Term): Term => renameVars(term, names.inner.locals);
  for (const name of [...unused]) {
    if (names.count(name) > 1) {
      unused.delete(name);
    }
  }
  const [name, ...keys] = head.ref.value;
  return {
    ...rule,
    body,
    head: {
      ...head,
      args: args.map(rename),
      ref: {
        ...head.ref,
        value: [...(name ? [name] : []), ...keys.map(rename)],
      },
      key: head.key && rename(head.key),
      value: head.value && rename(head.value),
    },
    else: rule.else && rewriteLink(rule.else, shared),
  };
}

/** What comprehensions in the head declare is theirs alone. */
function rewriteNestedHead({ head }: Rule, state: State): Rule["head"] {
  const nested = (term: Term): Term => {
    switch (term.kind) {
      case "arraycomprehension":
      case "setcomprehension":
      case "objectcomprehension":
        return new LocalsRewriter(new DeclaredNames(state.names), state).term(
          term,
        );
      case "var":
        return term;
      default:
        return mapTerm(term, { term: nested, body: (body) => body });
    }
  };
  return {
    ...head,
    key: head.key && nested(head.key),
    value: head.value && nested(head.value),
  };
}

/** A variable with the name of a builtin gets a local, so that it is none. */
function shadowBuiltins(
  rule: Rule,
  names: DeclaredNames,
  { builtins, names: locals }: State,
): void {
  const declared = declaredVars(rule.body);
  const modified = new Set<string>();
  const addWith = ({ with: modifiers }: Expr): void => {
    for (const { target, value } of modifiers) {
      addTermVars(target, modified);
      addTermVars(value, modified);
    }
  };
  visitExprs(rule.body, addWith);
  const found = bodyVars(rule.body, {
    skipRefCallHead: true,
    skipClosures: true,
  });
  for (const name of [...found].sort()) {
    if (
      builtins.has(name) &&
      !declared.has(name) &&
      !modified.has(name) &&
      names.local(name) === undefined
    ) {
      names.insert(name, locals.fresh(), "seen");
    }
  }
}

function renameVars(term: Term, locals: ReadonlyMap<string, string>): Term {
  if (term.kind === "var") {
    const local = locals.get(term.value);
    return local === undefined ? term : { ...term, value: local };
  }
  const rename = (inner: Term): Term => renameVars(inner, locals);
  const mapper = {
    term: rename,
    body: (body: Body): Body => body.map((expr) => mapExpr(expr, mapper)),
  };
  return mapTerm(term, mapper);
}

const occurred: Readonly<Record<Occurrence, string>> = {
  seen: "referenced above",
  assigned: "assigned above",
  declared: "declared above",
  arg: "redeclared",
};

/** Rewrites bodies and terms in the scopes of `names`. */
class LocalsRewriter {
  private readonly names: DeclaredNames;
  private readonly state: State;
  private readonly report: Report;
  private errors = 0;

  constructor(names: DeclaredNames, state: State) {
    this.names = names;
    this.state = state;
    this.report = (error) => {
      this.errors += 1;
      state.report(error);
    };
  }

  /** A body that declares names; `used` are those that its head needs. */
  declaring(body: Body, used: ReadonlySet<string>): Body {
    const found: Expr[] = [];
    for (const expr of body) {
      const rewritten = this.statement(expr);
      if (rewritten) {
        found.push(rewritten);
      }
    }
    const [first] = body;
    const rewritten: Body =
      found.length === 0 && first ? [trueExpr(first.location)] : found;
    if (this.errors === 0) {
      const { strict } = this.state;
      checkUnused({ body, rewritten, used, strict }, this.names, this.report);
    }
    return rewritten.map((expr, index) => ({ ...expr, index }));
  }

  private statement(expr: Expr): Expr | undefined {
    const { terms } = expr;
    switch (terms.kind) {
      case "call":
        return operatorName(terms.operator) === "assign"
          ? this.assignment(expr, terms.operands)
          : this.expr(expr);
      case "some":
        return this.some(expr, terms.symbols);
      case "every":
        return this.every(expr, terms);
      case "not":
      case "and":
      case "or":
        this.checkImplicit(expr);
        return this.expr(expr);
      case "term":
        return this.expr(expr);
    }
  }

  private fail(message: string, location: Location): void {
    this.report(new PolicyError("rego_compile_error", message, { location }));
  }

  /** The local of a name declared here; undefined, with a report, if it cannot be. */
  private declare(
    name: string,
    occurrence: Occurrence,
    location: Location,
  ): string | undefined {
    const before = this.names.occurrence(name);
    if (before !== undefined) {
      const noun = before === "arg" ? "arg" : "var";
      this.fail(`${noun} ${name} ${occurred[before]}`, location);
      return undefined;
    }
    const local = this.state.names.fresh();
    this.names.insert(name, local, occurrence);
    return local;
  }

  private assignment(expr: Expr, operands: readonly Term[]): Expr {
    if (expr.negated) {
      this.fail("cannot assign vars inside negated expression", expr.location);
      return expr;
    }
    const [left, right] = operands;
    if (
      !left ||
      !right ||
      operands.length !== 2 ||
      expr.terms.kind !== "call"
    ) {
      return expr;
    }
    const value = this.term(right);
    const modifiers = expr.with.map((one) => ({
      ...one,
      value: this.term(one.value),
    }));
    const pattern = this.pattern(left);
    const { location } = expr.terms.operator;
    return {
      ...expr,
      assigned: true,
      terms: {
        kind: "call",
        operator: operatorRef("eq", location),
        operands: [pattern, value],
      },
      with: modifiers,
    };
  }

  /** The left side of `:=`: every variable in it is declared. */
  private pattern(term: Term): Term {
    switch (term.kind) {
      case "var": {
        const local = this.declare(term.value, "assigned", term.location);
        return local === undefined ? term : { ...term, value: local };
      }
      case "array":
        return { ...term, value: term.value.map((item) => this.pattern(item)) };
      case "object":
        return {
          ...term,
          value: term.value.map(
            ([key, value]) => [key, this.pattern(value)] as const,
          ),
        };
      case "ref": {
        const [head] = term.value;
        if (term.value.length === 1 && head?.kind === "var") {
          const local = this.declare(head.value, "assigned", term.location);
          return local === undefined ? term : { ...head, value: local };
        }
        this.fail("cannot assign to ref", term.location);
        return term;
      }
      default:
        this.fail(`cannot assign to ${term.kind}`, term.location);
        return term;
    }
  }

  /** `some x` declares; `some k, v in xs` also becomes `v = xs[k]`. */
  private some(expr: Expr, symbols: readonly Term[]): Expr | undefined {
    const [first] = symbols;
    const place =
      expr.terms.kind === "some" ? expr.terms.location : expr.location;
    if (first?.kind !== "call") {
      for (const symbol of symbols) {
        if (symbol.kind === "var") {
          this.declare(symbol.value, "declared", place);
        }
      }
      return undefined;
    }
    const [container, value, key] = first.operands.toReversed() as [
      Term,
      Term,
      Term?,
    ];
    const { location } = expr;
    const last: Term = key ?? {
      kind: "var",
      value: this.state.names.fresh(),
      location,
    };
    const element: Term = {
      kind: "ref",
      value:
        container.kind === "ref"
          ? [...container.value, last]
          : [container, last],
      location,
    };
    const equation: Expr = {
      ...expr,
      terms: {
        kind: "call",
        operator: operatorRef("eq", location),
        operands: [value, element],
      },
    };
    const operands = [value, element];
    const known = termVars(container);
    for (const name of [...equalityOutputs(equation, operands, known)].sort()) {
      if (this.declare(name, "declared", place) === undefined) {
        return undefined;
      }
    }
    return this.expr(equation);
  }

  private every(
    expr: Expr,
    terms: Extract<ExprTerms, { kind: "every" }>,
  ): Expr {
    const domain = this.term(terms.domain);
    const every = this.names.scoped(() => {
      const declared = (term: Term): Term => {
        if (term.kind !== "var" || term.value.startsWith("$")) {
          return term;
        }
        const local = this.declare(term.value, "declared", terms.location);
        return local === undefined ? term : { ...term, value: local };
      };
      const key: Term = terms.key
        ? declared(terms.key)
        : {
            kind: "var",
            value: this.state.names.fresh(),
            location: terms.location,
          };
      const value = declared(terms.value);
      const body = this.declaring(terms.body, new Set());
      return { ...terms, key, value, domain, body };
    });
    return { ...expr, terms: every, with: this.modifiers(expr) };
  }

  /** An operand without braces declares nothing: its assignments are faults. */
  private checkImplicit({ terms }: Expr): void {
    const check = (body: Body, what: string): void => {
      for (const expr of body) {
        const isAssign =
          expr.terms.kind === "call" &&
          operatorName(expr.terms.operator) === "assign";
        if (isAssign) {
          this.fail(`cannot assign vars inside ${what}`, expr.location);
        } else {
          this.checkImplicit(expr);
        }
      }
    };
    if (terms.kind === "not" && !terms.explicit) {
      check(terms.body, "negated expression");
    }
    if (terms.kind === "and" || terms.kind === "or") {
      const what = `implicit ${terms.kind} operand`;
      check(terms.explicitLeft ? [] : terms.left, what);
      check(terms.explicitRight ? [] : terms.right, what);
    }
  }

  /** A body in a scope of its own. */
  private scopedBody(body: Body): Body {
    return this.names.scoped(() => this.declaring(body, new Set()));
  }

  private side(body: Body, explicit: boolean): Body {
    return explicit
      ? this.scopedBody(body)
      : body.map((expr) => this.expr(expr));
  }

  /** An expression that declares nothing itself. */
  private expr(expr: Expr): Expr {
    const { terms } = expr;
    const rewritten = ((): ExprTerms => {
      switch (terms.kind) {
        case "term":
          return { ...terms, term: this.term(terms.term) };
        case "call": {
          const operator = this.term(terms.operator);
          return {
            ...terms,
            operator: operator.kind === "ref" ? operator : terms.operator,
            operands: terms.operands.map((operand) => this.term(operand)),
          };
        }
        case "not":
          return { ...terms, body: this.side(terms.body, terms.explicit) };
        case "and":
        case "or":
          return {
            ...terms,
            left: this.side(terms.left, terms.explicitLeft),
            right: this.side(terms.right, terms.explicitRight),
          };
        case "every":
        case "some":
          return terms;
      }
    })();
    return { ...expr, terms: rewritten, with: this.modifiers(expr) };
  }

  private modifiers(expr: Expr): Expr["with"] {
    return expr.with.map((one) => ({
      ...one,
      target: this.withTarget(one.target),
      value: this.term(one.value),
    }));
  }

  /** `with input …` means the document, even where a local shadows it. */
  private withTarget(target: Term): Term {
    const rewritten = this.term(target);
    if (target.kind !== "ref" || target.value[0]?.kind !== "var") {
      return rewritten;
    }
    const [head, ...rest] = target.value;
    return head?.kind === "var" && head.value === "input"
      ? { ...target, value: [head, ...rest.map((term) => this.term(term))] }
      : rewritten;
  }

  term(term: Term): Term {
    switch (term.kind) {
      case "var":
        return this.variable(term);
      case "ref":
        return this.ref(term);
      case "call":
        this.checkShadowed(term);
        return this.parts(term);
      case "arraycomprehension":
      case "setcomprehension": {
        const used = termVars(term.term);
        return this.names.scoped(() => {
          const body = this.declaring(term.body, used);
          return { ...term, body, term: this.term(term.term) };
        });
      }
      case "objectcomprehension": {
        const used = termVars(term.key);
        addTermVars(term.value, used);
        return this.names.scoped(() => {
          const body = this.declaring(term.body, used);
          const key = this.term(term.key);
          return { ...term, body, key, value: this.term(term.value) };
        });
      }
      case "templatestring":
        return {
          ...term,
          parts: term.parts.map((part) =>
            "kind" in part ? this.term(part) : this.expr(part),
          ),
        };
      default:
        return this.parts(term);
    }
  }

  private parts(term: Term): Term {
    return mapTerm(term, {
      term: (inner) => this.term(inner),
      body: (body) => body,
    });
  }

  private variable(term: Extract<Term, { kind: "var" }>): Term {
    const local = this.names.local(term.value);
    if (local !== undefined) {
      this.names.see(term.value);
      return { ...term, value: local };
    }
    if (this.names.occurrence(term.value) === undefined) {
      this.names.insert(term.value, term.value, "seen");
    }
    return term;
  }

  /** `input` alone may be a local of that name; longer refs have parts. */
  private ref(term: Extract<Term, { kind: "ref" }>): Term {
    const [head] = term.value;
    const isRoot =
      term.value.length === 1 &&
      head?.kind === "var" &&
      (head.value === "input" || head.value === "data");
    if (!isRoot) {
      return this.parts(term);
    }
    const occurrence = this.names.anyOccurrence(head.value);
    const local = this.names.local(head.value);
    return occurrence !== undefined && occurrence !== "seen" && local
      ? { ...head, value: local }
      : term;
  }

  /** Functions are no values: a local cannot be called. */
  private checkShadowed(term: Extract<Term, { kind: "call" }>): void {
    for (const name of termVars(term.operator)) {
      const local = this.names.local(name);
      if (local !== undefined && local !== name) {
        const called = printRef(term.operator);
        this.fail(`called function ${called} shadowed`, term.location);
      }
    }
  }

  /** A variable in an argument is declared, the same one only once. */
  argument(term: Term): Term {
    switch (term.kind) {
      case "var": {
        const known = this.names.local(term.value);
        if (known !== undefined) {
          this.names.see(term.value);
          return { ...term, value: known };
        }
        const local = this.state.names.fresh();
        this.names.insert(term.value, local, "arg");
        return { ...term, value: local };
      }
      case "array":
      case "ref":
        return {
          ...term,
          value: term.value.map((item) => this.argument(item)),
        };
      case "object":
        return {
          ...term,
          value: term.value.map(
            ([key, value]) => [key, this.argument(value)] as const,
          ),
        };
      case "call":
        this.fail("rule arguments cannot contain calls", term.location);
        return term;
      default:
        return term;
    }
  }
}

function trueExpr(location: Location): Expr {
  return {
    index: 0,
    negated: false,
    generated: true,
    terms: { kind: "term", term: { kind: "boolean", value: true, location } },
    with: [],
    location,
  };
}
