import { type Stmt, traceEvents } from "../ir/ir.ts";
import { op } from "../wasm/function-body.ts";
import type { Emitter } from "./emitter.ts";

// docs/abi.md §3: what our own host takes for an event.
const eventId = -2;

/** Marks a position as reached, or tells the host what happens there. */
export function emitEvent(
  emitter: Emitter,
  { event, position }: Extract<Stmt, { kind: "EventStmt" }>,
): void {
  const { body, context } = emitter;
  if (event === "cover") {
    body
      .i32Const(context.coverage + position)
      .i32Const(1)
      .i32Store8();
    return;
  }
  body.i32Const(eventId).i32Const(2).i32Const(0);
  body.i32Const(position).i32Const(traceEvents.indexOf(event));
  body.i32Const(0).i32Const(0);
  emitter.runtime("rt_host_builtin");
  body.op(op.drop);
}
