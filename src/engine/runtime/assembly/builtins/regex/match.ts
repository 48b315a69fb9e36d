import { chargeFuel } from "../../fuel";
import { alloc } from "../../memory";
import { dfaFinds } from "./dfa";
import { runeAt, runeSize } from "../strings";
import {
  BEGIN_LINE,
  BEGIN_TEXT,
  codeAt,
  END_LINE,
  END_TEXT,
  JUMP,
  MATCH,
  NOT_WORD,
  Program,
  SAVE,
  SPLIT,
  takes,
  WORD,
} from "./program";

// Pike's machine: all threads go over the text together, in order of
// priority, so that time is linear and the leftmost-first match is found.

// A list of threads: {u32 count} then per thread {u32 pc} and its captures.
let slots: u32 = 0;
let stride: usize = 0;
let program: Program = 0;
let text: usize = 0;
let length: u32 = 0;
// For each instruction the step that last added it.
let marks: usize = 0;
let step: u32 = 0;
let scratch: usize = 0;
let result: usize = 0;

/**
 * Looks for the first match from `from` on. `captures` gets 2 × wanted offsets,
 * -1 for groups that took no part; wanted 0 asks only whether there is one.
 */
export function search(
  p: Program,
  ptr: usize,
  size: u32,
  from: u32,
  captures: usize,
  wanted: u32,
): bool {
  const found = dfaFinds(p, ptr, size, from);
  if (found == 0 || (found == 1 && wanted == 0)) return found == 1;
  program = p;
  text = ptr;
  length = size;
  slots = wanted * 2;
  stride = 4 + (<usize>slots << 2);
  result = captures;
  const n = load<u32>(p);
  marks = alloc(<usize>n << 2);
  memory.fill(marks, 0, <usize>n << 2);
  step = 0;
  scratch = alloc(stride);
  let current = alloc(4 + stride * n);
  let next = alloc(4 + stride * n);
  store<u32>(current, 0);
  const firstBytes = <usize>load<u32>(p, 12);
  let matched = false;
  let i = from;
  while (true) {
    if (load<u32>(current) == 0) {
      if (matched) break;
      if (firstBytes) {
        const before = i;
        while (i < length && !load<u8>(firstBytes + load<u8>(text + i))) i++;
        chargeFuel(<i32>((i - before) >>> 4));
        if (i >= length) break;
      }
    }
    if (!matched) {
      step++;
      // Threads that are there already keep their priority: marks tell.
      remark(current);
      memory.fill(scratch, 0xff, stride);
      add(current, 0, i);
    }
    if (load<u32>(current) == 0) {
      if (i >= length || matched) break;
      i += runeSize(text + i);
      continue;
    }
    const atEnd = i >= length;
    const rune = atEnd ? 0xffffffff : runeAt(text + i);
    const after = atEnd ? i : i + runeSize(text + i);
    step++;
    store<u32>(next, 0);
    chargeFuel(1 + <i32>(load<u32>(current) >>> 2));
    if (advance(current, next, rune, after)) matched = true;
    const swap = current;
    current = next;
    next = swap;
    if (atEnd) break;
    i = after;
    if (matched && slots == 0) return true;
  }
  return matched;
}

function remark(list: usize): void {
  const n = load<u32>(list);
  for (let t: u32 = 0; t < n; t++) {
    store<u32>(marks + (<usize>load<u32>(list + 4 + t * stride) << 2), step);
  }
}

/** One rune for every thread; true when one of them matched here. */
function advance(current: usize, next: usize, rune: u32, after: u32): bool {
  const n = load<u32>(current);
  for (let t: u32 = 0; t < n; t++) {
    const thread = current + 4 + t * stride;
    const at = codeAt(program, load<u32>(thread));
    const op = load<u32>(at);
    if (op == MATCH) {
      if (slots) memory.copy(result, thread + 4, stride - 4);
      // Threads of lower priority cannot win any more.
      return true;
    }
    if (rune == 0xffffffff || !takes(at, op, rune)) continue;
    memory.copy(scratch, thread, stride);
    add(next, load<u32>(thread) + 1, after);
  }
  return false;
}

function isWordByte(c: u32): bool {
  return (c >= 48 && c <= 57) || (c >= 65 && c <= 90) || c == 95 || (c >= 97 && c <= 122);
}

function atBoundary(position: u32): bool {
  const before = position > 0 && isWordByte(load<u8>(text + position - 1));
  const after = position < length && isWordByte(load<u8>(text + position));
  return before != after;
}

/** Follows what consumes nothing, from pc on; captures are in `scratch`. */
function add(list: usize, start: u32, position: u32): void {
  let pc = start;
  while (true) {
    const mark = marks + (<usize>pc << 2);
    if (load<u32>(mark) == step) return;
    store<u32>(mark, step);
    const at = codeAt(program, pc);
    switch (load<u32>(at)) {
      case JUMP:
        pc = load<u32>(at, 4);
        continue;
      case SPLIT:
        add(list, load<u32>(at, 4), position);
        pc = load<u32>(at, 8);
        continue;
      case SAVE: {
        const slot = load<u32>(at, 4);
        if (slot < slots) {
          const where = scratch + 4 + (<usize>slot << 2);
          const old = load<u32>(where);
          store<u32>(where, position);
          add(list, pc + 1, position);
          store<u32>(where, old);
          return;
        }
        pc++;
        continue;
      }
      case BEGIN_LINE:
        if (position > 0 && load<u8>(text + position - 1) != 10) return;
        break;
      case END_LINE:
        if (position < length && load<u8>(text + position) != 10) return;
        break;
      case BEGIN_TEXT:
        if (position > 0) return;
        break;
      case END_TEXT:
        if (position < length) return;
        break;
      case WORD:
        if (!atBoundary(position)) return;
        break;
      case NOT_WORD:
        if (atBoundary(position)) return;
        break;
      default: {
        const count = load<u32>(list);
        const thread = list + 4 + count * stride;
        memory.copy(thread, scratch, stride);
        store<u32>(thread, pc);
        store<u32>(list, count + 1);
        return;
      }
    }
    pc++;
  }
}
