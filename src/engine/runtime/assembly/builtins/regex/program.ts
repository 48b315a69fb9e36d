import { alloc, allocKept, resetKept } from "../../memory";
import {
  ALT,
  ANCHOR,
  ANY,
  CAT,
  CHAR,
  CLASS,
  EMPTY,
  first,
  fourth,
  GROUP,
  kindOf,
  Node,
  REPEAT,
  second,
  third,
} from "./node";

// Instructions of 12 bytes {code, x, y}.
export const MATCH: u32 = 0;
/** x = code point */
export const RUNE: u32 = 1;
/** x = address of ranges, y = count */
export const RANGES: u32 = 2;
/** x = 1: line ends too */
export const ANY_RUNE: u32 = 3;
/** goes to x, or, with lower priority, to y */
export const SPLIT: u32 = 4;
export const JUMP: u32 = 5;
/** x = capture slot */
export const SAVE: u32 = 6;
export const BEGIN_LINE: u32 = 7;
export const END_LINE: u32 = 8;
export const BEGIN_TEXT: u32 = 9;
export const END_TEXT: u32 = 10;
export const WORD: u32 = 11;
export const NOT_WORD: u32 = 12;

// A program: {u32 count, u32 groups, u32 code, u32 firstBytes, u32 machine of
// dfa.ts} and the code.
export type Program = usize;

// A counted repeat of counted repeats may explode; Go refuses beyond this too.
const MAX_INSTRUCTIONS: u32 = 20000;

let code: usize = 0;
let used: u32 = 0;
let room: u32 = 0;
let tooLarge: bool = false;

@inline
export function codeAt(program: Program, i: u32): usize {
  return <usize>load<u32>(program, 8) + <usize>i * 12;
}

/** Whether an instruction consumes this character. */
export function takes(at: usize, op: u32, rune: u32): bool {
  if (op == RUNE) return load<u32>(at, 4) == rune;
  if (op == ANY_RUNE) return rune != 10 || load<u32>(at, 4) == 1;
  if (op != RANGES) return false;
  const ranges = <usize>load<u32>(at, 4);
  let low: i32 = 0;
  let high = <i32>load<u32>(at, 8) - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const range = ranges + (<usize>middle << 3);
    if (rune < load<u32>(range)) high = middle - 1;
    else if (rune > load<u32>(range, 4)) low = middle + 1;
    else return true;
  }
  return false;
}

function emit(op: u32, x: u32, y: u32): u32 {
  if (used == room) {
    const wider = alloc(<usize>room * 24);
    memory.copy(wider, code, <usize>used * 12);
    code = wider;
    room *= 2;
  }
  if (used >= MAX_INSTRUCTIONS) {
    tooLarge = true;
    return used - 1;
  }
  const at = code + <usize>used * 12;
  store<u32>(at, op);
  store<u32>(at, x, 4);
  store<u32>(at, y, 8);
  return used++;
}

function patch(at: u32, x: u32, y: u32): void {
  store<u32>(code + <usize>at * 12, x, 4);
  store<u32>(code + <usize>at * 12, y, 8);
}

/** The node's program, kept beyond the decision; 0 when it is too large. */
export function makeProgram(node: Node, groups: u32): Program {
  room = 64;
  code = alloc(<usize>room * 12);
  used = 0;
  tooLarge = false;
  emit(SAVE, 0, 0);
  write(node);
  emit(SAVE, 1, 0);
  emit(MATCH, 0, 0);
  return tooLarge ? 0 : keep(groups);
}

/** Copies code and ranges out of the arena. */
function keep(groups: u32): Program {
  let size: usize = 24 + 256 + <usize>used * 12;
  for (let i: u32 = 0; i < used; i++) {
    const at = code + <usize>i * 12;
    if (load<u32>(at) == RANGES) size += <usize>load<u32>(at, 8) << 3;
  }
  let program = allocKept(size);
  if (program == 0) {
    resetKept();
    program = allocKept(size);
    // Larger than all the room there is: it lives for this decision only.
    if (program == 0) program = alloc(size);
  }
  const firstBytes = program + 24;
  store<u32>(program, 0, 16);
  const target = firstBytes + 256;
  store<u32>(program, used);
  store<u32>(program, groups, 4);
  store<u32>(program, <u32>target, 8);
  memory.copy(target, code, <usize>used * 12);
  let ranges = target + <usize>used * 12;
  for (let i: u32 = 0; i < used; i++) {
    const at = target + <usize>i * 12;
    if (load<u32>(at) != RANGES) continue;
    const bytes = <usize>load<u32>(at, 8) << 3;
    memory.copy(ranges, <usize>load<u32>(at, 4), bytes);
    store<u32>(at, <u32>ranges, 4);
    ranges += bytes;
  }
  memory.fill(firstBytes, 0, 256);
  store<u32>(program, markFirst(program, firstBytes) ? <u32>firstBytes : 0, 12);
  return program;
}

/** Marks bytes that a match can begin with; false when it may be empty or anchored. */
function markFirst(program: Program, bytes: usize): bool {
  const n = load<u32>(program);
  const seen = alloc(n);
  memory.fill(seen, 0, n);
  const stack = alloc(<usize>n << 3);
  let top: u32 = 0;
  store<u32>(stack, 0);
  top = 1;
  while (top > 0) {
    top--;
    const pc = load<u32>(stack + (<usize>top << 2));
    if (load<u8>(seen + pc)) continue;
    store<u8>(seen + pc, 1);
    const at = codeAt(program, pc);
    const op = load<u32>(at);
    if (op == SAVE) {
      store<u32>(stack + (<usize>(top++) << 2), pc + 1);
    } else if (op == JUMP || op == SPLIT) {
      store<u32>(stack + (<usize>(top++) << 2), load<u32>(at, 4));
      if (op == SPLIT) store<u32>(stack + (<usize>(top++) << 2), load<u32>(at, 8));
    } else if (op == WORD) {
      // A word boundary consumes nothing: what follows decides.
      store<u32>(stack + (<usize>(top++) << 2), pc + 1);
    } else if (op == RUNE) {
      const rune = load<u32>(at, 4);
      store<u8>(bytes + (rune < 128 ? rune : leadByte(rune)), 1);
    } else if (op == RANGES) {
      for (let i: u32 = 0; i < load<u32>(at, 8); i++) {
        const range = <usize>load<u32>(at, 4) + (<usize>i << 3);
        markRange(bytes, load<u32>(range), load<u32>(range, 4));
      }
    } else {
      return false;
    }
  }
  return true;
}

function leadByte(rune: u32): u32 {
  return rune < 0x800 ? 0xc0 | (rune >>> 6) : rune < 0x10000 ? 0xe0 | (rune >>> 12) : 0xf0 | (rune >>> 18);
}

function markRange(bytes: usize, low: u32, high: u32): void {
  for (let r = low; r <= min<u32>(high, 127); r++) store<u8>(bytes + r, 1);
  if (high >= 128) {
    const from = leadByte(max<u32>(low, 128));
    for (let b = from; b <= leadByte(high); b++) store<u8>(bytes + b, 1);
  }
}

function write(node: Node): void {
  if (tooLarge) return;
  switch (kindOf(node)) {
    case EMPTY:
      return;
    case CHAR:
      emit(RUNE, first(node), 0);
      return;
    case CLASS:
      emit(RANGES, first(node), second(node));
      return;
    case ANY:
      emit(ANY_RUNE, first(node), 0);
      return;
    case ANCHOR:
      emit(first(node), 0, 0);
      return;
    case CAT:
      write(first(node));
      write(second(node));
      return;
    case ALT: {
      const split = emit(SPLIT, 0, 0);
      write(first(node));
      const jump = emit(JUMP, 0, 0);
      patch(split, split + 1, used);
      write(second(node));
      patch(jump, used, 0);
      return;
    }
    case GROUP:
      emit(SAVE, second(node) * 2, 0);
      write(first(node));
      emit(SAVE, second(node) * 2 + 1, 0);
      return;
    case REPEAT:
      writeRepeat(node);
      return;
    default:
      return;
  }
}

function branch(at: u32, taken: u32, other: u32, greedy: bool): void {
  if (greedy) patch(at, taken, other);
  else patch(at, other, taken);
}

function writeRepeat(node: Node): void {
  const body = first(node);
  const least = second(node);
  const most = third(node);
  const greedy = fourth(node) == 1;
  for (let i: u32 = 0; i < least; i++) write(body);
  if (most < 0) {
    const split = emit(SPLIT, 0, 0);
    write(body);
    emit(JUMP, split, 0);
    branch(split, split + 1, used, greedy);
    return;
  }
  const optional = <u32>most - least;
  const splits = alloc(<usize>optional << 2);
  for (let i: u32 = 0; i < optional; i++) {
    store<u32>(splits + (<usize>i << 2), emit(SPLIT, 0, 0));
    write(body);
  }
  for (let i: u32 = 0; i < optional; i++) {
    const split = load<u32>(splits + (<usize>i << 2));
    branch(split, split + 1, used, greedy);
  }
}
