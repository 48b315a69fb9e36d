import { chargeFuel } from "../../fuel";
import { alloc, heapTop, setHeapTop } from "../../memory";
import {
  AT_LINE_BEGIN,
  codeAt,
  JUMP,
  MATCH,
  Program,
  SAVE,
  SPLIT,
  takes,
} from "./program";
import { contextAfter, END_OF_TEXT, runeBefore, runeFrom, sizeAt } from "./text";
import { holds } from "./thread-set";

// Captures: where groups begin and end. Short matches are walked with a record
// of what was tried; others by Pike's machine, all threads in step. Both take
// time in proportion to text and program.

// Bits of the record: 32 KiB.
const MAX_TRIED: u32 = 256 * 1024;

let program: Program = changetype<Program>(0);
let text: usize = 0;
let length: u32 = 0;
let slots: u32 = 0;

/** Fills in the groups of the match whose own offsets are in `captures`. */
export function capture(p: Program, ptr: usize, size: u32, captures: usize, groups: u32): void {
  const start = load<u32>(captures);
  const span = load<u32>(captures, 4) - start + 1;
  memory.fill(captures + 8, 0xff, (<usize>groups << 3) - 8);
  begin(p, ptr, size, groups);
  const top = heapTop();
  if (<u64>span * p.count <= <u64>MAX_TRIED) walk(start, span, captures);
  else pike(p.anchored, start, captures);
  setHeapTop(top);
}

function begin(p: Program, ptr: usize, size: u32, groups: u32): void {
  program = p;
  text = ptr;
  length = size;
  slots = groups * 2;
}

/** The match without automata, for programs too large for them. */
export function findByThreads(p: Program, ptr: usize, size: u32, from: u32, captures: usize, groups: u32): bool {
  begin(p, ptr, size, groups);
  if (groups > 0) memory.fill(captures, 0xff, <usize>groups << 3);
  const top = heapTop();
  const found = pike(0, from, captures);
  setHeapTop(top);
  return found;
}

@inline
function contextAt(offset: u32): u32 {
  return program.contextual ? contextAfter(runeBefore(text, offset)) : 0;
}

// A frame: {instruction, offset}, or {slot | RESTORE, old offset}.
const RESTORE: u32 = 0x80000000;
let frames: usize = 0;
let framesRoom: u32 = 0;

function pushFrame(top: u32, a: u32, b: u32): u32 {
  if (top == framesRoom) {
    const wider = alloc(<usize>framesRoom << 4);
    memory.copy(wider, frames, <usize>framesRoom << 3);
    frames = wider;
    framesRoom *= 2;
  }
  store<u32>(frames + (<usize>top << 3), a);
  store<u32>(frames + (<usize>top << 3), b, 4);
  return top + 1;
}

/** Tries alternatives in order, each instruction once at each place. */
function walk(start: u32, span: u32, captures: usize): void {
  const bytes = (<usize>span * program.count + 7) >>> 3;
  const tried = alloc(bytes);
  memory.fill(tried, 0, bytes);
  framesRoom = 64;
  frames = alloc(<usize>framesRoom << 3);
  let top = pushFrame(0, program.anchored, start);
  let steps: i32 = 0;
  while (top > 0) {
    top--;
    let pc = load<u32>(frames + (<usize>top << 3));
    let at = load<u32>(frames + (<usize>top << 3), 4);
    if (pc & RESTORE) {
      store<u32>(captures + (<usize>(pc & ~RESTORE) << 2), at);
      continue;
    }
    while (true) {
      const bit = (at - start) * program.count + pc;
      const byte = tried + (bit >>> 3);
      if ((load<u8>(byte) >>> <u8>(bit & 7)) & 1) break;
      store<u8>(byte, load<u8>(byte) | (<u8>1 << <u8>(bit & 7)));
      steps++;
      const ins = codeAt(program, pc);
      const op = load<u32>(ins);
      if (op == MATCH) {
        chargeFuel(steps >>> 2);
        return;
      }
      if (op == SPLIT) {
        top = pushFrame(top, load<u32>(ins, 8), at);
        pc = load<u32>(ins, 4);
      } else if (op == JUMP) {
        pc = load<u32>(ins, 4);
      } else if (op == SAVE) {
        const slot = load<u32>(ins, 4);
        if (slot < slots) {
          const place = captures + (<usize>slot << 2);
          top = pushFrame(top, slot | RESTORE, load<u32>(place));
          store<u32>(place, at);
        }
        pc++;
      } else if (op >= AT_LINE_BEGIN) {
        if (!holds(op, contextAt(at), runeFrom(text, length, at))) break;
        pc++;
      } else {
        // The match ends at the span's end.
        if (at - start + 1 >= span || !takes(program, ins, runeFrom(text, length, at))) break;
        at += <u32>sizeAt(text + at);
        pc++;
      }
    }
  }
  chargeFuel(steps >>> 2);
}

// Pike's machine. A list of threads: {u32 count}, then per thread {u32
// instruction} and its captures.
let stride: usize = 0;
let marks: usize = 0;
let round: u32 = 0;
let scratch: usize = 0;

function pike(start: u32, from: u32, captures: usize): bool {
  stride = 4 + (<usize>slots << 2);
  const n = <usize>program.count;
  marks = alloc(n << 2);
  memory.fill(marks, 0, n << 2);
  round = 1;
  scratch = alloc(stride);
  memory.fill(scratch, 0xff, stride);
  framesRoom = 64;
  frames = alloc(<usize>framesRoom << 3);
  let current = alloc(4 + stride * n);
  let next = alloc(4 + stride * n);
  store<u32>(current, 0);
  if (slots > 1) store<u32>(scratch, from, 4);
  follow(current, start, from);
  let matched = false;
  let at = from;
  while (load<u32>(current) > 0) {
    const rune = runeFrom(text, length, at);
    const after = rune == END_OF_TEXT ? at : at + <u32>sizeAt(text + at);
    round++;
    store<u32>(next, 0);
    chargeFuel(1 + <i32>(load<u32>(current) >>> 1));
    if (advance(current, next, rune, after, captures, at)) {
      matched = true;
      if (slots == 0) return true;
    }
    if (rune == END_OF_TEXT) break;
    const swap = current;
    current = next;
    next = swap;
    at = after;
  }
  return matched;
}

/** One character for every thread; true when one of them had matched before it. */
function advance(current: usize, next: usize, rune: u32, after: u32, captures: usize, at: u32): bool {
  const n = load<u32>(current);
  for (let t: u32 = 0; t < n; t++) {
    const thread = current + 4 + <usize>t * stride;
    const pc = load<u32>(thread);
    const ins = codeAt(program, pc);
    if (load<u32>(ins) == MATCH) {
      if (slots > 0) {
        memory.copy(captures, thread + 4, stride - 4);
        store<u32>(captures, at, 4);
      }
      // Threads of lower priority cannot win any more.
      return true;
    }
    if (rune == END_OF_TEXT || !takes(program, ins, rune)) continue;
    memory.copy(scratch, thread, stride);
    // The loop that looks for a beginning moves it on.
    if (pc < program.anchored && slots > 1) store<u32>(scratch, after, 4);
    follow(next, pc + 1, after);
  }
  return false;
}

/** Adds what is reached without a character; captures are in `scratch`. */
function follow(list: usize, start: u32, at: u32): void {
  const before = contextAt(at);
  const rune = runeFrom(text, length, at);
  let top = pushFrame(0, start, 0);
  while (top > 0) {
    top--;
    const pc = load<u32>(frames + (<usize>top << 3));
    if (pc & RESTORE) {
      store<u32>(scratch + 4 + (<usize>(pc & ~RESTORE) << 2), load<u32>(frames + (<usize>top << 3), 4));
      continue;
    }
    const mark = marks + (<usize>pc << 2);
    if (load<u32>(mark) == round) continue;
    store<u32>(mark, round);
    const ins = codeAt(program, pc);
    const op = load<u32>(ins);
    if (op == SPLIT) {
      top = pushFrame(top, load<u32>(ins, 8), 0);
      top = pushFrame(top, load<u32>(ins, 4), 0);
    } else if (op == JUMP) {
      top = pushFrame(top, load<u32>(ins, 4), 0);
    } else if (op == SAVE) {
      const slot = load<u32>(ins, 4);
      if (slot < slots) {
        const place = scratch + 4 + (<usize>slot << 2);
        top = pushFrame(top, slot | RESTORE, load<u32>(place));
        store<u32>(place, at);
      }
      top = pushFrame(top, pc + 1, 0);
    } else if (op >= AT_LINE_BEGIN) {
      if (holds(op, before, rune)) top = pushFrame(top, pc + 1, 0);
    } else {
      const count = load<u32>(list);
      const thread = list + 4 + <usize>count * stride;
      memory.copy(thread, scratch, stride);
      store<u32>(thread, pc);
      store<u32>(list, count + 1);
    }
  }
}
