import { opa_abort } from "./env";

/** Limit in pages; 0 is none. */
export let max_pages: i32 = 0;

// The linker writes the heap base, the builtins and entrypoints objects and
// the number of memo slots here.
const HEADER: usize = 1024;

let top: usize = 0;
let limit: usize = 0;

@inline
export function headerWord(index: usize): u32 {
  return load<u32>(HEADER + index * 4);
}

// Kept from one decision to the next, below what a host frees: compiled
// regular expressions and their automata. Bounded, so that patterns from requests cannot fill
// the memory.
const KEPT_SIZE: usize = 1024 * 1024;
let keptBase: usize = 0;

// Below that, a room that the JSON reader uses again and again.
const SCRATCH_SIZE: usize = 16 * 1024;
let keptTop: usize = 0;
let keptResets: u32 = 0;

/** Bytes that survive `opa_heap_ptr_set`, or 0 when the room is used up. */
export function allocKept(size: usize): usize {
  if (top == 0) start();
  const at = (keptTop + 7) & ~7;
  if (at + size > keptBase + KEPT_SIZE) return 0;
  keptTop = at + size;
  return at;
}

/** Bytes of the kept room that are left. */
export function keptFree(): usize {
  if (top == 0) start();
  return keptBase + KEPT_SIZE - keptTop;
}

/** Whether this address outlives the decision. */
export function isKept(at: usize): bool {
  return at >= keptBase && at < keptTop;
}

/** Forgets everything that was kept. */
export function resetKept(): void {
  keptTop = keptBase;
  keptResets++;
}

/** Changes whenever what was kept is gone. */
export function keptGeneration(): u32 {
  return keptResets;
}

function start(): void {
  keptBase = <usize>headerWord(0) + SCRATCH_SIZE;
  keptTop = keptBase;
  top = keptBase + KEPT_SIZE;
  limit = <usize>memory.size() << 16;
  if (top > limit) grow();
}

/** The reader's room, 8-aligned. */
export function scratchBase(): usize {
  if (top == 0) start();
  return keptBase - SCRATCH_SIZE;
}

export function scratchSize(): usize {
  return SCRATCH_SIZE;
}

/** Aborts the evaluation with a static text. */
export function abortText(text: usize): void {
  opa_abort(text);
  unreachable();
}

// @ts-ignore: static data
const MEMORY_TEXT = memory.data<u8>([
  101, 118, 97, 108, 95, 108, 105, 109, 105, 116, 95, 101, 114, 114, 111, 114, 58, 32,
  109, 101, 109, 111, 114, 121, 32, 108, 105, 109, 105, 116, 32, 101, 120, 99, 101,
  101, 100, 101, 100, 0,
]);

function grow(): void {
  const size = <usize>memory.size();
  const needed = ((top - limit) >>> 16) + 1;
  if (max_pages > 0 && size + needed > <usize>max_pages) {
    top = limit;
    abortText(MEMORY_TEXT);
  }
  // Geometric, so that many small allocations grow rarely.
  let extra = max<usize>(needed, min<usize>(size, 256));
  if (max_pages > 0) extra = min<usize>(extra, <usize>max_pages - size);
  if (memory.grow(<i32>extra) < 0 && memory.grow(<i32>needed) < 0) {
    top = limit;
    abortText(MEMORY_TEXT);
  }
  limit = <usize>memory.size() << 16;
}

/** Whether memory is there up to this address. */
@inline
export function isReadable(end: usize): bool {
  return end <= limit;
}

/** `size` bytes, 8-aligned; freed by putting the heap pointer back. */
export function alloc(size: usize): usize {
  const at = (top + 7) & ~7;
  const next = at + size;
  // Before the first allocation both are zero.
  if (next > limit || top == 0) return allocSlowly(size);
  top = next;
  return at;
}

function allocSlowly(size: usize): usize {
  if (top == 0) start();
  const at = (top + 7) & ~7;
  top = at + size;
  if (top > limit) grow();
  return at;
}

export function heapTop(): usize {
  if (top == 0) start();
  return top;
}

export function setHeapTop(value: usize): void {
  if (top == 0) start();
  top = value;
  if (top > limit) grow();
}

/** Makes `at … at + size` usable without moving the heap pointer. */
export function reserve(at: usize, size: usize): void {
  const before = top;
  top = at + size;
  if (top > limit) grow();
  top = before;
}
