import type { Block, Stmt } from "../ir/ir.ts";
import { i32, op } from "../wasm/function-body.ts";
import { stringPrefix, tag } from "./constant-pool.ts";
import { emitCall, emitCallDynamic } from "./emit-call.ts";
import { emitCallCase } from "./emit-case.ts";
import { emitEvent, emitValue } from "./emit-event.ts";
import type { Emitter } from "./emitter.ts";

/** The statements of a block; an undefined one ends it. */
export function emitBlock(emitter: Emitter, block: Block): void {
  const { body } = emitter;
  body.block();
  emitter.blocks.push(body.depth);
  for (const stmt of block.stmts) {
    emitStatement(emitter, stmt);
  }
  emitter.blocks.pop();
  body.end();
}

const runtimeType = { IsArrayStmt: 4, IsObjectStmt: 5, IsSetStmt: 6 } as const;

type Emit<K extends Stmt["kind"]> = (
  emitter: Emitter,
  stmt: Extract<Stmt, { kind: K }>,
) => void;

const statements: { readonly [K in Stmt["kind"]]: Emit<K> } = {
  NopStmt: () => {
    // Nothing to do is nothing to emit.
  },
  EventStmt: emitEvent,
  ValueStmt: emitValue,
  ReturnLocalStmt: (emitter, { source }) => {
    const { body, exit, result } = emitter;
    body.get(emitter.local(source)).set(result).br(exit);
  },
  CallStmt: emitCall,
  CallDynamicStmt: emitCallDynamic,
  CallCaseStmt: emitCallCase,
  BlockStmt: (emitter, { blocks }) => {
    for (const block of blocks) {
      emitBlock(emitter, block);
    }
  },
  BreakStmt: ({ body, blocks, exit }, { index }) => {
    body.br(blocks.at(-1 - index) ?? exit);
  },
  DotStmt: emitDot,
  DocumentDotStmt: (emitter, { source, key, target }) => {
    emitter.push(source).push(key).runtime("rt_dot_document");
    emitter.body.tee(emitter.local(target));
    emitter.failUnless();
  },
  LenStmt: (emitter, { source, target }) => {
    emitter.push(source).runtime("rt_size");
    emitter.body.tee(emitter.local(target));
    emitter.failUnless();
  },
  ScanStmt: emitScan,
  NotStmt: emitNot,
  WithStmt: emitWith,
  AssignIntStmt: emitInteger,
  MakeNumberIntStmt: emitInteger,
  MakeNumberRefStmt: (emitter, { index, target }) => {
    const text = emitter.stringText(index);
    emitter.body.i32Const(emitter.context.pool.number(text));
    emitter.set(target);
  },
  AssignVarStmt: (emitter, { source, target }) => {
    emitter.push(source).set(target);
  },
  AssignVarOnceStmt: emitAssignOnce,
  ResetLocalStmt: (emitter, { target }) => {
    emitter.body.i32Const(tag.undefined);
    emitter.set(target);
  },
  MakeNullStmt: (emitter, { target }) => {
    emitter.nulls.add(target);
    emitter.body.i32Const(tag.null);
    emitter.set(target);
  },
  MakeArrayStmt: (emitter, { capacity, target }) => {
    emitter.body.i32Const(capacity);
    emitter.runtime("rt_array").set(target);
  },
  MakeObjectStmt: (emitter, { target }) => {
    emitter.runtime("rt_object").set(target);
  },
  MakeSetStmt: (emitter, { target }) => {
    emitter.runtime("rt_set").set(target);
  },
  EqualStmt: emitEqual,
  NotEqualStmt: emitNotEqual,
  IsArrayStmt: emitIsType,
  IsObjectStmt: emitIsType,
  IsSetStmt: emitIsType,
  IsDefinedStmt: (emitter, { source }) => {
    emitter.body.get(emitter.local(source));
    emitter.failUnless();
  },
  IsUndefinedStmt: (emitter, { source }) => {
    emitter.body.get(emitter.local(source));
    emitter.failIf();
  },
  ArrayAppendStmt: (emitter, { array, value }) => {
    emitter.body.get(emitter.local(array));
    emitter.push(value).runtime("rt_array_append");
  },
  ResultSetAddStmt: (emitter, { value }) => {
    emitter.body.get(emitter.result).get(emitter.local(value));
    emitter.runtime("rt_array_append");
  },
  SetAddStmt: (emitter, { set, value }) => {
    emitter.body.get(emitter.local(set));
    emitter.push(value).runtime("rt_set_add");
  },
  ObjectInsertStmt: (emitter, { key, object, value }) => {
    emitter.body.get(emitter.local(object));
    emitter.push(key).push(value).runtime("rt_object_insert");
  },
  ObjectInsertOnceStmt: (emitter, stmt) => {
    const { body } = emitter;
    body.get(emitter.local(stmt.object));
    emitter.push(stmt.key).push(stmt.value).runtime("rt_object_insert_once");
    body.op(op.i32Eqz).if();
    emitter.abort(stmt, "eval_conflict_error", "object keys must be unique");
    body.end();
  },
  ObjectMergeOnceStmt: (emitter, stmt) => {
    const { body } = emitter;
    body.get(emitter.local(stmt.a)).get(emitter.local(stmt.b));
    body.i32Const(stmt.depth);
    emitter.runtime("rt_object_merge_once");
    body.tee(emitter.local(stmt.target)).op(op.i32Eqz).if();
    emitter.abort(stmt, "eval_conflict_error", "object keys must be unique");
    body.end();
  },
  ObjectMergeStmt: (emitter, { a, b, target }) => {
    emitter.body.get(emitter.local(a)).get(emitter.local(b));
    emitter.runtime("rt_object_merge").set(target);
  },
};

function emitStatement<K extends Stmt["kind"]>(
  emitter: Emitter,
  stmt: Extract<Stmt, { kind: K }>,
): void {
  const emit: Emit<K> = statements[stmt.kind as K];
  emit(emitter, stmt);
}

function emitInteger(
  emitter: Emitter,
  {
    value,
    target,
  }: Extract<Stmt, { kind: "AssignIntStmt" | "MakeNumberIntStmt" }>,
): void {
  emitter.body.i32Const(emitter.context.pool.number(String(value)));
  emitter.set(target);
}

function emitIsType(
  emitter: Emitter,
  { kind, source }: Extract<Stmt, { kind: keyof typeof runtimeType }>,
): void {
  emitter.push(source).runtime("rt_type_of");
  emitter.body.i32Const(runtimeType[kind]).op(op.i32Ne);
  emitter.failIf();
}

function emitDot(
  emitter: Emitter,
  stmt: Extract<Stmt, { kind: "DotStmt" }>,
): void {
  const { body } = emitter;
  emitter.push(stmt.source).push(stmt.key);
  if (stmt.key.kind === "string_index") {
    const prefix = stringPrefix(emitter.stringText(stmt.key.value));
    body.i64Const(BigInt.asIntN(64, prefix));
    emitter.runtime("rt_dot_string");
  } else {
    emitter.runtime("rt_dot");
  }
  body.tee(emitter.local(stmt.target));
  emitter.failUnless();
}

/** Runs the block for each element; each turn costs fuel. */
function emitScan(
  emitter: Emitter,
  stmt: Extract<Stmt, { kind: "ScanStmt" }>,
): void {
  const { body } = emitter;
  const [length, index] = [body.local(i32), body.local(i32)];
  const source = emitter.local(stmt.source);
  body.get(source);
  emitter.runtime("rt_scan_prepare");
  body.set(length).i32Const(0).set(index);
  body.block();
  const exit = body.depth;
  body.loop();
  const again = body.depth;
  body.get(index).get(length).op(op.i32GeS).brIf(exit);
  emitter.tick();
  body.get(source).get(index);
  emitter.runtime("rt_key_at");
  body.set(emitter.local(stmt.key)).get(source).get(index);
  emitter.runtime("rt_value_at");
  body.set(emitter.local(stmt.value));
  emitBlock(emitter, stmt.block);
  body.get(index).i32Const(1).op(op.i32Add).set(index).br(again);
  body.end();
  body.end();
}

/** Undefined when the block completes. */
function emitNot(
  emitter: Emitter,
  { block }: Extract<Stmt, { kind: "NotStmt" }>,
): void {
  const { body } = emitter;
  const completed = body.local(i32);
  body.i32Const(0).set(completed);
  body.block();
  emitter.blocks.push(body.depth);
  for (const stmt of block.stmts) {
    emitStatement(emitter, stmt);
  }
  body.i32Const(1).set(completed);
  emitter.blocks.pop();
  body.end();
  body.get(completed);
  emitter.failIf();
}

/** The document changed for the length of the block, with a rule cache of its own. */
function emitWith(
  emitter: Emitter,
  stmt: Extract<Stmt, { kind: "WithStmt" }>,
): void {
  const { body } = emitter;
  const { pool } = emitter.context;
  const local = emitter.local(stmt.local);
  const saved = body.local(i32);
  body.get(local).set(saved);
  if (stmt.path.length === 0) {
    emitter.push(stmt.value);
  } else {
    const path = pool.array(stmt.path.map((index) => emitter.stringAt(index)));
    body.get(local).i32Const(path);
    emitter.push(stmt.value).runtime("rt_upsert");
  }
  body.set(local);
  emitter.runtime("rt_memo_push");
  emitBlock(emitter, stmt.block);
  emitter.runtime("rt_memo_pop");
  body.get(saved).set(local);
}

function emitAssignOnce(
  emitter: Emitter,
  stmt: Extract<Stmt, { kind: "AssignVarOnceStmt" }>,
): void {
  const { body } = emitter;
  const target = emitter.local(stmt.target);
  body.get(target).if();
  body.get(target);
  emitter.push(stmt.source).runtime("rt_equal");
  body.op(op.i32Eqz).if();
  emitter.abort(stmt, "eval_conflict_error", stmt.conflict);
  body.end();
  body.end();
  emitter.push(stmt.source);
  body.set(target);
}

/** Scalars that are equal are equal bits; the runtime is asked only otherwise. */
function emitEqual(
  emitter: Emitter,
  { a, b }: Extract<Stmt, { kind: "EqualStmt" }>,
): void {
  const { body } = emitter;
  emitter.push(a).push(b);
  body.op(op.i32Ne);
  if (a.kind === "bool" || b.kind === "bool") {
    emitter.failIf();
    return;
  }
  body.if();
  emitter.push(a).push(b).runtime("rt_equal");
  emitter.failUnless();
  body.end();
}

function emitNotEqual(
  emitter: Emitter,
  { a, b }: Extract<Stmt, { kind: "NotEqualStmt" }>,
): void {
  emitter.push(a).push(b);
  if (a.kind === "bool" || b.kind === "bool") {
    emitter.body.op(op.i32Eq);
  } else {
    emitter.runtime("rt_equal");
  }
  emitter.failIf();
}
