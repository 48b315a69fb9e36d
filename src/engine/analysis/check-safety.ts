import { PolicyError } from "../error.ts";
import type { Location } from "../source.ts";
import type { Body, Expr, Module, Rule, Term } from "../syntax/ast.ts";
import { printRef } from "../syntax/print.ts";
import { headTerms, isScalar, mapChain, mapTerm } from "./map.ts";
import { orderBody, type UnsafeVars } from "./order-body.ts";
import type { Arity } from "./output-vars.ts";
import { allRules } from "./resolve-refs.ts";
import type { State } from "./state.ts";
import {
  addBodyVars,
  addTermVars,
  isGenerated,
  rootNames,
  safetyParams,
  termVars,
} from "./vars.ts";

/** Reports variables of a head that neither body nor arguments bind. */
export function checkHeads(state: State): void {
  for (const module of state.modules) {
    const scopes = sharedRows(module);
    for (const rule of allRules(module)) {
      checkHead(rule, state, scopes);
    }
  }
}

function checkHead(rule: Rule, state: State, scopes: SharedRows): void {
  const terms = headTerms(rule);
  if (terms.every(isScalar)) {
    return;
  }
  const bound = new Set<string>();
  addBodyVars(rule.body, bound, safetyParams);
  for (const arg of rule.head.args) {
    addTermVars(arg, bound);
  }
  const { key, ref, value } = rule.head;
  const heads = [
    ...ref.value.slice(1),
    ...(key ? [key] : []),
    ...(value ? [value] : []),
  ];
  const seen = new Set<string>();
  for (const term of heads) {
    for (const name of termVars(term)) {
      const written = state.names.written.get(name) ?? name;
      if (bound.has(name) || seen.has(name) || isGenerated(written)) {
        continue;
      }
      seen.add(name);
      const location = placeOf(name, term) ?? rule.head.location;
      const message = `var ${show(written)} is unsafe${scopeOf(rule, scopes)}`;
      state.report(
        new PolicyError("rego_unsafe_var_error", message, { location }),
      );
    }
  }
}

/** A wildcard is shown as it is written. */
function show(name: string): string {
  return name.startsWith("$") ? "_" : name;
}

function placeOf(name: string, term: Term): Location | undefined {
  if (term.kind === "var") {
    return term.value === name ? term.location : undefined;
  }
  let found: Location | undefined;
  mapTerm(term, {
    term: (inner) => {
      found ??= placeOf(name, inner);
      return inner;
    },
    body: (body) => body,
  });
  return found;
}

/** Puts every body in a safe order; reports what cannot be. */
export function orderBodies(state: State, arity: Arity): void {
  state.modules = state.modules.map((module) => {
    const scopes = sharedRows(module);
    return {
      ...module,
      rules: module.rules.map((rule) =>
        mapChain(rule, (one) => {
          const safe = new Set(rootNames);
          for (const arg of one.head.args) {
            addTermVars(arg, safe);
          }
          const scope = scopeOf(one, scopes);
          const body = ordered(one.body, { state, arity, safe, scope });
          return body === one.body ? one : { ...one, body };
        }),
      ),
    };
  });
}

/** The same for the body of a query. */
export function orderQuery(body: Body, state: State, arity: Arity): Body {
  return ordered(body, { state, arity, safe: rootNames, scope: "" });
}

type Ordering = {
  readonly state: State;
  readonly arity: Arity;
  readonly safe: ReadonlySet<string>;
  /** ` in rule …`, where the place alone does not say it. */
  readonly scope: string;
};

function ordered(body: Body, { state, arity, safe, scope }: Ordering): Body {
  const result = orderBody(body, arity, safe);
  return result.unsafe.size > 0 && reportUnsafe(result.unsafe, state, scope)
    ? body
    : result.body;
}

const futureWords: ReadonlySet<string> = new Set([
  "in",
  "every",
  "contains",
  "if",
  "not",
  "and",
  "or",
]);

/** True when there was something to report. */
function reportUnsafe(
  unsafe: UnsafeVars,
  { names, report }: State,
  scope: string,
): boolean {
  const fail = (message: string, location: Location): void =>
    report(new PolicyError("rego_unsafe_var_error", message, { location }));
  let found = false;
  for (const [name, location] of firstPlaces(unsafe)) {
    const written = names.written.get(name) ?? name;
    if (!isGenerated(written)) {
      const hint = futureWords.has(written)
        ? ` (hint: \`import future.keywords.${written}\` to import a future keyword)`
        : "";
      fail(`var ${show(written)} is unsafe${scope}${hint}`, location);
      found = true;
    }
  }
  return found || reportExpressions(unsafe, scope, fail);
}

/** Where only locals of our own are unsafe, their expressions are reported. */
function reportExpressions(
  unsafe: UnsafeVars,
  scope: string,
  fail: (message: string, location: Location) => void,
): boolean {
  const seen = new Set<string>();
  const exprs = [...unsafe].sort(([a], [b]) =>
    comparePlaces(a.location, b.location),
  );
  for (const [expr, vars] of exprs) {
    const before = seen.size;
    for (const name of vars) {
      if (isGenerated(name)) {
        seen.add(name);
      }
    }
    if (seen.size > before) {
      fail(`expression is unsafe${scope}`, expr.location);
    }
  }
  return seen.size > 0;
}

function firstPlaces(unsafe: UnsafeVars): Map<string, Location> {
  const places = new Map<string, Location>();
  for (const [{ location }, vars] of unsafe as Map<Expr, Set<string>>) {
    for (const name of vars) {
      const known = places.get(name);
      if (!known || comparePlaces(location, known) < 0) {
        places.set(name, location);
      }
    }
  }
  return places;
}

function comparePlaces(a: Location, b: Location): number {
  return a.row - b.row || a.col - b.col;
}

/** Rows that hold rules of more than one name. */
type SharedRows = ReadonlySet<number>;

function sharedRows(module: Module): SharedRows {
  const firsts = new Map<number, Rule>();
  const shared = new Set<number>();
  for (const rule of allRules(module)) {
    const { row } = rule.location;
    const first = firsts.get(row);
    if (!first) {
      firsts.set(row, rule);
    } else if (groundName(first) !== groundName(rule)) {
      shared.add(row);
    }
  }
  return shared;
}

function scopeOf(rule: Rule, shared: SharedRows): string {
  return shared.has(rule.location.row) ? ` in rule ${groundName(rule)}` : "";
}

/** The head's ref up to its first variable part. */
function groundName({ head }: Rule): string {
  const { value } = head.ref;
  const end = value.findIndex((term, index) => index > 0 && !isScalar(term));
  return printRef({
    ...head.ref,
    value: end < 0 ? value : value.slice(0, end),
  });
}
