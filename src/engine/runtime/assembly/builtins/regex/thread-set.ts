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
import { AFTER_LINE, AFTER_WORD, AT_BEGIN, END_OF_TEXT, isWord } from "./text";

// Sets of threads of a program: the instructions at which they wait, in order
// of priority. One step of an automaton is a step of all of them.

let program: Program = changetype<Program>(0);
// Lower priority than a match does not count.
let ordered: bool = false;

/** The set under construction. */
let members: usize = 0;
let count: u32 = 0;
let matched: bool = false;

let resolved: usize = 0;
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
/** Whether a thread is at the end of a match. */
@inline
export function threadsMatch(): bool {
  return matched;
}

function begin(): void {
  round++;
  count = 0;
  matched = false;
}

/** The threads that begin at an instruction. */
export function startThreads(pc: u32): void {
  begin();
  if (program.contextual) wait(pc);
  else follow(pc, 0, 0);
}

/**
 * Threads of a set, kept as `n` words at `list`, after a character: true when
 * one of them had matched before it. The set is then under construction.
 *
 * Where nothing asks, a set holds what is reached without a character. Else
 * what is reached depends on the character, in order of priority too: the set
 * holds where threads come from, and they go on when it is known.
 */
export function stepThreads(list: usize, n: u32, before: u32, rune: u32): bool {
  begin();
  const asks = program.contextual != 0;
  if (asks) {
    for (let i: u32 = 0; i < n && !(matched && ordered); i++) follow(load<u32>(list + (<usize>i << 2)), before, rune);
  } else {
    for (let i: u32 = 0; i < n; i++) {
      const pc = load<u32>(list + (<usize>i << 2));
      add(pc, load<u32>(codeAt(program, pc)));
    }
  }
  const found = matched;
  const reached = count;
  const swap = resolved;
  resolved = members;
  members = swap;
  begin();
  if (rune == END_OF_TEXT) return found;
  for (let i: u32 = 0; i < reached && !(matched && ordered); i++) {
    const pc = load<u32>(resolved + (<usize>i << 2));
    if (!takes(program, codeAt(program, pc), rune)) continue;
    if (asks) wait(pc + 1);
    else follow(pc + 1, 0, 0);
  }
  return found;
}

/** Adds a thread that goes on when the next character is known. */
function wait(start: u32): void {
  let pc = start;
  while (true) {
    const at = codeAt(program, pc);
    const op = load<u32>(at);
    if (op == JUMP) pc = load<u32>(at, 4);
    else if (op == SAVE) pc++;
    else break;
  }
  if (load<u32>(seen + (<usize>pc << 2)) == round) return;
  store<u32>(seen + (<usize>pc << 2), round);
  store<u32>(members + (<usize>(count++) << 2), pc);
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
      case AT_LINE_END:
      case AT_TEXT_END:
      case AT_WORD_EDGE:
      case NOT_AT_WORD_EDGE:
        if (holds(op, before, ahead)) {
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
