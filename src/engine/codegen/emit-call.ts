import { PolicyError } from "../error.ts";
import type { Stmt } from "../ir/ir.ts";
import { i32, op } from "../wasm/function-body.ts";
import { toPatternCall } from "./constant-patterns.ts";
import { tag } from "./constant-pool.ts";
import { type Emitter, place } from "./emitter.ts";

type CallStmt = Extract<Stmt, { kind: "CallStmt" }>;

/** The runtime's export that implements a builtin. */
export function builtinExport(name: string): string {
  return `builtin_${name.replace(/[^a-z0-9_]/g, "_")}`;
}

// These tell the host something and are always true.
const voidBuiltins: ReadonlySet<string> = new Set([
  "internal.print",
  "internal.test_case",
]);

/** A call of a policy function, of a builtin in the module, or of the host. */
export function emitCall(emitter: Emitter, stmt: CallStmt): void {
  const { body, context } = emitter;
  const func = context.functions.get(stmt.func);
  if (func !== undefined) {
    for (const arg of stmt.args) {
      emitter.push(arg);
    }
    body.call(func).tee(emitter.local(stmt.result));
    emitter.failUnless();
    return;
  }
  if (voidBuiltins.has(stmt.func)) {
    // Whatever a host answers.
    emitHostCall(emitter, stmt);
    body.op(op.drop).i32Const(tag.true).set(emitter.local(stmt.result));
    return;
  }
  emitBuiltin(emitter, stmt);
  body.tee(emitter.local(stmt.result)).op(op.i32Eqz).if();
  body.i32Const(context.pool.text(place(stmt)));
  body.i32Const(context.pool.text(`${stmt.func}: `));
  emitter.runtime("rt_builtin_failed");
  body.br(emitter.block);
  body.end();
}

function emitBuiltin(emitter: Emitter, stmt: CallStmt): void {
  const { body, context } = emitter;
  const known = toPatternCall(emitter, stmt);
  const native = known?.func ?? context.linker.find(builtinExport(stmt.func));
  if (native === undefined) {
    emitHostCall(emitter, stmt);
    return;
  }
  for (const arg of known?.args ?? stmt.args) {
    if ("image" in arg) {
      body.i32Const(arg.image);
    } else {
      emitter.push(arg);
    }
  }
  body.call(native);
}

// The ABI has opa_builtin0 to opa_builtin4; more operands come as one array,
// which only our own host takes and only builtins of our own host have.
const maxHostOperands = 4;

function emitHostCall(emitter: Emitter, stmt: CallStmt): void {
  const { body, context } = emitter;
  const id = context.hostBuiltins.get(stmt.func);
  if (id === undefined) {
    throw new PolicyError(
      "rego_compile_error",
      `builtin \`${stmt.func}\` cannot be called from a module`,
      { location: stmt.location },
    );
  }
  const isPacked = stmt.args.length > maxHostOperands;
  const count = isPacked ? 1 : stmt.args.length;
  const packed = isPacked ? packOperands(emitter, stmt) : 0;
  body.i32Const(id).i32Const(count);
  body.i32Const(context.pool.text(place(stmt)));
  if (isPacked) {
    body.get(packed);
  } else {
    for (const arg of stmt.args) {
      emitter.push(arg);
    }
  }
  for (let missing = count; missing < maxHostOperands; missing += 1) {
    body.i32Const(0);
  }
  emitter.runtime("rt_host_builtin");
}

/** An array value of the operands; returns the local that has it. */
function packOperands(emitter: Emitter, stmt: CallStmt): number {
  const { body } = emitter;
  const array = body.local(i32);
  body.i32Const(stmt.args.length);
  emitter.runtime("rt_array");
  body.set(array);
  for (const arg of stmt.args) {
    body.get(array);
    emitter.push(arg);
    emitter.runtime("rt_array_append");
  }
  return array;
}

/** Compares the path with that of every function of the same arity. */
export function emitCallDynamic(
  emitter: Emitter,
  stmt: Extract<Stmt, { kind: "CallDynamicStmt" }>,
): void {
  const { body, context } = emitter;
  const result = emitter.local(stmt.result);
  body.i32Const(0).set(result);
  body.block();
  const found = body.depth;
  for (const func of context.policy.funcs) {
    const index = context.functions.get(func.name);
    if (index === undefined || func.path.length !== stmt.path.length) {
      continue;
    }
    body.block();
    const next = body.depth;
    for (const [position, operand] of stmt.path.entries()) {
      emitter.push(operand);
      body.i32Const(context.pool.string(func.path[position] ?? ""));
      emitter.runtime("rt_equal");
      body.op(op.i32Eqz).brIf(next);
    }
    for (const arg of stmt.args) {
      body.get(emitter.local(arg));
    }
    body.call(index).set(result).br(found);
    body.end();
  }
  body.end();
  body.get(result);
  emitter.failUnless();
}
