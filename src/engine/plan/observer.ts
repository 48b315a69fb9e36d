import { mapExpr, mapTerm } from "../analysis/map.ts";
import type { RuleTree } from "../analysis/rule-tree.ts";
import { isGenerated } from "../analysis/vars.ts";
import type { AskedRules, Position, RulePosition } from "../ir/ir.ts";
import type { ShownExpression } from "../ir/shown.ts";
import type { Location } from "../source.ts";
import type {
  Body,
  EveryExpr,
  Expr,
  Rule,
  Term,
  VarTerm,
} from "../syntax/ast.ts";
import { bodyJson, exprJson, ruleJson, termsJson } from "../syntax/ast-json.ts";
import { writeJson } from "../syntax/json-text.ts";
import { operatorRef } from "../syntax/parser-state.ts";
import { printBody, printExpr, printRef } from "../syntax/print.ts";
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

/** The variable that such a query gives the value of the entrypoint. */
export const entrypointResult = "result";

/** What an observer must know of the policy. */
export type Observed = {
  /** The files of the modules: coverage does not count a query. */
  readonly files: ReadonlySet<string>;
  /** Local → the author's name. */
  readonly written: ReadonlyMap<string, string>;
  readonly rule: (rule: Rule) => ObservedRule | undefined;
  /** Expressions by the written one that they are parts of. */
  readonly parts: () => Map<Location, Expr[]>;
};

export type ObservedRule = {
  /** How a trace names it: its whole path. */
  readonly text: string;
  readonly place: RulePosition;
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
  /** The expression that is being planned. */
  private current: number | undefined;
  /** By what stands there and the generation that it is planned in. */
  private readonly known = new Map<object | string, Map<string, number>>();
  private readonly nameIndex = new Map<string, number>();
  /** Expressions by the written one that they are parts of. */
  private parts: Map<Location, Expr[]> | undefined;
  private readonly complements = new Map<Expr, Body>();

  constructor(instrument: Instrument, observed: Observed) {
    this.coverage = instrument.coverage ?? false;
    this.trace = instrument.trace ?? false;
    this.values = this.trace && (instrument.values ?? false);
    this.observed = observed;
  }

  covers({ location }: Expr | Rule): boolean {
    return this.coverage && this.observed.files.has(location.file);
  }

  expr(expr: Expr, generation: string): number {
    const { location, index, negated: isNegated } = expr;
    const json = (): string => exprJson(expr);
    const place = { node: "expr", location, index, isNegated, json } as const;
    return this.position(expr, { ...place, generation }, this.told(expr));
  }

  /** The query that goes through the domain of an `every`. */
  domain(expr: Expr, generation: string): number {
    const { location, index, terms } = expr;
    const json = (): string => exprJson(expr);
    const place = { node: "domain", location, index, json } as const;
    return this.position(terms, { ...place, generation }, this.told(expr));
  }

  /** The expression that the domain of an `every` is gone through by. */
  generator(expr: Expr, generation: string): number {
    if (expr.terms.kind !== "every") {
      return this.domain(expr, generation);
    }
    const made = generatorOf(expr.terms);
    const { location } = made;
    const json = (): string => exprJson(made);
    const place = { node: "expr", location, index: 0, json } as const;
    const of = `elements of ${this.current}`;
    return this.position(of, { ...place, generation }, this.told(made));
  }

  /** A rule stands where its head does. */
  rule(rule: Rule, generation: string): number {
    const { location } = rule.head;
    const observed = this.trace ? this.observed.rule(rule) : undefined;
    const json = (): string => ruleJson(rule);
    const place = { node: "rule", location, index: 0, json } as const;
    const among = observed && { rule: observed.place };
    return this.position(
      rule,
      { ...place, ...among, generation },
      { text: () => observed?.text ?? "", shown: () => shownHead(rule) },
    );
  }

  /** A body; the first solution of some is enough. */
  body(body: Body, generation: string, isOnce: boolean): number {
    const location = body[0]?.location ?? { file: "", row: 1, col: 1 };
    const json = (): string => bodyJson(body);
    const place = { node: "body", location, index: 0, json, isOnce } as const;
    return this.position(
      body,
      { ...place, generation },
      {
        text: () => printBody(body.map((expr) => this.written(expr))),
        shown: () => shownBody(body),
      },
    );
  }

  /** The place where the expression that is planned asks for the rules at a node. */
  call({ path }: RuleTree, asked: AskedRules): number {
    const caller = this.current;
    const asking = caller === undefined ? undefined : this.positions[caller];
    const location = asking?.location ?? { file: "", row: 1, col: 1 };
    const { generation = "", shown } = asking ?? {};
    const names = [null, ...path].map(
      (value): Term =>
        value === null
          ? { kind: "var", value: "data", location }
          : { kind: "string", value, location },
    );
    const text = printRef({ kind: "ref", value: names, location });
    const json = (): string => writeJson(termsJson(names));
    const place = { node: "call", location, index: 0, json } as const;
    return this.position(
      `${caller} ${this.scope} ${asked} ${text}`,
      { ...place, asked, caller, generation },
      { text: () => text, shown: () => shown },
    );
  }

  /** The expression that is planned, which makes a note. */
  note(): number {
    return this.current ?? 0;
  }

  /** The expression that is planned, under its modifiers. */
  modified(expr: Expr, generation: string): number {
    const { location, index } = expr;
    const place = { node: "with", location, index, generation } as const;
    if (expr.terms.kind === "every") {
      // Its text has the modifiers.
      this.domain(expr, generation);
    }
    return this.position(`with ${this.current}`, place, {
      text: () => "",
      shown: () => undefined,
    });
  }

  /** What `plan` plans is part of the expression at a position, or of none. */
  inside(position: number | undefined, plan: () => void): void {
    const outer = this.current;
    this.current = position;
    plan();
    this.current = outer;
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

  private told(expr: Expr): ToldOf {
    return {
      text: () => printExpr(this.written(expr)),
      shown: () => shownExpression(expr, this.partsOf(expr)),
    };
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

  /** What a negated expression negates: the same body each time. */
  complement(expr: Expr): Body {
    const known = this.complements.get(expr);
    const made = known ?? [{ ...expr, index: 0, negated: false, with: [] }];
    this.complements.set(expr, made);
    return made;
  }

  private position(
    of: object | string,
    position: Omit<Position, "text" | "scope" | "shown"> & {
      readonly generation: string;
    },
    told: ToldOf,
  ): number {
    const { generation, location, ...place } = position;
    const known = this.known.get(of) ?? new Map<string, number>();
    const key = this.values ? generation : "";
    const found = known.get(key);
    if (found !== undefined) {
      return found;
    }
    const { scope } = this;
    const shown = this.values ? told.shown() : undefined;
    this.positions.push({
      ...place,
      // OPA names no file for a query that none wrote.
      location: { ...location, file: shownFile(location) },
      scope,
      // Coverage asks for places only.
      text: this.trace ? told.text() : "",
      ...(shown && { shown, generation }),
    });
    known.set(key, this.positions.length - 1);
    this.known.set(of, known);
    return this.positions.length - 1;
  }

  private nameOf({ value, location }: VarTerm): string {
    return location.file === entrypointFile && value === entrypointResult
      ? "_"
      : (this.observed.written.get(value) ?? value);
  }

  /** An expression as a trace shows it. */
  private written(expr: Expr): Expr {
    return withoutMadeKey(this.named(expr));
  }

  /** An expression with the author's names. */
  private named(expr: Expr): Expr {
    const term = (one: Term): Term =>
      one.kind === "var"
        ? { ...one, value: this.nameOf(one) }
        : mapTerm(one, mapper);
    const body = (one: Body): Body =>
      one.map((inner) => mapExpr(inner, mapper));
    const mapper = { term, body };
    return mapExpr(expr, mapper);
  }
}

/** What a trace tells of a position, made when it is needed. */
type ToldOf = {
  readonly text: () => string;
  readonly shown: () => ShownExpression | undefined;
};

function shownFile({ file }: Location): string {
  return file === entrypointFile ? "" : file;
}

/** `domain[key] = value` */
function generatorOf({ domain, key, value }: EveryExpr): Expr {
  const { location } = domain;
  const keys = key ? [key] : [];
  const element = { kind: "ref", value: [domain, ...keys], location } as const;
  const operator = operatorRef("eq", location);
  const operands = [element, value];
  const terms = { kind: "call", operator, operands } as const;
  return {
    ...{ index: 0, negated: false, generated: false, with: [] },
    ...{ terms, location },
  };
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
