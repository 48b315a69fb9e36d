import { chargeFuel } from "../../fuel";
import { alloc, allocKept, isKept } from "../../memory";
import { runeAt, runeSize } from "../strings";
import {
  ANY_RUNE,
  BEGIN_LINE,
  BEGIN_TEXT,
  codeAt,
  END_LINE,
  END_TEXT,
  JUMP,
  MATCH,
  NOT_WORD,
  Program,
  RANGES,
  RUNE,
  SAVE,
  SPLIT,
  takes,
  WORD,
} from "./program";

// Whether there is a match at all, a table look-up a byte: a deterministic
// automaton, made state by state as texts need them and kept with the program.
// Where the match lies is Pike's machine's business (match.ts).

// {u32 classes, u32 states, u32 first state at the text's begin, 64 × u32 heads,
// 128 × u8 class of an ASCII character}
const STATES: usize = 4;
const HEADS: usize = 8;
const BUCKETS: u32 = 64;
const CLASS_OF: usize = HEADS + 64 * 4;
const SIZE: usize = CLASS_OF + 128;
// More, and the program is Pike's alone.
const MAX_STATES: u32 = 600;

// A state: {u32 instructions, u32 flags, u32 next in its bucket, (classes + 1) ×
// u32 transitions, instructions × u16}. A transition is an address or one of:
const UNKNOWN: u32 = 0;
const FOUND: u32 = 1;
const DEAD: u32 = 2;
const TRANSITIONS: usize = 12;

// What stood before the position, where an instruction asks for it.
const AFTER_WORD: u32 = 1;
const AFTER_LINE: u32 = 2;
const AT_BEGIN: u32 = 4;

const END: u32 = 0xffffffff;
const UNUSABLE: u32 = 1;

let program: Program = 0;
let machine: usize = 0;

// The set under construction: instructions that consume, assert or match.
let members: usize = 0;
let count: u32 = 0;
let seen: usize = 0;
let stack: usize = 0;
let matches: bool = false;
let asserts: bool = false;

/** 1: there is a match from `from` on; 0: there is none; -1: ask Pike's machine. */
export function dfaFinds(p: Program, text: usize, length: u32, from: u32): i32 {
  program = p;
  machine = machineOf(p);
  if (machine == UNUSABLE) return -1;
  chargeFuel(<i32>((length - from) >>> 3) + 1);
  let state = startState(text, from);
  const classes = load<u32>(machine);
  const classOf = machine + CLASS_OF;
  let i = from;
  while (state > DEAD && i < length) {
    const c = <u32>load<u8>(text + i);
    let next: u32;
    if (c < 128) {
      const slot = <usize>state + TRANSITIONS + (<usize>load<u8>(classOf + c) << 2);
      next = load<u32>(slot);
      i++;
      if (next == UNKNOWN) {
        next = step(state, c);
        if (next != UNKNOWN) store<u32>(slot, next);
      }
    } else {
      next = step(state, runeAt(text + i));
      i += runeSize(text + i);
    }
    state = next;
  }
  if (state > DEAD) {
    const slot = <usize>state + TRANSITIONS + (<usize>classes << 2);
    state = load<u32>(slot);
    if (state == UNKNOWN) {
      state = step(<u32>(slot - TRANSITIONS - (<usize>classes << 2)), END);
      if (state != UNKNOWN) store<u32>(slot, state);
    }
  }
  if (state == UNKNOWN) {
    store<u32>(p, UNUSABLE, 16);
    return -1;
  }
  return state == FOUND ? 1 : 0;
}

function machineOf(p: Program): usize {
  const known = load<u32>(p, 16);
  if (known != 0) return <usize>known;
  // A program that ends with the decision is not worth a machine.
  const made = isKept(p) ? allocKept(SIZE) : 0;
  if (made == 0) {
    store<u32>(p, UNUSABLE, 16);
    return UNUSABLE;
  }
  memory.fill(made, 0, SIZE);
  store<u32>(made, classify(p, made + CLASS_OF));
  store<u32>(p, <u32>made, 16);
  return made;
}

/** Characters that no instruction tells apart share a class. */
function classify(p: Program, classOf: usize): u32 {
  const cuts = alloc(136);
  memory.fill(cuts, 0, 136);
  const n = load<u32>(p);
  for (let pc: u32 = 0; pc < n; pc++) {
    const at = codeAt(p, pc);
    const op = load<u32>(at);
    if (op == RUNE) {
      cut(cuts, load<u32>(at, 4), load<u32>(at, 4));
    } else if (op == RANGES) {
      for (let r: u32 = 0; r < load<u32>(at, 8); r++) {
        const range = <usize>load<u32>(at, 4) + (<usize>r << 3);
        cut(cuts, load<u32>(range), load<u32>(range, 4));
      }
    } else if (op == ANY_RUNE || op == BEGIN_LINE || op == END_LINE) {
      cut(cuts, 10, 10);
    } else if (op == WORD || op == NOT_WORD) {
      cut(cuts, 48, 57);
      cut(cuts, 65, 90);
      cut(cuts, 95, 95);
      cut(cuts, 97, 122);
      cut(cuts, 10, 10);
    }
  }
  let current: u32 = 0;
  for (let c: u32 = 0; c < 128; c++) {
    if (c > 0 && load<u8>(cuts + c)) current++;
    store<u8>(classOf + c, <u8>current);
  }
  return current + 1;
}

function cut(cuts: usize, low: u32, high: u32): void {
  if (low <= 128) store<u8>(cuts + low, 1);
  if (high < 128) store<u8>(cuts + high + 1, 1);
}

function isWord(c: u32): bool {
  return (c >= 48 && c <= 57) || (c >= 65 && c <= 90) || c == 95 || (c >= 97 && c <= 122);
}

function begin(): void {
  const n = <usize>load<u32>(program);
  members = alloc(n << 2);
  stack = alloc((n + 1) << 3);
  seen = alloc(n);
  clear();
}

function clear(): void {
  memory.fill(seen, 0, <usize>load<u32>(program));
  count = 0;
  matches = false;
  asserts = false;
}

function startState(text: usize, from: u32): u32 {
  let before: u32 = AT_BEGIN;
  if (from > 0) {
    const c = <u32>load<u8>(text + from - 1);
    before = (isWord(c) ? AFTER_WORD : 0) | (c == 10 ? AFTER_LINE : 0);
  }
  begin();
  enter(0, before);
  return intern(before);
}

/** Adds an instruction and what is reached from it without consuming or asserting. */
function enter(start: u32, before: u32): void {
  let top: u32 = 0;
  store<u32>(stack + (<usize>(top++) << 2), start);
  while (top > 0) {
    const pc = load<u32>(stack + (<usize>--top << 2));
    if (load<u8>(seen + pc)) continue;
    store<u8>(seen + pc, 1);
    const at = codeAt(program, pc);
    switch (load<u32>(at)) {
      case MATCH:
        matches = true;
        break;
      case SAVE:
        store<u32>(stack + (<usize>(top++) << 2), pc + 1);
        break;
      case SPLIT:
        store<u32>(stack + (<usize>(top++) << 2), load<u32>(at, 8));
        store<u32>(stack + (<usize>(top++) << 2), load<u32>(at, 4));
        break;
      case JUMP:
        store<u32>(stack + (<usize>(top++) << 2), load<u32>(at, 4));
        break;
      case BEGIN_TEXT:
        if (before & AT_BEGIN) store<u32>(stack + (<usize>(top++) << 2), pc + 1);
        break;
      case BEGIN_LINE:
        if (before & (AT_BEGIN | AFTER_LINE)) store<u32>(stack + (<usize>(top++) << 2), pc + 1);
        break;
      case END_TEXT:
      case END_LINE:
      case WORD:
      case NOT_WORD:
        asserts = true;
        store<u32>(members + (<usize>(count++) << 2), pc);
        break;
      default:
        store<u32>(members + (<usize>(count++) << 2), pc);
    }
  }
}

/** Where a state leads with a character; UNKNOWN when there is no room for it. */
function step(state: u32, rune: u32): u32 {
  begin();
  const n = load<u32>(state);
  const before = load<u32>(state, 4);
  const list = <usize>state + TRANSITIONS + ((<usize>load<u32>(machine) + 1) << 2);
  for (let i: u32 = 0; i < n; i++) {
    const pc = <u32>load<u16>(list + (<usize>i << 1));
    store<u8>(seen + pc, 1);
    store<u32>(members + (<usize>(count++) << 2), pc);
  }
  // Assertions that hold here lead on; the list grows while it is read.
  for (let i: u32 = 0; i < count; i++) {
    const pc = load<u32>(members + (<usize>i << 2));
    if (holds(load<u32>(codeAt(program, pc)), before, rune)) enter(pc + 1, before);
    if (matches) return FOUND;
  }
  if (rune == END) return DEAD;
  const from = members;
  const candidates = count;
  begin();
  const after: u32 = (isWord(rune) ? AFTER_WORD : 0) | (rune == 10 ? AFTER_LINE : 0);
  for (let i: u32 = 0; i < candidates; i++) {
    const pc = load<u32>(from + (<usize>i << 2));
    const at = codeAt(program, pc);
    if (takes(at, load<u32>(at), rune)) enter(pc + 1, after);
  }
  // A match may begin anywhere.
  enter(0, after);
  return intern(after);
}

function holds(op: u32, before: u32, rune: u32): bool {
  const boundary = ((before & AFTER_WORD) != 0) != (rune != END && isWord(rune));
  if (op == WORD) return boundary;
  if (op == NOT_WORD) return !boundary;
  if (op == END_TEXT) return rune == END;
  return op == END_LINE && (rune == END || rune == 10);
}

/** The state of the set under construction. */
function intern(before: u32): u32 {
  if (matches) return FOUND;
  if (count == 0) return DEAD;
  const flags = asserts ? before : 0;
  sort();
  let hash: u32 = 2166136261 ^ flags;
  for (let i: u32 = 0; i < count; i++) hash = (hash ^ load<u32>(members + (<usize>i << 2))) * 16777619;
  const head = machine + HEADS + (<usize>((hash ^ (hash >>> 16)) % BUCKETS) << 2);
  const classes = load<u32>(machine);
  const offset = TRANSITIONS + ((<usize>classes + 1) << 2);
  for (let state = load<u32>(head); state != 0; state = load<u32>(state, 8)) {
    if (load<u32>(state) == count && load<u32>(state, 4) == flags && same(<usize>state + offset)) return state;
  }
  const states = load<u32>(machine + STATES);
  const made = states < MAX_STATES ? allocKept(offset + (<usize>count << 1)) : 0;
  if (made == 0) return UNKNOWN;
  memory.fill(made, 0, offset);
  store<u32>(made, count);
  store<u32>(made, flags, 4);
  for (let i: u32 = 0; i < count; i++) {
    store<u16>(made + offset + (<usize>i << 1), <u16>load<u32>(members + (<usize>i << 2)));
  }
  store<u32>(made, load<u32>(head), 8);
  store<u32>(head, <u32>made);
  store<u32>(machine + STATES, states + 1);
  return <u32>made;
}

function same(list: usize): bool {
  for (let i: u32 = 0; i < count; i++) {
    if (<u32>load<u16>(list + (<usize>i << 1)) != load<u32>(members + (<usize>i << 2))) return false;
  }
  return true;
}

/** Insertion sort: sets are small and nearly in order. */
function sort(): void {
  for (let i: u32 = 1; i < count; i++) {
    const pc = load<u32>(members + (<usize>i << 2));
    let j = i;
    while (j > 0 && load<u32>(members + (<usize>(j - 1) << 2)) > pc) {
      store<u32>(members + (<usize>j << 2), load<u32>(members + (<usize>(j - 1) << 2)));
      j--;
    }
    store<u32>(members + (<usize>j << 2), pc);
  }
}
