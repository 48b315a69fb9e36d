import type { AnalysedQuery, Analysis } from "../analysis/analyze.ts";
import { elseChain, isScalar, visitExprs } from "../analysis/map.ts";
import { tooDeepAt } from "../deepest-rule.ts";
import type { Plan, Policy } from "../ir/ir.ts";
import type { Optimizations } from "../optimize/optimizations.ts";
import type { Location } from "../source.ts";
import type { Expr, Module, Rule } from "../syntax/ast.ts";
import { printRef } from "../syntax/print.ts";
import { constantValue } from "./constant-term.ts";
import { isCompleteRule } from "./early-exit.ts";
import { type Instrument, type ObservedRule, Observer } from "./observer.ts";
import { noOverrides } from "./overrides.ts";
import { planCallExpr } from "./plan-call.ts";
import { planTerm } from "./plan-term.ts";
import { planUnifyValue } from "./plan-unify.ts";
import { planWith } from "./plan-with.ts";
import { Planner, type Productions } from "./planner.ts";
import { Program } from "./program.ts";
import { localOperand, Writer } from "./writer.ts";

const productions: Productions = {
  term: planTerm,
  call: planCallExpr,
  unifyValue: planUnifyValue,
  with: planWith,
};

/** A named query: an entrypoint, or what `eval` was asked. */
export type NamedQuery = AnalysedQuery & { readonly name: string };

export type PlanOptions = {
  /** What the module tells of its evaluation; nothing by default. */
  readonly instrument?: Instrument;
  readonly optimizations?: Optimizations;
};

/**
 * Plans the queries and every rule they reach. Each solution of a query adds
 * an object of its variables to the result set.
 */
export function planPolicy(
  analysis: Analysis,
  queries: readonly NamedQuery[],
  options: PlanOptions = {},
): Policy {
  const { instrument, optimizations } = options;
  const program = new Program(analysis, productions, {
    observer: instrument && createObserver(analysis, instrument),
    optimizations,
  });
  try {
    return program.finish(queries.map((query) => planQuery(program, query)));
  } catch (error) {
    throw error instanceof RangeError ? tooDeepAt(program.place) : error;
  }
}

function createObserver(
  { modules, names }: Analysis,
  instrument: Instrument,
): Observer {
  const files = new Set(modules.map((module) => module.package.location.file));
  let rules: ReadonlyMap<Rule, ObservedRule> | undefined;
  return new Observer(instrument, {
    files,
    written: names.written,
    rule: (rule) => {
      rules ??= observedRules(modules);
      return rules.get(rule);
    },
    parts: () => expressionParts(modules),
  });
}

/** Expressions by the written one that they are parts of, in their order. */
function expressionParts(modules: readonly Module[]): Map<Location, Expr[]> {
  const parts = new Map<Location, Expr[]>();
  const add = (expr: Expr): void => {
    const base = expr.base ?? expr.location;
    parts.set(base, [...(parts.get(base) ?? []), expr]);
  };
  for (const module of modules) {
    for (const rule of module.rules.flatMap(elseChain)) {
      visitExprs(rule.body, add);
    }
  }
  return parts;
}

/** Every rule with its path up to the first variable. */
function observedRules(modules: readonly Module[]): Map<Rule, ObservedRule> {
  const rules = new Map<Rule, ObservedRule>();
  let chain = 0;
  for (const module of modules) {
    for (const rule of module.rules) {
      const { ref } = rule.head;
      const names = ref.value.map((term, index) =>
        index === 0 && term.kind === "var"
          ? ({ ...term, kind: "string" } as const)
          : term,
      );
      const variable = names.findIndex((term) => !isScalar(term));
      const constant = variable < 0 ? names : names.slice(0, variable);
      const value = [...module.package.path.value, ...constant];
      const text = printRef({ ...ref, value });
      const isComplete = isCompleteRule(rule);
      chain += 1;
      for (const link of elseChain(rule)) {
        const place = { chain, isComplete, value: constantValue(link) };
        rules.set(link, { text, place });
      }
    }
  }
  return rules;
}

function planQuery(program: Program, query: NamedQuery): Plan {
  const writer = new Writer(2);
  const planner = new Planner(program, noOverrides, writer);
  writer.attempt(() =>
    planner.closure(query.body, () => {
      const bindings = writer.local();
      writer.emit({ kind: "MakeObjectStmt", target: bindings });
      for (const [name, written] of query.variables) {
        const local = planner.env.get(name);
        if (local !== undefined) {
          writer.emit({
            kind: "ObjectInsertStmt",
            key: planner.string(written),
            value: localOperand(local),
            object: bindings,
          });
        }
      }
      writer.emit({ kind: "ResultSetAddStmt", value: bindings });
    }),
  );
  return { name: query.name, blocks: writer.finish() };
}
