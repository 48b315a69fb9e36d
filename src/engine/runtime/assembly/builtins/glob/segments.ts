import { findBytes } from "../../scan";
import { List, newList } from "../regex/list";
import { decode, decodedRune, runeLength } from "./decode";
import { childAt, findRune, findSeparator, fitsOne, matchesRow, textOf } from "./match";
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

// Where in a text a matcher first matches, and with which lengths, as far as
// gobwas/glob's matchers tell: some give less than there is.

let found: List = changetype<List>(0);

/** The lengths, ascending, of the last `indexOf`. */
export function segments(): List {
  return found;
}

function only(length: u32): void {
  found = newList();
  found.push(length);
}

/** The first place, or -1. */
export function indexOf(m: Matcher, ptr: usize, length: u32): i32 {
  switch (m.kind) {
    case ANY: {
      const at = findSeparator(m, ptr, length);
      return starts(0, ptr, at < 0 ? length : <u32>at);
    }
    case SUPER:
      return starts(0, ptr, length);
    case NOTHING:
      only(0);
      return 0;
    case TEXT:
      only(m.textLength);
      return find(m, ptr, length);
    case ROW:
      return indexOfRow(m, ptr, length);
    case SINGLE:
    case LIST:
    case RANGE:
      return indexOfOne(m, ptr, length);
    case CONTAINS:
      return indexOfContains(m, ptr, length);
    case PREFIX:
    case PREFIX_ANY:
      return indexOfPrefix(m, ptr, length);
    case SUFFIX: {
      const at = find(m, ptr, length);
      if (at >= 0) only(<u32>at + m.textLength);
      return at < 0 ? -1 : 0;
    }
    case SUFFIX_ANY:
      return indexOfSuffixAny(m, ptr, length);
    case PREFIX_SUFFIX:
      return indexOfPrefixSuffix(m, ptr, length);
    case MAX:
    case MIN:
      return indexOfBounded(m, ptr, length);
    case ANY_OF:
      return indexOfAny(m, ptr, length);
    case EVERY_OF:
      return indexOfEvery(m, ptr, length);
    default:
      // gobwas finds no tree inside a text.
      return -1;
  }
}

function find(m: Matcher, ptr: usize, length: u32): i32 {
  return m.textLength == 0 ? 0 : findBytes(ptr, length, textOf(m), m.textLength, 0);
}

/** Lengths at which characters begin, and the whole, after `offset`. */
function starts(offset: u32, ptr: usize, length: u32): i32 {
  found = newList();
  for (let i: u32 = 0; i < length; i += decode(ptr + i, ptr + length)) found.push(offset + i);
  found.push(offset + length);
  return 0;
}

/** Lengths at which characters end, after `offset`. */
function pushEnds(offset: u32, ptr: usize, length: u32): void {
  for (let i: u32 = 0; i < length; ) {
    const size = decode(ptr + i, ptr + length);
    found.push(offset + i + runeLength(decodedRune()));
    i += size;
  }
}

function indexOfRow(m: Matcher, ptr: usize, length: u32): i32 {
  for (let i: u32 = 0; i < length; ) {
    if (length - i < <u32>m.runes) return -1;
    if (matchesRow(m, ptr + i, length - i)) {
      // Characters are taken for bytes.
      only(<u32>m.runes);
      return <i32>i;
    }
    i += decode(ptr + i, ptr + length);
  }
  return -1;
}

function indexOfOne(m: Matcher, ptr: usize, length: u32): i32 {
  for (let i: u32 = 0; i < length; ) {
    const size = decode(ptr + i, ptr + length);
    if (fitsOne(m, decodedRune())) {
      only(runeLength(decodedRune()));
      return <i32>i;
    }
    i += size;
  }
  return -1;
}

function indexOfContains(m: Matcher, ptr: usize, length: u32): i32 {
  const at = find(m, ptr, length);
  if (m.not) return starts(0, ptr, at < 0 ? length : <u32>at);
  if (at < 0) return -1;
  const after = <u32>at + m.textLength;
  if (length <= after) {
    only(after);
    return 0;
  }
  return starts(after, ptr + after, length - after);
}

function indexOfPrefix(m: Matcher, ptr: usize, length: u32): i32 {
  const at = find(m, ptr, length);
  if (at < 0) return -1;
  const n = m.textLength;
  const rest = ptr + at + n;
  let restLength = length - <u32>at - n;
  if (m.kind == PREFIX_ANY) {
    const separator = findSeparator(m, rest, restLength);
    if (separator >= 0) restLength = <u32>separator;
  }
  only(n);
  pushEnds(n, rest, restLength);
  return at;
}

function indexOfSuffixAny(m: Matcher, ptr: usize, length: u32): i32 {
  const at = find(m, ptr, length);
  if (at < 0) return -1;
  const from = lastSeparator(m, ptr, <u32>at) + 1;
  only(<u32>(at + <i32>m.textLength - from));
  return from;
}

/** The last place of the first separator that is there at all, or -1. */
function lastSeparator(m: Matcher, ptr: usize, length: u32): i32 {
  const set = changetype<usize>(m) + m.set;
  for (let k: u32 = 0; k < m.setLength; k++) {
    const rune = load<u32>(set + (<usize>k << 2));
    const last = rune < 128 ? lastByte(ptr, length, rune) : lastRune(ptr, length, rune);
    if (last >= 0) return last;
  }
  return -1;
}

function lastByte(ptr: usize, length: u32, byte: u32): i32 {
  for (let i = <i32>length - 1; i >= 0; i--) {
    if (<u32>load<u8>(ptr + i) == byte) return i;
  }
  return -1;
}

/** The place as gobwas counts it, from the one before. */
function lastRune(ptr: usize, length: u32, rune: u32): i32 {
  let last: i32 = -1;
  let from: u32 = 0;
  while (from < length) {
    const next = findRune(ptr + from, length - from, rune);
    if (next < 0) break;
    last = next;
    from += <u32>next + 1;
  }
  return last;
}

function indexOfPrefixSuffix(m: Matcher, ptr: usize, length: u32): i32 {
  const at = find(m, ptr, length);
  if (at < 0) return -1;
  const n = m.secondLength;
  if (n == 0) {
    only(length - <u32>at);
    return at;
  }
  const suffix = changetype<usize>(m) + m.second;
  found = newList();
  const rest = length - <u32>at;
  // The suffix may begin inside the prefix; those that follow one another do not overlap.
  let end = <i32>rest;
  const ends = newList();
  for (let i = end - <i32>n; i >= 0; i--) {
    if (i + <i32>n > end || memory.compare(ptr + at + i, suffix, n) != 0) continue;
    ends.push(<u32>i + n);
    end = i;
  }
  for (let i = ends.length; i > 0; i--) found.push(ends.at(i - 1));
  return found.length == 0 ? -1 : at;
}

function indexOfBounded(m: Matcher, ptr: usize, length: u32): i32 {
  found = newList();
  if (m.kind == MAX) found.push(0);
  else if (length + 1 <= m.limit) return -1;
  let count: u32 = 0;
  for (let i: u32 = 0; i < length; ) {
    const size = decode(ptr + i, ptr + length);
    count++;
    if (m.kind == MAX ? count <= m.limit : count >= m.limit) found.push(i + runeLength(decodedRune()));
    else if (m.kind == MAX) break;
    i += size;
  }
  return found.length == 0 ? -1 : 0;
}

/** The first place of any, with the lengths of all that match there. */
function indexOfAny(m: Matcher, ptr: usize, length: u32): i32 {
  let index: i32 = -1;
  let lengths = newList();
  for (let i: u32 = 0; i < m.childCount; i++) {
    const at = indexOf(childAt(m, i), ptr, length);
    if (at < 0 || (index >= 0 && at > index)) continue;
    lengths = index == at ? merged(lengths, found) : found;
    index = at;
  }
  found = lengths;
  return index;
}

function merged(a: List, b: List): List {
  const out = newList();
  let i: u32 = 0;
  let j: u32 = 0;
  while (i < a.length || j < b.length) {
    if (j >= b.length || (i < a.length && a.at(i) < b.at(j))) {
      out.push(a.at(i++));
    } else {
      if (i < a.length && a.at(i) == b.at(j)) i++;
      out.push(b.at(j++));
    }
  }
  return out;
}

/** The lengths on which all agree, each looked for from where the last was found. */
function indexOfEvery(m: Matcher, ptr: usize, length: u32): i32 {
  let index: i32 = 0;
  let offset: i32 = 0;
  let from: u32 = 0;
  let lengths = newList();
  for (let i: u32 = 0; i < m.childCount; i++) {
    const at = indexOf(childAt(m, i), ptr + from, length - from);
    if (at < 0) return -1;
    if (i == 0) {
      lengths.append(found);
    } else {
      lengths = agreed(lengths, found, index - (at + offset));
      if (lengths.length == 0) return -1;
    }
    index = at + offset;
    from = <u32>index;
    offset += at;
  }
  found = lengths;
  return index;
}

function agreed(a: List, b: List, shift: i32): List {
  const out = newList();
  for (let i: u32 = 0; i < a.length; i++) {
    for (let j: u32 = 0; j < b.length; j++) {
      if (<i32>a.at(i) + shift == <i32>b.at(j)) out.push(b.at(j));
    }
  }
  return out;
}
