import { alloc } from "../../memory";
import { List, newList } from "../regex/list";
import { writeCodePoint } from "../../json-text";

// What gobwas/glob makes of a glob: a matcher of one of these kinds.

export const ANY: u32 = 0;
export const ANY_OF: u32 = 1;
export const TREE: u32 = 2;
export const CONTAINS: u32 = 3;
export const EVERY_OF: u32 = 4;
export const LIST: u32 = 5;
export const MAX: u32 = 6;
export const MIN: u32 = 7;
export const NOTHING: u32 = 8;
export const PREFIX: u32 = 9;
export const PREFIX_ANY: u32 = 10;
export const PREFIX_SUFFIX: u32 = 11;
export const RANGE: u32 = 12;
export const ROW: u32 = 13;
export const SINGLE: u32 = 14;
export const SUFFIX: u32 = 15;
export const SUFFIX_ANY: u32 = 16;
export const SUPER: u32 = 17;
export const TEXT: u32 = 18;

/** No fixed number of characters. */
export const VARIES: i32 = -1;

/**
 * Addresses while matchers are made; after `packMatcher` distances from the
 * matcher's own address, so that a whole one can be moved.
 */
@unmanaged
export class Matcher {
  kind: u32;
  /** Characters it matches, or VARIES. */
  runes: i32;
  /** Of LIST, RANGE and CONTAINS. */
  not: bool;
  /** Of MIN and MAX. */
  limit: u32;
  text: usize;
  textLength: u32;
  /** The suffix of PREFIX_SUFFIX. */
  second: usize;
  secondLength: u32;
  /** Separators, or the characters of LIST and RANGE. */
  set: usize;
  setLength: u32;
  /** Of TREE: what the sides match, before they were simplified. */
  leftRunes: i32;
  rightRunes: i32;
  /** Of TREE; 0 for none. */
  left: usize;
  value: usize;
  right: usize;
  children: usize;
  childCount: u32;
}

export function newMatcher(kind: u32, runes: i32): Matcher {
  const at = alloc(offsetof<Matcher>());
  memory.fill(at, 0, offsetof<Matcher>());
  const m = changetype<Matcher>(at);
  m.kind = kind;
  m.runes = runes;
  return m;
}

export function textMatcher(kind: u32, text: usize, length: u32): Matcher {
  const m = newMatcher(kind, VARIES);
  m.text = text;
  m.textLength = length;
  return m;
}

export function setMatcher(kind: u32, runes: i32, set: List): Matcher {
  const m = newMatcher(kind, runes);
  m.set = set.items;
  m.setLength = set.length;
  return m;
}

/** A text of code points. */
export function runesMatcher(kind: u32, runes: List): Matcher {
  const bytes = alloc(<usize>runes.length * 4);
  let to = bytes;
  for (let i: u32 = 0; i < runes.length; i++) to = writeCodePoint(to, runes.at(i));
  const m = textMatcher(kind, bytes, <u32>(to - bytes));
  if (kind == TEXT) m.runes = <i32>runes.length;
  return m;
}

export function withChildren(kind: u32, runes: i32, children: List): Matcher {
  const m = newMatcher(kind, runes);
  m.children = children.items;
  m.childCount = children.length;
  return m;
}

export function sameSet(a: Matcher, b: Matcher): bool {
  return a.setLength == b.setLength && memory.compare(a.set, b.set, <usize>a.setLength << 2) == 0;
}

function sizeOf(m: Matcher): usize {
  let size = offsetof<Matcher>() + ((m.textLength + m.secondLength + 3) & ~3) +
    ((<usize>m.setLength + m.childCount) << 2);
  if (m.left) size += sizeOf(changetype<Matcher>(m.left));
  if (m.value) size += sizeOf(changetype<Matcher>(m.value));
  if (m.right) size += sizeOf(changetype<Matcher>(m.right));
  for (let i: u32 = 0; i < m.childCount; i++) size += sizeOf(childOf(m, i));
  return size;
}

@inline
function childOf(m: Matcher, index: u32): Matcher {
  return changetype<Matcher>(<usize>load<u32>(m.children + (<usize>index << 2)));
}

/** Bytes of a matcher with all that belongs to it. */
export function packedSize(m: Matcher): usize {
  return sizeOf(m);
}

let free: usize = 0;

/** Writes the matcher and all that belongs to it to `to`, by distances. */
export function packMatcher(m: Matcher, to: usize): void {
  free = to;
  pack(m);
}

function packBytes(base: usize, from: usize, length: usize): usize {
  const at = free;
  memory.copy(at, from, length);
  free += length;
  return at - base;
}

function packPart(base: usize, part: usize): usize {
  return part == 0 ? 0 : pack(changetype<Matcher>(part)) - base;
}

function pack(m: Matcher): usize {
  const base = free;
  free += offsetof<Matcher>();
  memory.copy(base, changetype<usize>(m), offsetof<Matcher>());
  const copy = changetype<Matcher>(base);
  copy.set = packBytes(base, m.set, <usize>m.setLength << 2);
  const children = free;
  free += <usize>m.childCount << 2;
  copy.children = children - base;
  copy.text = packBytes(base, m.text, m.textLength);
  copy.second = packBytes(base, m.second, m.secondLength);
  free = (free + 3) & ~3;
  copy.left = packPart(base, m.left);
  copy.value = packPart(base, m.value);
  copy.right = packPart(base, m.right);
  for (let i: u32 = 0; i < m.childCount; i++) {
    store<u32>(children + (<usize>i << 2), <u32>(pack(childOf(m, i)) - base));
  }
  return base;
}
