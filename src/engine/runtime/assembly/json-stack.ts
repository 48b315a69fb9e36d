import { alloc, scratchBase, scratchSize } from "./memory";

// Where the JSON reader keeps what it has read of collections that are still
// open. It begins in a room that is always there and moves to a larger one on
// the heap when a document is wide or deep.

let base: usize = 0;
let size: usize = 0;

/** An empty stack; its first address. */
export function openStack(): usize {
  base = scratchBase();
  size = scratchSize();
  // Offset 0 stands for no frame.
  return base + 8;
}

/** Whether there is room for `more` bytes from `at` on. */
@inline
export function stackHas(at: usize, more: usize): bool {
  return at + more <= base + size;
}

/** A larger stack with the same content; by how much its addresses differ. */
export function widenStack(): usize {
  const from = base;
  const used = size;
  size = used * 2;
  base = alloc(size);
  memory.copy(base, from, used);
  return base - from;
}

/** An address as it is kept on the stack, which may move. */
@inline
export function toOffset(at: usize): u32 {
  return <u32>(at - base);
}

@inline
export function fromOffset(offset: u32): usize {
  return base + <usize>offset;
}
