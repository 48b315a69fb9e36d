import { PolicyError } from "../error.ts";
import type { Location } from "../source.ts";
import type { Body, Expr, ExprTerms, Term } from "../syntax/ast.ts";
import { withKeyOrder } from "../syntax/compare-terms.ts";
import { operatorRef } from "../syntax/parser-state.ts";
import { printRef } from "../syntax/print.ts";
import { checkUnused } from "./check-unused.ts";
import type { DeclaredNames, Occurrence } from "./declared-names.ts";
import { type Mapper, mapList, mapTerm, mapTerms, renumber } from "./map.ts";
import { operatorName } from "./operator-name.ts";
import { equalityOutputs } from "./output-vars.ts";
import type { Report, State } from "./state.ts";
import { addTermVars, termVars } from "./vars.ts";

const occurred: Readonly<Record<Occurrence, string>> = {
  seen: "referenced above",
  assigned: "assigned above",
  declared: "declared above",
  arg: "redeclared",
};

/** Rewrites bodies and terms in the scopes of `names`. */
export class LocalsRewriter {
  private readonly names: DeclaredNames;
  private readonly state: State;
  private readonly report: Report;
  private errors = 0;
  /** For the parts of what declares nothing itself. */
  private readonly parts: Mapper = {
    term: (term) => this.term(term),
    body: (body) => body,
  };

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
    return renumber(rewritten);
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
        return this.declaresNone(expr) ? this.expr(expr) : expr;
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
  private declaresNone({ terms }: Expr): boolean {
    const before = this.errors;
    const check = (body: Body, what: string): void => {
      for (const expr of body) {
        const isAssign =
          expr.terms.kind === "call" &&
          operatorName(expr.terms.operator) === "assign";
        if (isAssign) {
          this.fail(`cannot assign vars inside ${what}`, expr.location);
        } else {
          this.declaresNone(expr);
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
    return this.errors === before;
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
        case "call":
          return mapTerms(terms, this.parts);
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
    return rewritten === terms && expr.with.length === 0
      ? expr
      : { ...expr, terms: rewritten, with: this.modifiers(expr) };
  }

  private modifiers(expr: Expr): Expr["with"] {
    return mapList(expr.with, (one) => ({
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
        return mapTerm(term, this.parts);
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
      case "object":
        return withKeyOrder(mapTerm(term, this.parts));
      default:
        return mapTerm(term, this.parts);
    }
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
      return mapTerm(term, this.parts);
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
