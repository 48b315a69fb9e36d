import type { Block, Local, Operand, Stmt } from "../ir/ir.ts";
import { i32, op } from "../wasm/function-body.ts";
import { stringPrefix, tag } from "./constant-pool.ts";
import { emitCall, emitCallDynamic } from "./emit-call.ts";
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

function emitStatement(emitter: Emitter, stmt: Stmt): void {
  const { body } = emitter;
  const set = (local: Local): void => {
    body.set(emitter.local(local));
  };
  switch (stmt.kind) {
    case "NopStmt":
      return;
    case "ReturnLocalStmt":
      body.get(emitter.local(stmt.source)).set(emitter.result).br(emitter.exit);
      return;
    case "CallStmt":
      emitCall(emitter, stmt);
      return;
    case "CallDynamicStmt":
      emitCallDynamic(emitter, stmt);
      return;
    case "BlockStmt":
      for (const block of stmt.blocks) {
        emitBlock(emitter, block);
      }
      return;
    case "BreakStmt":
      body.br(emitter.blocks.at(-1 - stmt.index) ?? emitter.exit);
      return;
    case "DotStmt":
      emitDot(emitter, stmt);
      return;
    case "LenStmt":
      emitter.push(stmt.source).runtime("rt_size");
      body.tee(emitter.local(stmt.target));
      emitter.failUnless();
      return;
    case "ScanStmt":
      emitScan(emitter, stmt);
      return;
    case "NotStmt":
      emitNot(emitter, stmt.block);
      return;
    case "WithStmt":
      emitWith(emitter, stmt);
      return;
    case "AssignIntStmt":
    case "MakeNumberIntStmt":
      body.i32Const(emitter.context.pool.number(String(stmt.value)));
      set(stmt.target);
      return;
    case "MakeNumberRefStmt":
      body.i32Const(
        emitter.context.pool.number(emitter.stringText(stmt.index)),
      );
      set(stmt.target);
      return;
    case "AssignVarStmt":
      emitter.push(stmt.source);
      set(stmt.target);
      return;
    case "AssignVarOnceStmt":
      emitAssignOnce(emitter, stmt);
      return;
    case "ResetLocalStmt":
      body.i32Const(tag.undefined);
      set(stmt.target);
      return;
    case "MakeNullStmt":
      body.i32Const(tag.null);
      set(stmt.target);
      return;
    case "MakeArrayStmt":
      body.i32Const(stmt.capacity);
      emitter.runtime("rt_array");
      set(stmt.target);
      return;
    case "MakeObjectStmt":
      emitter.runtime("rt_object");
      set(stmt.target);
      return;
    case "MakeSetStmt":
      emitter.runtime("rt_set");
      set(stmt.target);
      return;
    case "EqualStmt":
      emitEqual(emitter, stmt.a, stmt.b);
      return;
    case "NotEqualStmt":
      emitNotEqual(emitter, stmt.a, stmt.b);
      return;
    case "IsArrayStmt":
    case "IsObjectStmt":
    case "IsSetStmt":
      emitter.push(stmt.source).runtime("rt_type_of");
      body.i32Const(runtimeType[stmt.kind]).op(op.i32Ne);
      emitter.failIf();
      return;
    case "IsDefinedStmt":
      body.get(emitter.local(stmt.source));
      emitter.failUnless();
      return;
    case "IsUndefinedStmt":
      body.get(emitter.local(stmt.source));
      emitter.failIf();
      return;
    case "ArrayAppendStmt":
      body.get(emitter.local(stmt.array));
      emitter.push(stmt.value).runtime("rt_array_append");
      return;
    case "ResultSetAddStmt":
      body.get(emitter.result).get(emitter.local(stmt.value));
      emitter.runtime("rt_array_append");
      return;
    case "SetAddStmt":
      body.get(emitter.local(stmt.set));
      emitter.push(stmt.value).runtime("rt_set_add");
      return;
    case "ObjectInsertStmt":
      body.get(emitter.local(stmt.object));
      emitter.push(stmt.key).push(stmt.value).runtime("rt_object_insert");
      return;
    case "ObjectInsertOnceStmt":
      body.get(emitter.local(stmt.object));
      emitter.push(stmt.key).push(stmt.value).runtime("rt_object_insert_once");
      body.op(op.i32Eqz).if();
      emitter.abort(stmt, "eval_conflict_error", "object keys must be unique");
      body.end();
      return;
    case "ObjectMergeStmt":
      body.get(emitter.local(stmt.a)).get(emitter.local(stmt.b));
      emitter.runtime("rt_object_merge");
      set(stmt.target);
  }
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
function emitNot(emitter: Emitter, block: Block): void {
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
function emitEqual(emitter: Emitter, a: Operand, b: Operand): void {
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

function emitNotEqual(emitter: Emitter, a: Operand, b: Operand): void {
  emitter.push(a).push(b);
  if (a.kind === "bool" || b.kind === "bool") {
    emitter.body.op(op.i32Eq);
  } else {
    emitter.runtime("rt_equal");
  }
  emitter.failIf();
}
