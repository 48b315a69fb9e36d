import { type Stmt, traceEvents } from "../ir/ir.ts";
import { op } from "../wasm/function-body.ts";
import type { Emitter } from "./emitter.ts";

// docs/abi.md §3: what our own host takes for an event, and for a value.
const eventId = -2;
const valueId = -3;

/** Marks a position as reached, or tells the host what happens there. */
export function emitEvent(
  emitter: Emitter,
  { event, position, values }: Extract<Stmt, { kind: "EventStmt" }>,
): void {
  const { body, context } = emitter;
  if (event === "cover") {
    body
      .i32Const(context.coverage + position)
      .i32Const(1)
      .i32Store8();
    return;
  }
  body
    .i32Const(eventId)
    .i32Const(values === undefined ? 2 : 3)
    .i32Const(0);
  body.i32Const(position).i32Const(traceEvents.indexOf(event));
  if (values === undefined) {
    body.i32Const(0);
  } else {
    body.get(emitter.local(values));
  }
  body.i32Const(0);
  emitter.runtime("rt_host_builtin");
  body.op(op.drop);
}

/** Tells the host what a name holds; 0 when it holds nothing. */
export function emitValue(
  emitter: Emitter,
  { name, source }: Extract<Stmt, { kind: "ValueStmt" }>,
): void {
  const { body } = emitter;
  body.i32Const(valueId).i32Const(2).i32Const(0);
  body.i32Const(name).get(emitter.local(source));
  body.i32Const(0).i32Const(0);
  emitter.runtime("rt_host_builtin");
  body.op(op.drop);
}
