import type { Local, TraceEvent } from "../ir/ir.ts";
import type { Body, Expr, Rule, Term } from "../syntax/ast.ts";
import { printRef } from "../syntax/print.ts";
import { requireIndexed } from "./index-guard.ts";
import type { Next, Planner } from "./planner.ts";

/**
 * Plans an expression by `plan`; in an instrumented build with the events of
 * OPA's tracer around it: eval, a redo after each solution, fail without any.
 */
export function observeExpr(
  planner: Planner,
  expr: Expr,
  next: () => void,
  plan: (next: () => void) => void,
): void {
  const { observer } = planner.program;
  if (!observer?.observes(expr)) {
    plan(next);
    return;
  }
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
  writer.attempt(() =>
    plan(() => {
      const source = { kind: "bool", value: true } as const;
      writer.emit({ kind: "AssignVarStmt", source, target: defined });
      writer.attempt(next);
      if (!expr.negated) {
        tell(planner, "redo", position);
      }
    }),
  );
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

/** The same for a body inside an expression. */
export function observeBody(
  planner: Planner,
  body: Body,
  plan: (solved: (next: () => void) => void) => void,
): void {
  const { observer } = planner.program;
  if (!observer?.trace) {
    plan((next) => next());
    return;
  }
  const position = observer.body(body, generationOf(planner));
  tell(planner, "enter", position);
  observer.within(position, () =>
    plan((next) => leaveAndRedo(planner, position, next)),
  );
}

/** Plans the search of an `every` for an element that fails; its flag. */
export function observeDomain(
  planner: Planner,
  expr: Expr,
  search: (fail: () => void) => void,
): Local {
  const { observer } = planner.program;
  if (!observer?.trace) {
    return planner.exists(search);
  }
  const { writer } = planner;
  const position = observer.domain(expr, generationOf(planner));
  const bound = new Map(planner.env);
  tell(planner, "enter", position);
  let failed = 0;
  observer.within(position, () => {
    failed = planner.exists(search);
  });
  writer.attempt(() => {
    writer.emit({ kind: "IsDefinedStmt", source: failed });
    tell(planner, "fail", position, bound);
  });
  return failed;
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

function generationOf({ overrides, program }: Planner): string {
  return program.generation(overrides);
}

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
  const { writer } = planner;
  const { names = [], otherNames = [] } =
    observer.positions[position]?.shown ?? {};
  // Of the other parts only a failure tells.
  for (const text of event === "fail" ? [...names, ...otherNames] : names) {
    const source = bound.get(text);
    if (source !== undefined) {
      writer.emit({ kind: "ValueStmt", name: observer.name(text), source });
    }
  }
  writer.emit({ kind: "EventStmt", event, position });
}
