import { abortDepth, chargeFuel } from "../../fuel";
import { heapTop, setHeapTop } from "../../memory";
import { findBytes } from "../../scan";
import { stringLength, stringPtr, toBoolean, Value } from "../../value";
import { writeCodePoint } from "../../json-text";
import { List } from "../regex/list";
import { decode, decodedRune } from "./decode";
import { indexOf, segments } from "./segments";
import {
  ANY,
  ANY_OF,
  CONTAINS,
  EVERY_OF,
  LIST,
  Matcher,
  MAX,
  MIN,
  NOTHING,
  PREFIX,
  PREFIX_ANY,
  PREFIX_SUFFIX,
  RANGE,
  ROW,
  SINGLE,
  SUFFIX,
  SUFFIX_ANY,
  SUPER,
  TEXT,
} from "./matcher";

// Whether a matcher matches a whole text: the rules of gobwas/glob's, byte for
// byte, with what they make of characters cut in two.

const MAX_DEPTH: i32 = 2000;
let depth: i32 = 0;

@inline
function base(m: Matcher): usize {
  return changetype<usize>(m);
}
@inline
export function textOf(m: Matcher): usize {
  return base(m) + m.text;
}
@inline
export function partOf(m: Matcher, distance: usize): Matcher {
  return changetype<Matcher>(base(m) + distance);
}
@inline
export function childAt(m: Matcher, index: u32): Matcher {
  return partOf(m, load<u32>(base(m) + m.children + (<usize>index << 2)));
}

export function inSet(m: Matcher, rune: u32): bool {
  const set = base(m) + m.set;
  for (let i: u32 = 0; i < m.setLength; i++) {
    if (load<u32>(set + (<usize>i << 2)) == rune) return true;
  }
  return false;
}

// @ts-ignore: static data
const BYTES = memory.data(8);

/** The first place of a character, or -1. */
export function findRune(ptr: usize, length: u32, rune: u32): i32 {
  return findBytes(ptr, length, BYTES, <u32>(writeCodePoint(BYTES, rune) - BYTES), 0);
}

/** The place of the first separator that is there at all, or -1. */
export function findSeparator(m: Matcher, ptr: usize, length: u32): i32 {
  const set = base(m) + m.set;
  for (let i: u32 = 0; i < m.setLength; i++) {
    const at = findRune(ptr, length, load<u32>(set + (<usize>i << 2)));
    if (at >= 0) return at;
  }
  return -1;
}

@inline
function startsWith(ptr: usize, length: u32, part: usize, partLength: u32): bool {
  return length >= partLength && memory.compare(ptr, part, partLength) == 0;
}
@inline
function endsWith(ptr: usize, length: u32, part: usize, partLength: u32): bool {
  return length >= partLength && memory.compare(ptr + length - partLength, part, partLength) == 0;
}

/** Whether the text has at least `n` characters. */
function hasRunes(ptr: usize, length: u32, n: u32): bool {
  let count: u32 = 0;
  for (let i: u32 = 0; i < length; ) {
    if (++count >= n) return true;
    i += decode(ptr + i, ptr + length);
  }
  return false;
}

export function globMatches(m: Matcher, ptr: usize, length: u32): bool {
  const text = textOf(m);
  const n = m.textLength;
  switch (m.kind) {
    case TEXT:
      return length == n && memory.compare(ptr, text, n) == 0;
    case SUPER:
      return true;
    case NOTHING:
      return length == 0;
    case ANY:
      return findSeparator(m, ptr, length) < 0;
    case PREFIX:
      return startsWith(ptr, length, text, n);
    case SUFFIX:
      return endsWith(ptr, length, text, n);
    case PREFIX_SUFFIX:
      return startsWith(ptr, length, text, n) && endsWith(ptr, length, base(m) + m.second, m.secondLength);
    case PREFIX_ANY:
      return startsWith(ptr, length, text, n) && findSeparator(m, ptr + n, length - n) < 0;
    case SUFFIX_ANY:
      return endsWith(ptr, length, text, n) && findSeparator(m, ptr, length - n) < 0;
    case CONTAINS:
      return (findBytes(ptr, length, text, n, 0) >= 0) != m.not;
    case SINGLE:
    case LIST:
    case RANGE:
      return matchesOne(m, ptr, length);
    case MIN:
      return hasRunes(ptr, length, m.limit);
    case MAX:
      return !hasRunes(ptr, length, m.limit + 1);
    case ROW:
      return countsTo(ptr, length, <u32>m.runes) && matchesRow(m, ptr, length);
    case ANY_OF:
      return matchesAny(m, ptr, length);
    case EVERY_OF:
      for (let i: u32 = 0; i < m.childCount; i++) {
        if (!globMatches(childAt(m, i), ptr, length)) return false;
      }
      return true;
    default:
      return matchesTree(m, ptr, length);
  }
}

function matchesAny(m: Matcher, ptr: usize, length: u32): bool {
  if (++depth > MAX_DEPTH) abortDepth();
  let found = false;
  for (let i: u32 = 0; i < m.childCount && !found; i++) found = globMatches(childAt(m, i), ptr, length);
  depth--;
  return found;
}

/** One character, or none where that is in the set's favour. */
function matchesOne(m: Matcher, ptr: usize, length: u32): bool {
  return length <= decode(ptr, ptr + length) && fitsOne(m, decodedRune());
}

export function fitsOne(m: Matcher, rune: u32): bool {
  if (m.kind == SINGLE) return !inSet(m, rune);
  if (m.kind == LIST) return inSet(m, rune) != m.not;
  const set = base(m) + m.set;
  return (rune >= load<u32>(set) && rune <= load<u32>(set, 4)) != m.not;
}

function countsTo(ptr: usize, length: u32, n: u32): bool {
  let count: u32 = 0;
  for (let i: u32 = 0; i < length && count <= n; count++) i += decode(ptr + i, ptr + length);
  return count == n;
}

/** Each in turn its number of characters; the last of them counts as one byte. */
export function matchesRow(m: Matcher, ptr: usize, length: u32): bool {
  let at: u32 = 0;
  for (let k: u32 = 0; k < m.childCount; k++) {
    const child = childAt(m, k);
    const wanted = <u32>child.runes;
    let next: u32 = 0;
    let count: u32 = 0;
    for (let i: u32 = at; i < length && !(count == wanted && count > 0); ) {
      next = i - at;
      count++;
      i += decode(ptr + i, ptr + length);
    }
    // gobwas panics where an empty alternative leads beyond the end.
    if (count < wanted || at + next + 1 > length || !globMatches(child, ptr + at, next + 1)) return false;
    at += next + 1;
  }
  return true;
}

/** Places of the middle part in turn, with all its lengths there, longest first. */
function matchesTree(m: Matcher, ptr: usize, length: u32): bool {
  if (m.runes > <i32>length) return false;
  if (++depth > MAX_DEPTH) abortDepth();
  const value = partOf(m, m.value);
  let from: u32 = <u32>max(m.leftRunes, 0);
  const limit = m.rightRunes >= 0 ? <i32>length - m.rightRunes : <i32>length;
  let found = false;
  const top = heapTop();
  while (<i32>from < limit && !found) {
    chargeFuel(4 + <i32>((<u32>limit - from) >>> 2));
    const index = indexOf(value, ptr + from, <u32>limit - from);
    if (index < 0) break;
    const at = from + <u32>index;
    const lengths = segments();
    if (m.left ? globMatches(partOf(m, m.left), ptr, at) : at == 0) found = matchesRest(m, ptr, length, at, lengths);
    setHeapTop(top);
    from = at + (at < length ? decode(ptr + at, ptr + length) : 0);
  }
  depth--;
  return found;
}

function matchesRest(m: Matcher, ptr: usize, length: u32, at: u32, lengths: List): bool {
  for (let i = lengths.length; i > 0; i--) {
    const rest = min(at + lengths.at(i - 1), length);
    chargeFuel(2);
    if (m.right ? globMatches(partOf(m, m.right), ptr + rest, length - rest) : rest == length) return true;
  }
  return false;
}

/** glob.match of a matcher. */
export function globAnswer(matcher: Matcher, text: Value): Value {
  const length = stringLength(text);
  const top = heapTop();
  chargeFuel(1 + <i32>(length >>> 4));
  depth = 0;
  const found = globMatches(matcher, stringPtr(text), length);
  setHeapTop(top);
  return toBoolean(found);
}
