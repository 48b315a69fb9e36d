import type {
  Body,
  Expr,
  Module,
  RefTerm,
  Term,
  VarTerm,
} from "../syntax/ast.ts";
import { operatorRef } from "../syntax/parser-state.ts";
import {
  elseChain,
  headTerms,
  type Mapper,
  mapExpr,
  mapList,
  mapTerm,
} from "./map.ts";
import { addBodyVars, addTermVars } from "./vars.ts";

/** Hands out `__local0__`, `__local1__`, …, in a query `__localq0__`, …, and remembers what they stand for. */
export type LocalNames = {
  /** A name that stands for an author's variable, or for a value of our own. */
  fresh(written?: string): string;
  /** Local → the author's name. */
  readonly written: Map<string, string>;
  /** Local → the term that was moved to it, for errors. */
  readonly subjects: Map<string, Term>;
};

export function createLocalNames(taken: ReadonlySet<string>): LocalNames {
  const maps = { written: new Map(), subjects: new Map() };
  return { ...maps, fresh: freshNames("__local", taken, maps) };
}

/** The names of a query, beside those of the modules. */
export function queryNames(names: LocalNames, body: Body): LocalNames {
  const taken = new Set<string>();
  addBodyVars(body, taken);
  return { ...names, fresh: freshNames("__localq", taken, names) };
}

function freshNames(
  prefix: string,
  taken: ReadonlySet<string>,
  { written }: Pick<LocalNames, "written">,
): LocalNames["fresh"] {
  let next = 0;
  return (name) => {
    while (taken.has(`${prefix}${next}__`)) {
      next += 1;
    }
    const local = `${prefix}${next}__`;
    next += 1;
    if (name !== undefined) {
      written.set(local, name);
    }
    return local;
  };
}

/** How errors show a name: as it was written, a wildcard as `_`. */
export function shownName(name: string, { written }: LocalNames): string {
  const found = written.get(name) ?? name;
  return found.startsWith("$") ? "_" : found;
}

/** Names of the form of our own that an author has used. */
export function takenNames(modules: readonly Module[]): Set<string> {
  const found = new Set<string>();
  for (const rule of modules.flatMap(({ rules }) => rules.flatMap(elseChain))) {
    addBodyVars(rule.body, found);
    for (const term of headTerms(rule)) {
      addTermVars(term, found);
    }
  }
  return found;
}

/** `local = term`, made by the compiler. */
export function assignLocal(
  names: LocalNames,
  term: Term,
): { readonly local: VarTerm; readonly expr: Expr } {
  const { location } = term;
  const local: VarTerm = { kind: "var", value: names.fresh(), location };
  const expr: Expr = {
    index: 0,
    negated: false,
    generated: true,
    terms: {
      kind: "call",
      operator: operatorRef("eq", location),
      operands: [local, term],
    },
    with: [],
    location,
  };
  return { local, expr };
}

/** Marks expressions as parts of another that were moved in front of it. */
export function partOf({ base, location }: Expr): (part: Expr) => Expr {
  return (part) => ({ ...part, base: base ?? location });
}

/** A ref with the author's names in place of locals. */
export function writtenRef(ref: RefTerm, names: LocalNames): RefTerm {
  return rename(ref, (term) => {
    const written = names.written.get(term.value);
    return written === undefined ? term : { ...term, value: written };
  }) as RefTerm;
}

/** As `writtenRef`, but locals of our own become the terms they stand for. */
export function writtenRefForErrors(ref: RefTerm, names: LocalNames): RefTerm {
  const renamed = rename(ref, (term) => {
    const subject = names.subjects.get(term.value);
    const written = names.written.get(term.value);
    if (subject) {
      return writtenTerm(subject, names);
    }
    return written === undefined ? term : { ...term, value: written };
  });
  return renamed as RefTerm;
}

function writtenTerm(term: Term, names: LocalNames): Term {
  return rename(term, (name) => {
    const written = names.written.get(name.value);
    return written === undefined ? name : { ...name, value: written };
  });
}

function rename(term: Term, map: (name: VarTerm) => Term): Term {
  const mapper: Mapper = {
    term: (inner) =>
      inner.kind === "var" ? map(inner) : mapTerm(inner, mapper),
    body: (body) => mapList(body, (expr) => mapExpr(expr, mapper)),
  };
  return mapper.term(term);
}
