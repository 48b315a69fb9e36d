import { runeAt, runeSize } from "../strings";
import {
  classAdd,
  classBegin,
  classCount,
  classFinish,
  classFold,
  classPerl,
  classRanges,
} from "./char-class";
import { ALT, ANCHOR, ANY, CAT, CHAR, CLASS, EMPTY, GROUP, makeNode, Node, REPEAT } from "./node";
import { addNamedClass } from "./named-class";
import { BEGIN_LINE, BEGIN_TEXT, END_LINE, END_TEXT, NOT_WORD, WORD } from "./program";
import { lowerRune, upperRune } from "../unicode-case";

// RE2 syntax by recursive descent; any fault makes the whole pattern invalid.

let p: usize = 0;
let end: usize = 0;
let failed: bool = false;
let groups: u32 = 0;
let depth: i32 = 0;

// Flags, as (?imsU) sets them.
const FOLD: u32 = 1;
const MULTILINE: u32 = 2;
const DOT_ALL: u32 = 4;
const UNGREEDY: u32 = 8;
let flags: u32 = 0;

// Go's limits: nesting 1000, repeats 1000.
const MAX_DEPTH = 1000;
const MAX_REPEAT: i32 = 1000;

export function parsePattern(ptr: usize, length: u32): Node {
  p = ptr;
  end = ptr + length;
  failed = false;
  groups = 0;
  flags = 0;
  depth = 0;
  const node = parseAlternatives();
  if (p < end) failed = true;
  return failed ? 0 : node;
}

/** Capturing groups of the last pattern. */
export function groupsOfLast(): u32 {
  return groups;
}

@inline
function peek(): u32 {
  return p < end ? <u32>load<u8>(p) : 0;
}

function fail(): Node {
  failed = true;
  p = end;
  return makeNode(EMPTY, 0, 0, 0, 0);
}

function parseAlternatives(): Node {
  if (++depth > MAX_DEPTH) return fail();
  let node = parseSequence();
  while (peek() == 124 && p < end) {
    p++;
    node = makeNode(ALT, <u32>node, <u32>parseSequence(), 0, 0);
  }
  depth--;
  return node;
}

function parseSequence(): Node {
  let node: Node = 0;
  while (p < end && peek() != 124 && peek() != 41) {
    const item = parseRepeat();
    node = node == 0 ? item : makeNode(CAT, <u32>node, <u32>item, 0, 0);
  }
  return node == 0 ? makeNode(EMPTY, 0, 0, 0, 0) : node;
}

function parseRepeat(): Node {
  let node = parseAtom();
  let repeats = 0;
  while (p < end && !failed) {
    const c = peek();
    let least: i32 = 0;
    let most: i32 = -1;
    if (c == 42) {
      p++;
    } else if (c == 43) {
      least = 1;
      p++;
    } else if (c == 63) {
      most = 1;
      p++;
    } else if (c == 123 && readBounds()) {
      least = boundLow;
      most = boundHigh;
      if (least > MAX_REPEAT || most > MAX_REPEAT || (most >= 0 && most < least)) return fail();
    } else {
      return node;
    }
    // `a**` is refused, as by Go.
    if (++repeats > 1) return fail();
    let greedy = (flags & UNGREEDY) == 0;
    if (peek() == 63 && p < end) {
      p++;
      greedy = !greedy;
    }
    node = makeNode(REPEAT, <u32>node, <u32>least, most, greedy ? 1 : 0);
  }
  return node;
}

let boundLow: i32 = 0;
let boundHigh: i32 = 0;

/** {n} {n,} {n,m}; anything else is a literal brace. */
function readBounds(): bool {
  const back = p;
  p++;
  boundLow = readNumber();
  if (boundLow < 0) {
    p = back;
    return false;
  }
  boundHigh = boundLow;
  if (peek() == 44) {
    p++;
    boundHigh = peek() == 125 ? -1 : readNumber();
    if (boundHigh < 0 && peek() != 125) {
      p = back;
      return false;
    }
  }
  if (peek() != 125) {
    p = back;
    return false;
  }
  p++;
  return true;
}

function readNumber(): i32 {
  if (peek() < 48 || peek() > 57) return -1;
  let n = 0;
  while (p < end && peek() >= 48 && peek() <= 57) {
    if (n < 100000) n = n * 10 + <i32>(peek() - 48);
    p++;
  }
  return n;
}

function literal(rune: u32): Node {
  if (flags & FOLD && (lowerRune(rune) != rune || upperRune(rune) != rune)) {
    classBegin();
    classAdd(rune, rune);
    return finishClass(false);
  }
  return makeNode(CHAR, rune, 0, 0, 0);
}

function finishClass(negate: bool): Node {
  if (flags & FOLD) classFold();
  classFinish(negate);
  return makeNode(CLASS, <u32>classRanges(), classCount(), 0, 0);
}

function parseAtom(): Node {
  const c = peek();
  switch (c) {
    case 40:
      return parseGroup();
    case 91:
      return parseBrackets();
    case 46:
      p++;
      return makeNode(ANY, flags & DOT_ALL ? 1 : 0, 0, 0, 0);
    case 94:
      p++;
      return makeNode(ANCHOR, flags & MULTILINE ? BEGIN_LINE : BEGIN_TEXT, 0, 0, 0);
    case 36:
      p++;
      return makeNode(ANCHOR, flags & MULTILINE ? END_LINE : END_TEXT, 0, 0, 0);
    case 92:
      return parseEscape();
    case 42:
    case 43:
    case 63:
      return fail();
    default: {
      const rune = runeAt(p);
      p += runeSize(p);
      return literal(rune);
    }
  }
}

function parseGroup(): Node {
  p++;
  const outer = flags;
  if (peek() != 63) {
    const index = ++groups;
    return closeGroup(index, outer);
  }
  p++;
  if (peek() == 80 || peek() == 60) return parseNamed(outer);
  let minus = false;
  let next = flags;
  while (p < end) {
    const c = peek();
    p++;
    let flag: u32 = 0;
    if (c == 105) flag = FOLD;
    else if (c == 109) flag = MULTILINE;
    else if (c == 115) flag = DOT_ALL;
    else if (c == 85) flag = UNGREEDY;
    else if (c == 45 && !minus) {
      minus = true;
      continue;
    } else if (c == 58) {
      flags = next;
      const node = parseAlternatives();
      flags = outer;
      if (peek() != 41 || p >= end) return fail();
      p++;
      return node;
    } else if (c == 41) {
      // The flags hold to the end of the enclosing group.
      flags = next;
      return makeNode(EMPTY, 0, 0, 0, 0);
    } else {
      return fail();
    }
    next = minus ? next & ~flag : next | flag;
  }
  return fail();
}

function parseNamed(outer: u32): Node {
  if (peek() == 80) p++;
  if (peek() != 60) return fail();
  p++;
  const start = p;
  while (p < end && isNameByte(peek())) p++;
  if (p == start || peek() != 62) return fail();
  p++;
  const index = ++groups;
  return closeGroup(index, outer);
}

function isNameByte(c: u32): bool {
  return (c >= 48 && c <= 57) || (c >= 65 && c <= 90) || c == 95 || (c >= 97 && c <= 122);
}

function closeGroup(index: u32, outer: u32): Node {
  const node = parseAlternatives();
  flags = outer;
  if (peek() != 41 || p >= end) return fail();
  p++;
  return makeNode(GROUP, <u32>node, index, 0, 0);
}

let escaped: u32 = 0;

/** A single code point after a backslash; false when it is none. */
function readEscapedRune(): bool {
  const c = peek();
  p++;
  if (c == 110) escaped = 10;
  else if (c == 116) escaped = 9;
  else if (c == 114) escaped = 13;
  else if (c == 102) escaped = 12;
  else if (c == 118) escaped = 11;
  else if (c == 97) escaped = 7;
  else if (c == 120) return readHex();
  else if (c >= 48 && c <= 55) {
    // Octal: \0 and \123, a single digit from 1 is no back-reference here.
    escaped = c - 48;
    if (c != 48 && (peek() < 48 || peek() > 55)) return false;
    for (let i = 0; i < 2 && peek() >= 48 && peek() <= 55; i++) {
      escaped = escaped * 8 + (peek() - 48);
      p++;
    }
  } else if (c < 128 && !isNameByte(c)) escaped = c;
  else if (c == 95) escaped = 95;
  else return false;
  return true;
}

function readHex(): bool {
  escaped = 0;
  if (peek() == 123) {
    p++;
    let digits = 0;
    while (p < end && peek() != 125) {
      const d = hexDigit(peek());
      if (d > 15 || ++digits > 8) return false;
      escaped = (escaped << 4) | d;
      p++;
    }
    p++;
    return digits > 0 && escaped <= 0x10ffff && p <= end;
  }
  for (let i = 0; i < 2; i++) {
    const d = hexDigit(peek());
    if (d > 15) return false;
    escaped = (escaped << 4) | d;
    p++;
  }
  return true;
}

function hexDigit(c: u32): u32 {
  if (c >= 48 && c <= 57) return c - 48;
  const lower = c | 32;
  return lower >= 97 && lower <= 102 ? lower - 87 : 16;
}

function parseEscape(): Node {
  p++;
  if (p >= end) return fail();
  const c = peek();
  if (c == 65 || c == 122 || c == 98 || c == 66) {
    p++;
    return makeNode(ANCHOR, c == 65 ? BEGIN_TEXT : c == 122 ? END_TEXT : c == 98 ? WORD : NOT_WORD, 0, 0, 0);
  }
  if (c == 81) return parseQuoted();
  classBegin();
  if (classPerl(c)) {
    p++;
    return finishClass(false);
  }
  if (c == 112 || c == 80) {
    p++;
    return parseNamedClass(c == 80) ? finishClass(propertyNegated) : fail();
  }
  return readEscapedRune() ? literal(escaped) : fail();
}

let propertyNegated: bool = false;

/** \pL \p{Lu} \p{^Lu}; adds the ranges to the class under construction. */
function parseNamedClass(negated: bool): bool {
  propertyNegated = negated;
  if (p >= end) return false;
  let start = p;
  let stop = p + 1;
  if (peek() == 123) {
    start++;
    if (start < end && load<u8>(start) == 94) {
      start++;
      propertyNegated = !propertyNegated;
    }
    stop = start;
    while (stop < end && load<u8>(stop) != 125) stop++;
    if (stop >= end) return false;
    p = stop + 1;
  } else {
    p++;
  }
  return addNamedClass(start, <u32>(stop - start));
}

/** \Q…\E: everything literal. */
function parseQuoted(): Node {
  p++;
  let node: Node = 0;
  while (p < end) {
    if (peek() == 92 && p + 1 < end && load<u8>(p, 1) == 69) {
      p += 2;
      break;
    }
    const rune = runeAt(p);
    p += runeSize(p);
    const item = literal(rune);
    node = node == 0 ? item : makeNode(CAT, <u32>node, <u32>item, 0, 0);
  }
  return node == 0 ? makeNode(EMPTY, 0, 0, 0, 0) : node;
}

function parseBrackets(): Node {
  p++;
  let negate = false;
  if (peek() == 94) {
    negate = true;
    p++;
  }
  classBegin();
  let firstItem = true;
  while (p < end && (peek() != 93 || firstItem)) {
    firstItem = false;
    if (peek() == 91 && p + 1 < end && load<u8>(p, 1) == 58 && addPosix()) continue;
    if (peek() == 92 && p + 1 < end && addEscapedClass()) {
      if (failed) return fail();
      continue;
    }
    const low = readClassRune();
    if (failed) return fail();
    let high = low;
    if (peek() == 45 && p + 1 < end && load<u8>(p, 1) != 93) {
      p++;
      high = readClassRune();
      if (failed || high < low) return fail();
    }
    classAdd(low, high);
  }
  if (p >= end) return fail();
  p++;
  return finishClass(negate);
}

function addEscapedClass(): bool {
  const c = <u32>load<u8>(p, 1);
  if (classPerl(c)) {
    p += 2;
    return true;
  }
  if (c != 112 && c != 80) return false;
  p += 2;
  // A negated property inside brackets is not supported by one flat list.
  if (!parseNamedClass(c == 80) || propertyNegated) failed = true;
  return true;
}

function readClassRune(): u32 {
  if (peek() == 92) {
    p++;
    if (p >= end || !readEscapedRune()) failed = true;
    return escaped;
  }
  const rune = runeAt(p);
  p += runeSize(p);
  return rune;
}

/** [:alpha:] and its like, ASCII as in RE2. */
function addPosix(): bool {
  let stop = p + 2;
  while (stop + 1 < end && !(load<u8>(stop) == 58 && load<u8>(stop, 1) == 93)) stop++;
  if (stop + 1 >= end) return false;
  if (!addNamedClass(p, <u32>(stop + 2 - p))) {
    failed = true;
    return true;
  }
  p = stop + 2;
  return true;
}
