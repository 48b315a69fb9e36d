import { arityOf } from "../analysis/analyze.ts";
import type { Local, Operand } from "../ir/ir.ts";
import type { Body, Term } from "../syntax/ast.ts";
import {
  type ComprehensionIndex,
  comprehensionIndex,
} from "./comprehension-index.ts";
import { type Planner, restore } from "./planner.ts";
import { localOperand } from "./writer.ts";

export type Comprehension = Extract<
  Term,
  { kind: "arraycomprehension" | "setcomprehension" | "objectcomprehension" }
>;

/** The collection of a comprehension, in a local of its own. */
export function planComprehension(
  planner: Planner,
  term: Comprehension,
): Local {
  const { analysis } = planner.program;
  const index = comprehensionIndex(planner, term, arityOf(analysis));
  if (index) {
    return planIndexed(planner, term, index);
  }
  const target = planner.writer.local();
  planMake(planner, term, target);
  planner.writer.attempt(() =>
    planSolutions(planner, term, term.body, () => target),
  );
  return target;
}

function planMake(planner: Planner, { kind }: Comprehension, target: Local) {
  const { writer } = planner;
  if (kind === "arraycomprehension") {
    writer.emit({ kind: "MakeArrayStmt", capacity: 0, target });
  } else {
    writer.emit({
      kind: kind === "setcomprehension" ? "MakeSetStmt" : "MakeObjectStmt",
      target,
    });
  }
}

/** Adds what each solution of the body gives to the collection that `into` names for it. */
function planSolutions(
  planner: Planner,
  term: Comprehension,
  body: Body,
  into: () => Local,
): void {
  const { writer } = planner;
  const bound = new Map(planner.env);
  planner.closure(body, () => {
    const target = into();
    if (term.kind === "objectcomprehension") {
      planner.terms([term.key, term.value], ([key, value]) => {
        const outer = writer.location;
        writer.location = term.key.location;
        writer.emit({
          kind: "ObjectInsertOnceStmt",
          key: key as Operand,
          value: value as Operand,
          object: target,
        });
        writer.location = outer;
      });
      return;
    }
    planner.term(term.term, (value) =>
      writer.emit(
        term.kind === "arraycomprehension"
          ? { kind: "ArrayAppendStmt", value, array: target }
          : { kind: "SetAddStmt", value, set: target },
      ),
    );
  });
  restore(planner.env, bound);
}

/**
 * Goes through the body once for all values of the variables that the loops
 * around it bind, when it is first needed; then each of them finds its
 * collection in a table.
 */
function planIndexed(
  planner: Planner,
  term: Comprehension,
  { keys, body }: ComprehensionIndex,
): Local {
  const { writer } = planner;
  const valuesOf = () =>
    keys.map((name) => localOperand(boundTo(planner, name)));
  const wanted = valuesOf();
  const cache = writer.local();
  writer.attempt(() => {
    writer.emit({ kind: "IsUndefinedStmt", source: cache });
    const table = writer.local();
    if (keys.length === 0) {
      planMake(planner, term, table);
    } else {
      writer.emit({ kind: "MakeObjectStmt", target: table });
    }
    const bound = new Map(planner.env);
    for (const name of keys) {
      planner.env.delete(name);
    }
    writer.attempt(() =>
      planSolutions(planner, term, body, () =>
        keys.length === 0
          ? table
          : planEntry(planner, term, table, { values: valuesOf(), kept: true }),
      ),
    );
    restore(planner.env, bound);
    const source = localOperand(table);
    writer.emit({ kind: "AssignVarStmt", source, target: cache });
  });
  return keys.length === 0
    ? cache
    : planEntry(planner, term, cache, { values: wanted, kept: false });
}

/**
 * The collection of the keys' values in the table, an empty one when they are
 * new, which `kept` puts there.
 */
function planEntry(
  planner: Planner,
  term: Comprehension,
  table: Local,
  {
    values,
    kept,
  }: { readonly values: readonly Operand[]; readonly kept: boolean },
): Local {
  const { writer } = planner;
  const key = planKey(planner, values);
  const target = writer.local();
  const source = localOperand(table);
  writer.emit({ kind: "ResetLocalStmt", target });
  writer.attempt(() => writer.emit({ kind: "DotStmt", source, key, target }));
  writer.attempt(() => {
    writer.emit({ kind: "IsUndefinedStmt", source: target });
    planMake(planner, term, target);
    if (kept) {
      const value = localOperand(target);
      writer.emit({ kind: "ObjectInsertStmt", key, value, object: table });
    }
  });
  return target;
}

function planKey({ writer }: Planner, values: readonly Operand[]): Operand {
  const [first] = values;
  if (first && values.length === 1) {
    return first;
  }
  const array = writer.local();
  writer.emit({
    kind: "MakeArrayStmt",
    capacity: values.length,
    target: array,
  });
  for (const value of values) {
    writer.emit({ kind: "ArrayAppendStmt", value, array });
  }
  return localOperand(array);
}

function boundTo({ env }: Planner, name: string): Local {
  const local = env.get(name);
  if (local === undefined) {
    throw new Error(`${name} is not bound`);
  }
  return local;
}
