import { PolicyError } from "../error.ts";
import type { Stmt } from "../ir/ir.ts";
import { FunctionBody, i32, op } from "../wasm/function-body.ts";
import type { Context, Emitter } from "./emitter.ts";

type CallCaseStmt = Extract<Stmt, { kind: "CallCaseStmt" }>;

/** Looks the value up in a constant table, then calls the function of that number. */
export function emitCallCase(emitter: Emitter, stmt: CallCaseStmt): void {
  const { body, context } = emitter;
  const numbers = new Map<string, number>();
  for (const [, name] of stmt.cases) {
    if (!numbers.has(name)) {
      numbers.set(name, numbers.size);
    }
  }
  const table = context.pool.table(
    stmt.cases.map(([value, name]) => [value, numbers.get(name) ?? 0]),
  );
  const chosen = body.local(i32);
  body.i32Const(table);
  emitter.push(stmt.source).runtime("rt_dot");
  body.tee(chosen);
  emitter.failUnless();
  body.get(chosen).i32Const(1).op(op.i32ShrU);
  for (const arg of stmt.args) {
    emitter.push(arg);
  }
  const callees = [...numbers.keys()].map((name) =>
    functionIndex(context, name),
  );
  body.call(dispatcher(context, callees, stmt.args.length));
  body.tee(emitter.local(stmt.result));
  emitter.failUnless();
}

function functionIndex({ functions }: Context, name: string): number {
  const index = functions.get(name);
  if (index === undefined) {
    throw new PolicyError("internal_error", `no function \`${name}\``);
  }
  return index;
}

// Engines compile a function when it is first called: a large choice is split.
const chunkBits = 6;
const chunkSize = 1 << chunkBits;

/** A function of a number and `args` arguments that calls the callee of that number. */
function dispatcher(
  context: Context,
  callees: readonly number[],
  args: number,
): number {
  if (callees.length <= chunkSize) {
    return choice(context, callees, args, "callee");
  }
  const chunks: number[] = [];
  for (let at = 0; at < callees.length; at += chunkSize) {
    const chunk = callees.slice(at, at + chunkSize);
    chunks.push(choice(context, chunk, args, "callee"));
  }
  return choice(context, chunks, args, "chunk");
}

/** Chooses a chunk by the high bits of the number, or a callee by its low bits. */
function choice(
  { linker }: Context,
  callees: readonly number[],
  args: number,
  level: "chunk" | "callee",
): number {
  const body = new FunctionBody(1 + args);
  for (const _ of callees) {
    body.block();
  }
  body.get(0);
  if (level === "chunk") {
    body.i32Const(chunkBits).op(op.i32ShrU);
  } else {
    body.i32Const(chunkSize - 1).op(op.i32And);
  }
  body.brTable(callees.length);
  for (const callee of callees) {
    body.end();
    for (let at = level === "chunk" ? 0 : 1; at <= args; at += 1) {
      body.get(at);
    }
    body.call(callee).op(op.return);
  }
  body.op(op.unreachable);
  const parameters = Array.from({ length: 1 + args }, () => i32);
  const index = linker.declare({ parameters, results: [i32] });
  linker.define(index, body);
  return index;
}
