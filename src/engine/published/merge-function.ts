import { dataLocal, type Func, inputLocal, type Local } from "../ir/ir.ts";
import { localOperand, Writer } from "../plan/writer.ts";
import type { Location } from "../source.ts";

// The function's locals: the documents, then the two objects, then the result.
const [left, right, merged] = [2, 3, 4];
const nowhere: Location = { file: "", row: 0, col: 0 };

export function mergeName(depth: number): string {
  return `merge${depth} of partial documents`;
}

/**
 * What ObjectMergeOnceStmt does with objects of that depth, as a function of
 * OPA's statements; it calls the one of the depth below. Two values for one path
 * conflict, as two insertions do.
 */
export function mergeFunction(depth: number): Func {
  const writer = new Writer(merged + 1);
  writer.location = nowhere;
  writer.attempt(() => {
    writer.emit({ kind: "IsObjectStmt", source: localOperand(left) });
    writer.emit({ kind: "IsObjectStmt", source: localOperand(right) });
    writer.emit({ kind: "MakeObjectStmt", target: merged });
    writer.scan(left, (key, value) => insert(writer, key, value));
    writer.scan(right, (key, value) => {
      const both = writer.local();
      writer.emit({ kind: "ResetLocalStmt", target: both });
      writer.attempt(() => mergeMember(writer, { key, value, both, depth }));
      writer.attempt(() => {
        writer.emit({ kind: "IsUndefinedStmt", source: both });
        assign(writer, value, both);
      });
      insert(writer, key, both);
    });
    writer.emit({ kind: "ReturnLocalStmt", source: merged });
  });
  writer.emit({ kind: "MakeObjectStmt", target: merged });
  conflict(writer, merged);
  writer.emit({ kind: "ReturnLocalStmt", source: merged });
  return {
    name: mergeName(depth),
    path: [],
    params: [inputLocal, dataLocal, left, right],
    return: merged,
    part: true,
    blocks: writer.finish(),
  };
}

type Member = {
  readonly key: Local;
  readonly value: Local;
  /** Gets what the two objects have at the key, if both have something. */
  readonly both: Local;
  readonly depth: number;
};

function mergeMember(
  writer: Writer,
  { key, value, both, depth }: Member,
): void {
  const other = writer.local();
  writer.emit({
    kind: "DotStmt",
    source: localOperand(left),
    key: localOperand(key),
    target: other,
  });
  if (depth > 1) {
    const documents = [inputLocal, dataLocal].map(localOperand);
    writer.emit({
      kind: "CallStmt",
      func: mergeName(depth - 1),
      args: [...documents, localOperand(other), localOperand(value)],
      result: both,
    });
    return;
  }
  writer.attempt(() => unite(writer, [other, value], both));
  writer.emit({ kind: "IsUndefinedStmt", source: both });
  writer.emit({
    kind: "ObjectInsertOnceStmt",
    key: localOperand(key),
    value: localOperand(value),
    object: merged,
  });
  assign(writer, value, both);
}

/** Two sets in one. */
function unite(writer: Writer, sets: readonly Local[], target: Local): void {
  for (const set of sets) {
    writer.emit({ kind: "IsSetStmt", source: localOperand(set) });
  }
  writer.emit({ kind: "MakeSetStmt", target });
  for (const set of sets) {
    writer.scan(set, (_, value) =>
      writer.emit({
        kind: "SetAddStmt",
        value: localOperand(value),
        set: target,
      }),
    );
  }
}

/** Ends the evaluation as two values for one key do. */
function conflict(writer: Writer, object: Local): void {
  for (const value of [true, false]) {
    writer.emit({
      kind: "ObjectInsertOnceStmt",
      key: { kind: "bool", value: true },
      value: { kind: "bool", value },
      object,
    });
  }
}

function insert(writer: Writer, key: Local, value: Local): void {
  writer.emit({
    kind: "ObjectInsertStmt",
    key: localOperand(key),
    value: localOperand(value),
    object: merged,
  });
}

function assign(writer: Writer, source: Local, target: Local): void {
  writer.emit({ kind: "AssignVarStmt", source: localOperand(source), target });
}
