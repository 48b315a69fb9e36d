import { chargeFuel } from "../../fuel";
import { alloc } from "../../memory";
import { runeAt } from "../strings";
import { Program, takeFor } from "./program";
import { AT_BEGIN, contextAfter, END_OF_TEXT } from "./text";
import {
  prepareThreads,
  releaseThreads,
  startThreads,
  stepThreads,
  threadAt,
  threadCount,
  threadsAddress,
  threadsMatch,
} from "./thread-set";

// A deterministic automaton over classes of characters, made state by state as
// texts need them, within bounds: when they are reached it begins anew.

/** Is there a match at all? */
export const EARLIEST: u32 = 0;
/** Where does the leftmost-first match end? */
export const FIRST: u32 = 1;
/** Read backwards from there: where does it begin? */
export const LONGEST: u32 = 2;

/**
 * A row of u16 a state: 0 for bytes beyond ASCII, then a transition for each
 * class and for the end of the text, and where the state's threads are. A
 * transition is the offset of a row, plus 1 when a match ended before the
 * character; offsets are even.
 */
@unmanaged
export class Automaton {
  program: Program;
  mode: u32;
  table: usize;
  /** Bytes of a row, of the rows there are, and there is room for. */
  stride: u32;
  used: u32;
  room: u32;
  /** {next of the same hash, row, context, count, instructions} a state. */
  lists: usize;
  listsUsed: u32;
  listsRoom: u32;
  heads: usize;
  /** Row of each context, 0 when not made. */
  starts: usize;
  /** The last row that is a start; after UNKNOWN, DEAD and FOUND. */
  lastStart: u32;
  /** Changes when all rows are made anew. */
  flushes: u32;
}

export const UNKNOWN: u32 = 0;
const BUCKETS: u32 = 128;
const LIST_HEAD: u32 = 4;
// Offsets are u16.
const MAX_TABLE: u32 = 65000;
const MAX_LIST_WORDS: u32 = 65536;

let owner: usize = 0;

@inline
export function deadOf(m: Automaton): u32 {
  return m.stride;
}
@inline
export function foundOf(m: Automaton): u32 {
  return m.stride * 2;
}

/**
 * An automaton that is complete in the module; null when there is none. At
 * `offset`: {bytes of a row, last start, bytes of all rows, 8 × start}, rows.
 */
export function completeAutomaton(p: Program, mode: u32): Automaton | null {
  const offset = mode == EARLIEST ? p.earliestTable : mode == FIRST ? p.firstTable : p.longestTable;
  if (offset == 0) return null;
  let at = takeFor(p, offsetof<Automaton>());
  if (at == 0) at = alloc(offsetof<Automaton>());
  const from = changetype<usize>(p) + offset;
  const m = changetype<Automaton>(at);
  m.program = p;
  m.mode = mode;
  m.stride = load<u32>(from);
  m.lastStart = load<u32>(from, 4);
  m.used = load<u32>(from, 8);
  m.starts = from + 12;
  m.table = from + COMPLETE_HEAD;
  return m;
}

// More, and the automaton is made as texts need it.
const MAX_COMPLETE: u32 = 12 * 1024;
const MAX_COMPLETE_COUNT: u32 = 400;
const COMPLETE_HEAD: usize = 44;

/** All transitions of a program in one block, as `completeAutomaton` reads it; 0 when they are too many. */
export function makeComplete(p: Program, mode: u32): usize {
  if (p.count > MAX_COMPLETE_COUNT) return 0;
  const m = newAutomaton(p, mode);
  if (!m) return 0;
  for (let row = m.stride * 3; row < m.used; row += m.stride) {
    for (let class_: u32 = 1; class_ <= p.classes + 1; class_++) transition(m, row, class_);
    if (m.used > MAX_COMPLETE || m.flushes > 0) return 0;
  }
  const block = alloc(COMPLETE_HEAD + m.used);
  store<u32>(block, m.stride);
  store<u32>(block, m.lastStart, 4);
  store<u32>(block, m.used, 8);
  memory.copy(block + 12, m.starts, 32);
  memory.copy(block + COMPLETE_HEAD, m.table, m.used);
  for (let row: u32 = 0; row < m.used; row += m.stride) store<u32>(block + COMPLETE_HEAD + row + m.stride - 4, 0);
  return block;
}

export function completeSize(block: usize): u32 {
  return <u32>COMPLETE_HEAD + load<u32>(block, 8);
}

/** An automaton with its starts only; null when there is no room for it. */
export function newAutomaton(p: Program, mode: u32): Automaton | null {
  const start = takeFor(p, offsetof<Automaton>() + <usize>BUCKETS * 4 + 32);
  if (start == 0) return null;
  const m = changetype<Automaton>(start);
  m.program = p;
  m.mode = mode;
  m.stride = ((p.classes + 3) & ~1) * 2 + 4;
  m.heads = start + offsetof<Automaton>();
  m.starts = m.heads + <usize>BUCKETS * 4;
  m.flushes = 0;
  // The special rows, the starts and two more always fit.
  m.room = max<u32>(m.stride * 10, 1024);
  m.listsRoom = max<u32>((p.count + LIST_HEAD) * 6, 256);
  if (m.room > MAX_TABLE) return null;
  m.table = takeFor(p, m.room);
  m.lists = takeFor(p, <usize>m.listsRoom * 4);
  if (m.table == 0 || m.lists == 0) return null;
  empty(m);
  makeStarts(m);
  return m;
}

function empty(m: Automaton): void {
  memory.fill(m.heads, 0, <usize>BUCKETS * 4 + 32);
  memory.fill(m.table, 0, <usize>m.stride * 3);
  m.used = m.stride * 3;
  // Offset 0 stands for none.
  m.listsUsed = 1;
  m.lastStart = m.stride * 2;
}

/** Makes the rows of all starts, so that they come first. */
function makeStarts(m: Automaton): void {
  prepare(m);
  const p = m.program;
  // Those that occur: nothing, a word, a line's end, the begin; none is two of them.
  for (let context: u32 = 0; context <= AT_BEGIN; context = context == 0 ? 1 : context * 2) {
    if ((context & p.contextual) != context) continue;
    startThreads(m.mode == LONGEST ? p.anchored : 0);
    const row = m.mode == EARLIEST && threadsMatch() ? foundOf(m) : intern(m, context);
    store<u32>(m.starts + (<usize>context << 2), row);
    m.lastStart = max(m.lastStart, row);
  }
}

/** The row where a text begins after this context. */
@inline
export function startOf(m: Automaton, context: u32): u32 {
  return load<u32>(m.starts + (<usize>(context & m.program.contextual) << 2));
}

/** Threads are shared by all automata: they are this one's until another asks. */
function prepare(m: Automaton): void {
  if (owner == changetype<usize>(m)) return;
  owner = changetype<usize>(m);
  prepareThreads(m.program, m.mode == FIRST);
}

/** To be called before the first search of a builtin: the heap may have been put back. */
export function beginSearches(): void {
  owner = 0;
  releaseThreads();
}

/** The class of a character. */
export function classOfRune(p: Program, rune: u32): u32 {
  const intervals = changetype<usize>(p) + p.intervals;
  let low: u32 = 0;
  let high = p.intervalCount;
  while (high - low > 1) {
    const middle = (low + high) >>> 1;
    if (load<u32>(intervals + (<usize>middle << 3)) <= rune) low = middle;
    else high = middle;
  }
  return load<u32>(intervals + (<usize>low << 3), 4);
}

/** The transition of a row for the character at `at`. */
export function transitionAt(m: Automaton, row: u32, at: usize): u32 {
  const p = m.program;
  const c = <u32>load<u8>(at);
  return transition(m, row, c < 128 ? load<u8>(changetype<usize>(p) + p.byteMap + c) : classOfRune(p, runeAt(at)));
}

export function transition(m: Automaton, row: u32, class_: u32): u32 {
  const known = <u32>load<u16>(m.table + row + (<usize>class_ << 1));
  return known == UNKNOWN ? makeTransition(m, row, class_) : known;
}

@inline
export function transitionAtEnd(m: Automaton, row: u32): u32 {
  return transition(m, row, m.program.classes + 1);
}

function makeTransition(m: Automaton, row: u32, class_: u32): u32 {
  if (row <= m.stride * 2) return row;
  prepare(m);
  const p = m.program;
  const list = m.lists + (<usize>load<u32>(m.table + row + m.stride - 4) << 2);
  const n = load<u32>(list, 12);
  chargeFuel(4 + <i32>n * 2);
  const rune = class_ > p.classes
    ? END_OF_TEXT
    : load<u32>(changetype<usize>(p) + p.samples + (<usize>class_ << 2));
  const matched = stepThreads(list + 16, n, load<u32>(list, 8), rune);
  let next: u32;
  const flushes = m.flushes;
  if (m.mode == EARLIEST && (matched || threadsMatch())) next = foundOf(m);
  else if (threadCount() == 0) next = deadOf(m);
  else next = intern(m, contextAfter(rune) & p.contextual);
  if (matched && m.mode != EARLIEST) next |= 1;
  // A flush has taken the row away.
  if (flushes == m.flushes) store<u16>(m.table + row + (<usize>class_ << 1), <u16>next);
  return next;
}

/** The row of the set of threads under construction. */
function intern(m: Automaton, context: u32): u32 {
  const n = threadCount();
  if (n == 0) return deadOf(m);
  let hash: u32 = 2166136261 ^ context;
  for (let i: u32 = 0; i < n; i++) hash = (hash ^ threadAt(i)) * 16777619;
  const head = m.heads + (<usize>((hash ^ (hash >>> 15)) % BUCKETS) << 2);
  for (let at = load<u32>(head); at != 0; ) {
    const list = m.lists + (<usize>at << 2);
    if (
      load<u32>(list, 12) == n && load<u32>(list, 8) == context &&
      memory.compare(list + 16, threadsAddress(), <usize>n << 2) == 0
    ) {
      return load<u32>(list, 4);
    }
    at = load<u32>(list);
  }
  if (makeRoom(m, n)) return addRow(m, head, context, threadsAddress(), n);
  return renew(m, context);
}

/** Begins anew with the starts and the set under construction. */
function renew(m: Automaton, context: u32): u32 {
  const n = threadCount();
  const copy = alloc(<usize>n << 2);
  memory.copy(copy, threadsAddress(), <usize>n << 2);
  m.flushes++;
  empty(m);
  makeStarts(m);
  return addRow(m, m.heads, context, copy, n);
}

function addRow(m: Automaton, head: usize, context: u32, threads: usize, n: u32): u32 {
  const row = m.used;
  memory.fill(m.table + row, 0, m.stride);
  store<u32>(m.table + row + m.stride - 4, m.listsUsed);
  const list = m.lists + (<usize>m.listsUsed << 2);
  store<u32>(list, load<u32>(head));
  store<u32>(list, row, 4);
  store<u32>(list, context, 8);
  store<u32>(list, n, 12);
  memory.copy(list + 16, threads, <usize>n << 2);
  store<u32>(head, m.listsUsed);
  m.used += m.stride;
  m.listsUsed += LIST_HEAD + n;
  return row;
}

/** Room for one more row and list; false when it would exceed the bounds. */
function makeRoom(m: Automaton, n: u32): bool {
  if (m.used + m.stride > m.room) {
    const wider = min<u32>(m.room * 2, MAX_TABLE);
    const table = m.used + m.stride > wider ? <usize>0 : takeFor(m.program, wider);
    if (table == 0) return false;
    memory.copy(table, m.table, m.used);
    m.table = table;
    m.room = wider;
  }
  if (m.listsUsed + LIST_HEAD + n > m.listsRoom) {
    const wider = m.listsRoom * 2;
    const lists = wider > MAX_LIST_WORDS ? <usize>0 : takeFor(m.program, <usize>wider * 4);
    if (lists == 0) return false;
    memory.copy(lists, m.lists, <usize>m.listsUsed * 4);
    m.lists = lists;
    m.listsRoom = wider;
  }
  return true;
}
