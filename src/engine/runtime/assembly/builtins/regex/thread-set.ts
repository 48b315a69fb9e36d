import { alloc } from "../../memory";
import {
  AT_LINE_BEGIN,
  AT_LINE_END,
  AT_TEXT_BEGIN,
  AT_TEXT_END,
  AT_WORD_EDGE,
  codeAt,
  JUMP,
  MATCH,
  NOT_AT_WORD_EDGE,
  Program,
  SAVE,
  SPLIT,
  takes,
} from "./program";
import { AFTER_LINE, AFTER_WORD, AT_BEGIN, contextAfter, END_OF_TEXT, isWord } from "./text";

// Sets of threads of a program: the instructions at which they wait, in order
// of priority. One step of an automaton is a step of all of them.

/** What comes next is not known: instructions that ask wait. */
export const UNKNOWN_AHEAD: u32 = 0xfffffffe;

let program: Program = changetype<Program>(0);
// Lower priority than a match does not count.
let ordered: bool = false;

/** The set under construction. */
let members: usize = 0;
let count: u32 = 0;
let waits: bool = false;
let matched: bool = false;

let resolved: usize = 0;
let resolvedCount: u32 = 0;
// For each instruction the round in which it was last added.
let seen: usize = 0;
let round: u32 = 0;
let stack: usize = 0;

// Instructions there is room for.
let room: u32 = 0;

/** What was prepared may be gone. */
export function releaseThreads(): void {
  room = 0;
}

/** Room for sets of a program until the heap is put back. */
export function prepareThreads(p: Program, byPriority: bool): void {
  program = p;
  ordered = byPriority;
  const n = <usize>p.count;
  round = 0;
  if (p.count <= room) {
    memory.fill(seen, 0, n << 2);
    return;
  }
  room = p.count;
  members = alloc(n << 2);
  resolved = alloc(n << 2);
  seen = alloc(n << 2);
  stack = alloc((n << 3) + 16);
  memory.fill(seen, 0, n << 2);
}

@inline
export function threadCount(): u32 {
  return count;
}
@inline
export function threadAt(index: u32): u32 {
  return load<u32>(members + (<usize>index << 2));
}
export function threadsAddress(): usize {
  return members;
}
/** Whether some thread waits for what comes next. */
@inline
export function threadsWait(): bool {
  return waits;
}
/** Whether a thread is at the end of a match. */
@inline
export function threadsMatch(): bool {
  return matched;
}

function begin(): void {
  round++;
  count = 0;
  waits = false;
  matched = false;
}

/** The threads that begin at an instruction. */
export function startThreads(pc: u32, before: u32): void {
  begin();
  follow(pc, before, UNKNOWN_AHEAD);
}

/**
 * Threads of a set, kept as `n` words at `list`, after a character: true when
 * one of them had matched before it. The set is then under construction.
 */
export function stepThreads(list: usize, n: u32, before: u32, rune: u32): bool {
  begin();
  let i: u32 = 0;
  while (i < n) {
    const pc = load<u32>(list + (<usize>(i++) << 2));
    if (load<u32>(seen + (<usize>pc << 2)) == round) continue;
    const op = load<u32>(codeAt(program, pc));
    if (op < AT_LINE_END) {
      add(pc, op);
    } else if (holds(op, before, rune)) {
      store<u32>(seen + (<usize>pc << 2), round);
      follow(pc + 1, before, rune);
    }
    if (matched && ordered) break;
  }
  const found = matched;
  const swap = resolved;
  resolved = members;
  resolvedCount = count;
  members = swap;
  begin();
  if (rune == END_OF_TEXT) return found;
  const after = program.contextual ? contextAfter(rune) : 0;
  for (i = 0; i < resolvedCount; i++) {
    const pc = load<u32>(resolved + (<usize>i << 2));
    if (!takes(program, codeAt(program, pc), rune)) continue;
    follow(pc + 1, after, UNKNOWN_AHEAD);
    if (matched && ordered) break;
  }
  return found;
}

@inline
function add(pc: u32, op: u32): void {
  store<u32>(seen + (<usize>pc << 2), round);
  store<u32>(members + (<usize>(count++) << 2), pc);
  if (op == MATCH) matched = true;
}

/** Adds what is reached from `start` without a character. */
function follow(start: u32, before: u32, ahead: u32): void {
  let top = stack;
  store<u32>(top, start);
  top += 4;
  while (top > stack) {
    top -= 4;
    const pc = load<u32>(top);
    if (load<u32>(seen + (<usize>pc << 2)) == round) continue;
    const at = codeAt(program, pc);
    const op = load<u32>(at);
    switch (op) {
      case SPLIT:
        store<u32>(top, load<u32>(at, 8));
        store<u32>(top, load<u32>(at, 4), 4);
        top += 8;
        break;
      case JUMP:
        store<u32>(top, load<u32>(at, 4));
        top += 4;
        break;
      case SAVE:
        store<u32>(top, pc + 1);
        top += 4;
        break;
      case AT_LINE_BEGIN:
      case AT_TEXT_BEGIN:
        if (before & (op == AT_TEXT_BEGIN ? AT_BEGIN : AT_BEGIN | AFTER_LINE)) {
          store<u32>(top, pc + 1);
          top += 4;
        }
        break;
      case AT_LINE_END:
      case AT_TEXT_END:
      case AT_WORD_EDGE:
      case NOT_AT_WORD_EDGE:
        if (ahead == UNKNOWN_AHEAD) {
          waits = true;
          add(pc, op);
        } else if (holds(op, before, ahead)) {
          store<u32>(top, pc + 1);
          top += 4;
        }
        break;
      default:
        add(pc, op);
        if (op == MATCH && ordered) return;
    }
    store<u32>(seen + (<usize>pc << 2), round);
  }
}

/** Whether an assertion holds between what stands before and what comes next. */
export function holds(op: u32, before: u32, rune: u32): bool {
  if (op == AT_TEXT_END) return rune == END_OF_TEXT;
  if (op == AT_LINE_END) return rune == END_OF_TEXT || rune == 10;
  if (op == AT_TEXT_BEGIN) return (before & AT_BEGIN) != 0;
  if (op == AT_LINE_BEGIN) return (before & (AT_BEGIN | AFTER_LINE)) != 0;
  const edge = ((before & AFTER_WORD) != 0) != (rune != END_OF_TEXT && isWord(rune));
  return op == AT_WORD_EDGE ? edge : !edge;
}
