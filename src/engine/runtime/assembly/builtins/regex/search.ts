import { chargeFuel } from "../../fuel";
import { headerWord, keptFree, resetKept } from "../../memory";
import { findBytes } from "../../scan";
import {
  Automaton,
  beginSearches as beginAutomata,
  completeAutomaton,
  deadOf,
  EARLIEST,
  FIRST,
  foundOf,
  LONGEST,
  newAutomaton,
  startOf,
  transition,
  transitionAt,
  transitionAtEnd,
  classOfRune,
} from "./automaton";
import { nextCandidate, Prefilter } from "./prefilter";
import { Program, renewSlots } from "./program";
import { contextAfter, runeBefore, runeFrom, sizeAt, sizeBefore } from "./text";
import { capture, findByThreads } from "./captures";

// Where a pattern matches: automata say whether, where it ends and, read
// backwards, where it begins; threads fill in the captures.

// Candidates of the prefilter that led nowhere too soon; it is then left out.
const MAX_VAIN: u32 = 16;
const LEAST_SKIP: u32 = 12;

// A text this short is read through sooner than looked over.
const LEAST_FILTERED: u32 = 48;

// The next place of the literal that the pattern requires, as far as known.
let requiredAt: i32 = -1;

/** To be called before the first search of a builtin. */
export function beginSearches(p: Program): void {
  beginAutomata();
  requiredAt = -1;
  if (changetype<usize>(p) < <usize>headerWord(0) && keptFree() < 128 * 1024) resetKept();
  renewSlots(p);
}

function automatonOf(p: Program, mode: u32): Automaton | null {
  renewSlots(p);
  const known = mode == EARLIEST ? p.earliest : mode == FIRST ? p.first : p.longest;
  if (known != 0) return changetype<Automaton>(<usize>known);
  let made = completeAutomaton(p, mode);
  if (!made) made = newAutomaton(p, mode);
  if (!made) return null;
  const address = <u32>changetype<usize>(made);
  if (mode == EARLIEST) p.earliest = address;
  else if (mode == FIRST) p.first = address;
  else p.longest = address;
  return made;
}

/** Whether the literal that the pattern requires is still to come. */
function hasRequired(p: Program, text: usize, length: u32, from: u32): bool {
  if (p.requiredLength == 0 || length < LEAST_FILTERED || requiredAt >= <i32>from) return true;
  requiredAt = findBytes(text, length, changetype<usize>(p) + p.required, p.requiredLength, from);
  const looked = requiredAt < 0 ? length : <u32>requiredAt;
  chargeFuel(<i32>((looked - from) >>> 6));
  return requiredAt >= 0;
}

/** Whether there is a match. */
export function matches(p: Program, text: usize, length: u32): bool {
  chargeFuel(1 + <i32>(length >>> 4));
  if (!hasRequired(p, text, length, 0)) return false;
  const m = automatonOf(p, EARLIEST);
  return m ? runEarliest(m, text, length) : findByThreads(p, text, length, 0, 0, 0);
}

/** From where to go on, or -1; counts candidates that come too close together. */
let vain: u32 = 0;

function skipFrom(f: Prefilter, text: usize, length: u32, from: u32): i32 {
  const next = nextCandidate(f, text, length, from);
  if (next >= 0 && <u32>next - from < LEAST_SKIP) vain++;
  return next;
}

function filterOf(p: Program, length: u32): Prefilter | null {
  return p.prefilter == 0 || length < LEAST_FILTERED ? null : changetype<Prefilter>(changetype<usize>(p) + p.prefilter);
}

function runEarliest(m: Automaton, text: usize, length: u32): bool {
  const p = m.program;
  const map = changetype<usize>(p) + p.byteMap;
  const end = text + length;
  const dead = deadOf(m);
  const found = foundOf(m);
  const filter = filterOf(p, length);
  let at = text;
  let state = startOf(m, contextAfter(runeBefore(text, 0)));
  if (state == found) return true;
  let limit = found;
  vain = 0;
  if (filter) {
    const next = skipFrom(filter, text, length, 0);
    if (next < 0) return false;
    at = text + next;
    state = startOf(m, contextAfter(runeBefore(text, <u32>next)));
    limit = m.lastStart;
  }
  while (state != dead) {
    const table = m.table;
    let next = state;
    while (at < end) {
      next = <u32>load<u16>(state + (table + (<usize>load<u8>(map + load<u8>(at)) << 1)));
      if (next <= limit) break;
      state = next;
      at++;
    }
    if (at >= end) return transitionAtEnd(m, state) == found;
    if (next == 0) {
      next = transitionAt(m, state, at);
      at += sizeAt(at);
    } else {
      at++;
    }
    if (next == found) return true;
    state = next;
    if (next > limit || !filter) continue;
    if (vain > MAX_VAIN) {
      limit = found;
      continue;
    }
    const from = <u32>(at - text);
    const candidate = skipFrom(filter, text, length, from);
    if (candidate < 0) return false;
    at = text + candidate;
    if (<u32>candidate != from) state = startOf(m, contextAfter(runeBefore(text, <u32>candidate)));
  }
  return false;
}

/** Where the leftmost-first match from `from` on ends, -1 when there is none. */
function runFirst(m: Automaton, text: usize, length: u32, from: u32): i32 {
  const p = m.program;
  const map = changetype<usize>(p) + p.byteMap;
  const end = text + length;
  const dead = deadOf(m);
  const filter = filterOf(p, length);
  let limit = foundOf(m);
  let at = text + from;
  let state = startOf(m, contextAfter(runeBefore(text, from)));
  let last: i32 = -1;
  if (filter) {
    const next = skipFrom(filter, text, length, from);
    if (next < 0) return -1;
    at = text + next;
    state = startOf(m, contextAfter(runeBefore(text, <u32>next)));
    limit = m.lastStart;
  }
  while (true) {
    const table = m.table;
    let next = state;
    while (at < end) {
      next = <u32>load<u16>(state + (table + (<usize>load<u8>(map + load<u8>(at)) << 1)));
      if (next <= limit || (next & 1) != 0) break;
      state = next;
      at++;
    }
    if (at >= end) break;
    const before = <i32>(at - text);
    if (next == 0) {
      next = transitionAt(m, state, at);
      at += sizeAt(at);
    } else {
      at++;
    }
    if (next & 1) last = before;
    state = next & ~1;
    if (state == dead) return last;
    if (state > limit || !filter || last >= 0) continue;
    if (vain > MAX_VAIN) {
      limit = foundOf(m);
      continue;
    }
    const candidate = skipFrom(filter, text, length, <u32>(at - text));
    if (candidate < 0) return -1;
    if (text + candidate != at) {
      at = text + candidate;
      state = startOf(m, contextAfter(runeBefore(text, <u32>candidate)));
    }
  }
  return transitionAtEnd(m, state) & 1 ? <i32>length : last;
}

/** Where the longest match that ends at `end` begins, not before `from`. */
function runBackwards(m: Automaton, text: usize, length: u32, from: u32, end: u32): i32 {
  const p = m.program;
  const map = changetype<usize>(p) + p.byteMap;
  const dead = deadOf(m);
  let state = startOf(m, contextAfter(runeFrom(text, length, end)));
  let at = text + end;
  const stop = text + from;
  let first: i32 = -1;
  while (at > stop) {
    let next = <u32>load<u16>(state + (m.table + (<usize>load<u8>(map + load<u8>(at - 1)) << 1)));
    const size = load<u8>(at - 1) < 128 ? <usize>1 : sizeBefore(at);
    if (next == 0) next = transitionAt(m, state, at - size);
    if (next & 1) first = <i32>(at - text);
    state = next & ~1;
    if (state == dead) return first;
    at -= size;
  }
  const last = from == 0
    ? transitionAtEnd(m, state)
    : transition(m, state, classOfRune(p, runeBefore(text, from)));
  return last & 1 ? <i32>from : first;
}

/** The program that reads the same pattern backwards; null when there was no room for it. */
function reversedOf(p: Program): Program | null {
  if (p.reversed != 0) return changetype<Program>(changetype<usize>(p) + p.reversed);
  return p.reversedMade == 0 ? null : changetype<Program>(<usize>p.reversedMade);
}

/**
 * The leftmost-first match from `from` on: `captures` gets the offsets of
 * `groups` groups, the match itself first; -1 for groups that took no part.
 */
export function find(p: Program, text: usize, length: u32, from: u32, captures: usize, groups: u32): bool {
  if (!hasRequired(p, text, length, from)) return false;
  const forwards = automatonOf(p, FIRST);
  if (!forwards) return findByThreads(p, text, length, from, captures, groups);
  vain = 0;
  const end = runFirst(forwards, text, length, from);
  chargeFuel(1 + <i32>(((end < 0 ? length : <u32>end) - from) >>> 3));
  if (end < 0) return false;
  const reversed = reversedOf(p);
  const backwards = reversed ? automatonOf(reversed, LONGEST) : null;
  if (!backwards) return findByThreads(p, text, length, from, captures, groups);
  const start = runBackwards(backwards, text, length, from, <u32>end);
  store<i32>(captures, start);
  store<i32>(captures, end, 4);
  if (groups > 1) capture(p, text, length, captures, groups);
  return true;
}
