import { mapExpr, mapTerm } from "../analysis/map.ts";
import { isGenerated } from "../analysis/vars.ts";
import type { Position } from "../ir/ir.ts";
import type { ShownExpression } from "../ir/shown.ts";
import type { Location } from "../source.ts";
import type { Body, Expr, Rule, Term } from "../syntax/ast.ts";
import { printBody, printExpr } from "../syntax/print.ts";
import { shownBody, shownExpression, shownHead } from "./shown-expression.ts";

/** What an instrumented module tells of its evaluation. */
export type Instrument = {
  /** Marks each expression and rule head that was reached. */
  readonly coverage?: boolean;
  /** Tells the host of every step, as OPA's tracer: for traces and profiles. */
  readonly trace?: boolean;
  /** With each step of a trace the values of the variables in it. */
  readonly values?: boolean;
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
  /** Expressions by the written one that they are parts of. */
  readonly parts: () => Map<Location, Expr[]>;
};

/** Numbers the positions that an instrumented module speaks of. */
export class Observer {
  readonly coverage: boolean;
  readonly trace: boolean;
  readonly values: boolean;
  readonly positions: Position[] = [];
  readonly names: string[] = [];
  /** The rule or body that is being planned. */
  private scope: number | undefined;
  private readonly observed: Observed;
  /** By what stands there and the generation that it is planned in. */
  private readonly known = new Map<object, Map<string, number>>();
  private readonly nameIndex = new Map<string, number>();
  /** Expressions by the written one that they are parts of. */
  private parts: Map<Location, Expr[]> | undefined;
  private readonly complements = new Map<Expr, Expr>();

  constructor(instrument: Instrument, observed: Observed) {
    this.coverage = instrument.coverage ?? false;
    this.trace = instrument.trace ?? false;
    this.values = this.trace && (instrument.values ?? false);
    this.observed = observed;
  }

  /** An entrypoint's query is none that anyone wrote. */
  observes({ location }: Expr): boolean {
    return location.file !== entrypointFile;
  }

  covers({ location }: Expr | Rule): boolean {
    return this.coverage && this.observed.files.has(location.file);
  }

  expr(expr: Expr, generation: string): number {
    const { location, index } = expr;
    const position = { node: "expr", location, index, generation } as const;
    return this.position(expr, position, {
      text: () => printExpr(this.written(expr)),
      shown: () => shownExpression(expr, this.partsOf(expr)),
    });
  }

  /** The query that goes through the domain of an `every`. */
  domain(expr: Expr, generation: string): number {
    const { location, index, terms } = expr;
    const position = { node: "domain", location, index, generation } as const;
    return this.position(terms, position, {
      text: () => printExpr(this.written(expr)),
      shown: () => shownExpression(expr, this.partsOf(expr)),
    });
  }

  /** A rule stands where its head does. */
  rule(rule: Rule, generation: string): number {
    const { location } = rule.head;
    const position = { node: "rule", location, index: 0, generation } as const;
    return this.position(rule, position, {
      text: () => this.observed.ruleText(rule),
      shown: () => shownHead(rule),
    });
  }

  body(body: Body, generation: string): number {
    const location = body[0]?.location ?? { file: "", row: 1, col: 1 };
    const position = { node: "body", location, index: 0, generation } as const;
    return this.position(body, position, {
      text: () => printBody(body.map((expr) => this.written(expr))),
      shown: () => shownBody(body),
    });
  }

  /** The number of a name whose value is told. */
  name(text: string): number {
    const known = this.nameIndex.get(text) ?? this.names.length;
    if (known === this.names.length) {
      this.names.push(text);
      this.nameIndex.set(text, known);
    }
    return known;
  }

  private partsOf({ base, location }: Expr): readonly Expr[] {
    this.parts ??= this.observed.parts();
    return this.parts.get(base ?? location) ?? [];
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
    {
      generation,
      ...position
    }: Omit<Position, "text" | "scope" | "shown"> & {
      readonly generation: string;
    },
    told: {
      readonly text: () => string;
      readonly shown: () => ShownExpression;
    },
  ): number {
    const known = this.known.get(of) ?? new Map<string, number>();
    const key = this.values ? generation : "";
    const found = known.get(key);
    if (found !== undefined) {
      return found;
    }
    const { scope } = this;
    this.positions.push({
      ...position,
      scope,
      // Coverage asks for places only.
      text: this.trace ? told.text() : "",
      ...(this.values && { shown: told.shown(), generation }),
    });
    known.set(key, this.positions.length - 1);
    this.known.set(of, known);
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
