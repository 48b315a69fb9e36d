import { mapExpr, mapTerm } from "../analysis/map.ts";
import { isGenerated } from "../analysis/vars.ts";
import type { Position } from "../ir/ir.ts";
import type { Body, Expr, Rule, Term } from "../syntax/ast.ts";
import { printBody, printExpr } from "../syntax/print.ts";

/** What an instrumented module tells of its evaluation. */
export type Instrument = {
  /** Marks each expression and rule head that was reached. */
  readonly coverage?: boolean;
  /** Tells the host of every step, as OPA's tracer: for traces and profiles. */
  readonly trace?: boolean;
};

/** The file that the queries of entrypoints say they come from. */
export const entrypointFile = "entrypoint";

/** What an observer must know of the policy. */
export type Observed = {
  /** The files of the modules: coverage does not count a query. */
  readonly files: ReadonlySet<string>;
  /** Local → the author's name. */
  readonly written: ReadonlyMap<string, string>;
  /** How a trace names a rule: its whole path. */
  readonly ruleText: (rule: Rule) => string;
};

/** Numbers the positions that an instrumented module speaks of. */
export class Observer {
  readonly coverage: boolean;
  readonly trace: boolean;
  readonly positions: Position[] = [];
  /** The rule or body that is being planned. */
  private scope: number | undefined;
  private readonly observed: Observed;
  private readonly known = new Map<object, number>();
  private readonly complements = new Map<Expr, Expr>();

  constructor(instrument: Instrument, observed: Observed) {
    this.coverage = instrument.coverage ?? false;
    this.trace = instrument.trace ?? false;
    this.observed = observed;
  }

  /** An entrypoint's query is none that anyone wrote. */
  observes({ location }: Expr): boolean {
    return location.file !== entrypointFile;
  }

  covers({ location }: Expr | Rule): boolean {
    return this.coverage && this.observed.files.has(location.file);
  }

  expr(expr: Expr): number {
    const { location, index } = expr;
    return this.position(expr, { node: "expr", location, index }, () =>
      printExpr(this.written(expr)),
    );
  }

  /** The query that goes through the domain of an `every`. */
  domain(expr: Expr): number {
    const { location, index, terms } = expr;
    return this.position(terms, { node: "domain", location, index }, () =>
      printExpr(this.written(expr)),
    );
  }

  /** A rule stands where its head does. */
  rule(rule: Rule): number {
    const { location } = rule.head;
    const position = { node: "rule", location, index: 0 } as const;
    return this.position(rule, position, () => this.observed.ruleText(rule));
  }

  body(body: Body): number {
    const location = body[0]?.location ?? { file: "", row: 1, col: 1 };
    const position = { node: "body", location, index: 0 } as const;
    return this.position(body, position, () =>
      printBody(body.map((expr) => this.written(expr))),
    );
  }

  /** What is planned by `plan` is evaluated in the rule or body at `scope`. */
  within(scope: number, plan: () => void): void {
    const outer = this.scope;
    this.scope = scope;
    plan();
    this.scope = outer;
  }

  /** What a negated expression negates: the same one each time. */
  complement(expr: Expr): Expr {
    const known = this.complements.get(expr);
    const made = known ?? { ...expr, negated: false, with: [] };
    this.complements.set(expr, made);
    return made;
  }

  private position(
    of: object,
    position: Omit<Position, "text" | "scope">,
    text: () => string,
  ): number {
    const known = this.known.get(of);
    if (known !== undefined) {
      return known;
    }
    const { scope } = this;
    // Coverage asks for places only.
    this.positions.push({ ...position, scope, text: this.trace ? text() : "" });
    this.known.set(of, this.positions.length - 1);
    return this.positions.length - 1;
  }

  /** An expression with the author's names. */
  private written(expr: Expr): Expr {
    const term = (one: Term): Term =>
      one.kind === "var"
        ? { ...one, value: this.observed.written.get(one.value) ?? one.value }
        : mapTerm(one, mapper);
    const body = (one: Body): Body =>
      one.map((inner) => mapExpr(inner, mapper));
    const mapper = { term, body };
    return withoutMadeKey(mapExpr(expr, mapper));
  }
}

/** `every` without the key that the compiler gave it. */
function withoutMadeKey(expr: Expr): Expr {
  const { terms } = expr;
  return terms.kind === "every" &&
    terms.key?.kind === "var" &&
    isGenerated(terms.key.value)
    ? { ...expr, terms: { ...terms, key: undefined } }
    : expr;
}
