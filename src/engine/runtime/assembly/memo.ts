import { alloc, headerWord } from "./memory";
import { Value } from "./value";

// The rule cache: one u32 a rule, 0 for not there. A `with` gets a fresh one.
// Frames are linked by their first word.
let frame: usize = 0;

function push(parent: usize): void {
  const size = <usize>headerWord(3) << 2;
  frame = alloc(4 + size);
  store<u32>(frame, <u32>parent);
  memory.fill(frame + 4, 0, size);
}

/** Starts with an empty cache. */
export function memoReset(): void {
  push(0);
}

export function rt_memo_get(slot: i32): Value {
  return load<u32>(frame + 4 + (<usize>slot << 2));
}

export function rt_memo_set(slot: i32, value: Value): void {
  store<u32>(frame + 4 + (<usize>slot << 2), value);
}

export function rt_memo_push(): void {
  push(frame);
}

export function rt_memo_pop(): void {
  frame = <usize>load<u32>(frame);
}
