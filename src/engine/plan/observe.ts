import type { Local, Operand, TraceEvent } from "../ir/ir.ts";
import type { Body, Expr, Rule, Term } from "../syntax/ast.ts";
import { printRef } from "../syntax/print.ts";
import { requireIndexed } from "./index-guard.ts";
import type { Observer } from "./observer.ts";
import type { Next, Planner } from "./planner.ts";

/** An expression, how it is planned, and what follows it. */
type Observed = {
  readonly expr: Expr;
  readonly next: () => void;
  readonly plan: (next: () => void) => void;
};

/**
 * Plans an expression of an instrumented build with the events of OPA's tracer
 * around it: eval, a redo after each solution, fail without any.
 */
export function observeExpr(
  planner: Planner,
  observer: Observer,
  { expr, next, plan }: Observed,
): void {
  const position = observer.expr(expr, generationOf(planner));
  if (observer.covers(expr)) {
    planner.writer.emit({ kind: "EventStmt", event: "cover", position });
  }
  if (!observer.trace) {
    plan(next);
    return;
  }
  const { writer } = planner;
  const defined = writer.local();
  const bound = observer.values ? new Map(planner.env) : planner.env;
  tell(planner, "eval", position);
  writer.emit({ kind: "ResetLocalStmt", target: defined });
  const solved = (): void => {
    const source = { kind: "bool", value: true } as const;
    writer.emit({ kind: "AssignVarStmt", source, target: defined });
    if (observer.values) {
      // No redo tells them where what follows ends early.
      tellNames(planner, "redo", position);
    }
    writer.attempt(() => observer.inside(undefined, next));
    if (!expr.negated) {
      tell(planner, "redo", position);
    }
  };
  writer.attempt(() => observer.inside(position, () => plan(solved)));
  writer.attempt(() => {
    writer.emit({ kind: "IsUndefinedStmt", source: defined });
    tell(planner, "fail", position, bound);
  });
  // What follows was planned inside.
  planner.fail();
}

/**
 * Plans one rule by `plan`, which calls its argument once for each solution of
 * the body and plans there what becomes of it.
 */
export function observeRule(
  planner: Planner,
  rule: Rule,
  plan: (solved: (next: () => void) => void) => void,
): void {
  const { observer } = planner.program;
  if (!observer) {
    plan((next) => next());
    return;
  }
  requireIndexed(planner, rule);
  const position = observer.rule(rule, generationOf(planner));
  tell(planner, "enter", position);
  observer.within(position, () =>
    plan((next) => {
      if (observer.covers(rule)) {
        planner.writer.emit({ kind: "EventStmt", event: "cover", position });
      }
      leaveAndRedo(planner, position, next);
    }),
  );
}

/** Plans the match of a rule's head; a fail is told where it never matches. */
export function observeHead(
  planner: Planner,
  rule: Rule,
  plan: (matched: (next: () => void) => void) => void,
): void {
  const { observer } = planner.program;
  if (!observer) {
    plan((next) => next());
    return;
  }
  const { writer } = planner;
  const found = writer.local();
  writer.emit({ kind: "ResetLocalStmt", target: found });
  writer.attempt(() =>
    plan((next) => {
      const source = { kind: "bool", value: true } as const;
      writer.emit({ kind: "AssignVarStmt", source, target: found });
      next();
    }),
  );
  writer.emit({ kind: "IsUndefinedStmt", source: found });
  tell(planner, "fail", observer.rule(rule, generationOf(planner)));
}

/** Plans in a trace a body that is evaluated by itself; the first solution of some is enough. */
export function observeBody(
  planner: Planner,
  observer: Observer,
  body: Body,
  {
    isOnce,
    succeed,
  }: { readonly isOnce: boolean; readonly succeed: () => void },
): void {
  const position = observer.body(body, generationOf(planner), isOnce);
  tell(planner, "enter", position);
  observer.within(position, () =>
    planner.body(body, () => leaveAndRedo(planner, position, succeed)),
  );
}

/** What an `every` goes through, and whether its body holds for one element. */
type Rounds = {
  readonly source: Local;
  readonly holds: (key: Local, value: Local) => Local;
};

/** An `every` that a trace tells of. */
type WatchedEvery = { readonly observer: Observer; readonly expr: Expr };

/**
 * Plans in a trace the search of an `every` for an element that fails, and what
 * follows where there is none.
 */
export function observeEvery(
  planner: Planner,
  watched: WatchedEvery,
  rounds: Rounds,
  next: () => void,
): void {
  const { observer, expr } = watched;
  const { writer } = planner;
  const position = observer.domain(expr, generationOf(planner));
  const failed = writer.local();
  const bound = new Map(planner.env);
  writer.emit({ kind: "ResetLocalStmt", target: failed });
  tell(planner, "enter", position);
  observer.within(position, () =>
    planRounds(planner, { ...watched, position }, rounds, failed),
  );
  writer.attempt(() => {
    writer.emit({ kind: "IsDefinedStmt", source: failed });
    tell(planner, "fail", position, bound);
  });
  writer.emit({ kind: "IsUndefinedStmt", source: failed });
  tell(planner, "exit", position, bound);
  writer.attempt(next);
  tell(planner, "end", position);
  // What follows was planned inside.
  planner.fail();
}

/** Every element with its events; after one that fails nothing but the search goes on. */
function planRounds(
  planner: Planner,
  { observer, expr, position }: WatchedEvery & { readonly position: number },
  { source, holds }: Rounds,
  failed: Local,
): void {
  const { writer } = planner;
  const generator = observer.generator(expr, generationOf(planner));
  const isTrue = { kind: "bool", value: true } as const;
  const some = writer.local();
  tell(planner, "eval", generator);
  writer.emit({ kind: "ResetLocalStmt", target: some });
  writer.scan(source, (key, value) => {
    writer.emit({ kind: "AssignVarStmt", source: isTrue, target: some });
    writer.attempt(() => {
      writer.emit({ kind: "IsUndefinedStmt", source: failed });
      const ok = holds(key, value);
      writer.attempt(() => {
        writer.emit({ kind: "IsUndefinedStmt", source: ok });
        writer.emit({ kind: "AssignVarStmt", source: isTrue, target: failed });
      });
      tell(planner, "redo", position);
    });
    tell(planner, "redo", generator);
  });
  writer.attempt(() => {
    writer.emit({ kind: "IsUndefinedStmt", source: some });
    tell(planner, "fail", generator);
  });
}

/** Tells of an expression under modifiers, by what it returns; only a trace is told. */
export function observeModified(
  planner: Planner,
  expr: Expr,
): (event: TraceEvent) => void {
  const { observer } = planner.program;
  if (!observer?.trace) {
    return () => {
      // Nothing is told.
    };
  }
  const position = observer.modified(expr, generationOf(planner));
  return (event) => tell(planner, event, position);
}

/** Tells what `trace` is given. */
export function observeNote(
  planner: Planner,
  [note]: readonly Operand[],
): void {
  const { observer } = planner.program;
  if (!observer?.trace || !note) {
    return;
  }
  const position = observer.note();
  const values = planner.writer.local();
  const { writer } = planner;
  writer.emit({ kind: "MakeArrayStmt", capacity: 1, target: values });
  writer.emit({ kind: "ArrayAppendStmt", value: note, array: values });
  writer.emit({ kind: "EventStmt", event: "note", position, values });
}

function leaveAndRedo(
  planner: Planner,
  position: number,
  next: () => void,
): void {
  if (!planner.program.observer?.trace) {
    next();
    return;
  }
  tell(planner, "exit", position);
  planner.writer.attempt(next);
  tell(planner, "redo", position);
}

/**
 * Tells that a document of rules is evaluated again; gives what tells its
 * value. So the host knows what OPA has in its cache of documents.
 */
export function observeDocument(planner: Planner, path: readonly Term[]): Next {
  const { observer } = planner.program;
  if (!observer?.values) {
    return () => {};
  }
  const { writer } = planner;
  const name = observer.name(documentName(planner, path));
  const nothing = writer.local();
  writer.emit({ kind: "ResetLocalStmt", target: nothing });
  writer.emit({ kind: "ValueStmt", name, source: nothing });
  return (value) =>
    writer.emit({ kind: "ValueStmt", name, source: writer.toLocal(value) });
}

function documentName(planner: Planner, path: readonly Term[]): string {
  const location = { file: "", row: 1, col: 1 };
  const data = { kind: "var", value: "data", location } as const;
  const text = printRef({ kind: "ref", value: [data, ...path], location });
  return `${generationOf(planner)} ${text}`;
}

/** Names the overrides that something is planned under. */
export function generationOf({ overrides, program }: Planner): string {
  return program.generation(overrides);
}

/** Tells an event, with what the names in it hold. */
function tell(
  planner: Planner,
  event: TraceEvent,
  position: number,
  bound: ReadonlyMap<string, Local> = planner.env,
): void {
  const { observer } = planner.program;
  if (!observer?.trace) {
    return;
  }
  tellNames(planner, event, position, bound);
  planner.writer.emit({ kind: "EventStmt", event, position });
}

/** Tells what the names hold that an event is about to speak of. */
export function tellNames(
  { program: { observer }, writer, env }: Planner,
  event: TraceEvent,
  position: number,
  bound: ReadonlyMap<string, Local> = env,
): void {
  if (!observer) {
    return;
  }
  const { names = [], otherNames = [] } =
    observer.positions[position]?.shown ?? {};
  // Of the other parts only a failure tells.
  for (const text of event === "fail" ? [...names, ...otherNames] : names) {
    const source = bound.get(text);
    if (source !== undefined) {
      writer.emit({ kind: "ValueStmt", name: observer.name(text), source });
    }
  }
}
