import { alloc } from "../../memory";
import { findBytes } from "../../scan";
import { writeCodePoint } from "../../json-text";
import { List, newList } from "./list";
import { CAPTURE, CONCAT, FOLD_CASE, LITERAL, Node, PLUS, REPEAT } from "./node";
import {
  ANY,
  AT_LINE_BEGIN,
  codeAt,
  JUMP,
  MATCH,
  Program,
  RANGES,
  RUNE,
  SAVE,
  SPLIT,
} from "./program";

// Where a match cannot begin: the bytes that its first characters can have are
// looked for sixteen places at a time, and the automaton runs from there only.

const MAX_WIDTH: u32 = 4;
const MAX_LITERAL: u32 = 16;

/** Of each of the first `width` bytes the set; bytes beyond ASCII are one. */
@unmanaged
export class Prefilter {
  width: u32;
  /** Bytes that every match begins with, when they are 2 or more. */
  literalLength: u32;
  literal0: u64;
  literal1: u64;
  // Per position: by low half of a byte the bits of the high halves.
  low0: u64;
  low1: u64;
  low2: u64;
  low3: u64;
  low4: u64;
  low5: u64;
  low6: u64;
  low7: u64;
  // Per position 255 when bytes beyond ASCII belong to it.
  beyond: u32;
  /** The two positions that fewest bytes fit, the rarer first. */
  rarest: u32;
  rare: u32;
}
const LITERAL_OFFSET: usize = 8;
const LOW_OFFSET: usize = 24;
/** {u8 bits: positions the byte fits} of each byte. */
const MASK_OFFSET: usize = 104;
const FILTER_SIZE: usize = MASK_OFFSET + 256;

/** The program with its filters behind it. */
export function prepareFilters(p: Program, tree: Node): Program {
  const filter = alloc(FILTER_SIZE);
  memory.fill(filter, 0, FILTER_SIZE);
  const useful = fillFilter(p, changetype<Prefilter>(filter));
  const required = requiredOf(tree);
  const bytes = alloc(required ? <usize>required.runes.length * 4 : 0);
  let length: u32 = 0;
  if (required) {
    let to = bytes;
    for (let i: u32 = 0; i < required.runes.length; i++) to = writeCodePoint(to, required.runes.at(i));
    length = <u32>(to - bytes);
  }
  // A match that begins with it is found by the filter.
  if (length <= changetype<Prefilter>(filter).literalLength) length = 0;
  const filterSize: u32 = useful ? <u32>FILTER_SIZE : 0;
  const start = alloc(<usize>(p.size + filterSize + length + 8));
  memory.copy(start, changetype<usize>(p), p.size);
  const whole = changetype<Program>(start);
  if (useful) {
    memory.copy(start + p.size, filter, FILTER_SIZE);
    whole.prefilter = p.size;
  }
  memory.copy(start + p.size + filterSize, bytes, length);
  whole.required = p.size + filterSize;
  whole.requiredLength = length;
  whole.size = (p.size + filterSize + length + 7) & ~7;
  return whole;
}

/** The longest literal that every match has; null when there is none. */
function requiredOf(node: Node): Node | null {
  if (node.op == LITERAL) return node.flags & FOLD_CASE || node.runes.length == 0 ? null : node;
  if (node.op == CAPTURE || node.op == PLUS || (node.op == REPEAT && node.min > 0)) return requiredOf(node.sub(0));
  if (node.op != CONCAT) return null;
  let best: Node | null = null;
  for (let i: u32 = 0; i < node.subs.length; i++) {
    const one = requiredOf(node.sub(i));
    if (one && (!best || one.runes.length > best.runes.length)) best = one;
  }
  return best;
}

// The walk over first characters: threads that consume, and what they take.
let threads: List = changetype<List>(0);
let canMatch: bool = false;

/** Fills the sets; false when they would not spare enough. */
function fillFilter(p: Program, f: Prefilter): bool {
  const base = changetype<usize>(f);
  let literal = true;
  threads = newList();
  threads.push(p.anchored);
  let position: u32 = 0;
  // The first character that may be more than one byte.
  let wide: u32 = MAX_LITERAL;
  while (position < MAX_LITERAL && (position < MAX_WIDTH || literal)) {
    reach(p);
    if (canMatch || threads.length == 0) break;
    const mask = position < MAX_WIDTH ? base + MASK_OFFSET : alloc(256);
    const set = takeSet(p, mask, position);
    if (set.members != 1) literal = false;
    if (literal) {
      store<u8>(base + LITERAL_OFFSET + position, <u8>set.only);
      f.literalLength = position + 1;
    }
    if (position > wide && position < MAX_WIDTH) widen(mask, position, wide);
    if (set.beyond) wide = min(wide, position);
    position++;
  }
  f.width = min(position, MAX_WIDTH);
  if (f.literalLength < 2) f.literalLength = 0;
  for (let i: u32 = 0; i < f.width; i++) fillLow(f, base + MASK_OFFSET, i);
  return f.width > 0 && rankPositions(f, base + MASK_OFFSET) < 0.08;
}

/** After a character of several bytes a later byte may be of any character since. */
function widen(mask: usize, position: u32, wide: u32): void {
  const bit = <u8>1 << <u8>position;
  let earlier: u32 = 0;
  for (let k = wide + 1; k < position; k++) earlier |= <u32>1 << k;
  for (let c: usize = 0; c < 256; c++) {
    if (c >= 128 || (load<u8>(mask + c) & earlier) != 0) store<u8>(mask + c, load<u8>(mask + c) | bit);
  }
}

/** Chooses the two rarest positions; how likely a place is to fit all. */
function rankPositions(f: Prefilter, mask: usize): f64 {
  let likely: f64 = 1;
  let least: u32 = 0x7fffffff;
  let second: u32 = 0x7fffffff;
  for (let i: u32 = 0; i < f.width; i++) {
    let weight: u32 = (load<u8>(mask + 128) >>> <u8>i) & 1 ? 20 : 0;
    for (let c: u32 = 0; c < 128; c++) {
      if ((load<u8>(mask + c) >>> <u8>i) & 1) weight += weightOf(c);
    }
    likely *= <f64>weight / 1000;
    if (weight < least) {
      second = least;
      f.rare = f.rarest;
      least = weight;
      f.rarest = i;
    } else if (weight < second) {
      second = weight;
      f.rare = i;
    }
  }
  if (f.width == 1) f.rare = f.rarest;
  return likely;
}

/** All threads that consume, reached from those there are. */
function reach(p: Program): void {
  const seen = alloc(p.count);
  memory.fill(seen, 0, p.count);
  const stack = threads;
  threads = newList();
  canMatch = false;
  while (stack.length > 0) {
    const pc = stack.pop();
    if (load<u8>(seen + pc)) continue;
    store<u8>(seen + pc, 1);
    const at = codeAt(p, pc);
    const op = load<u32>(at);
    if (op == MATCH) canMatch = true;
    else if (op == SPLIT) {
      stack.push(load<u32>(at, 8));
      stack.push(load<u32>(at, 4));
    } else if (op == JUMP) stack.push(load<u32>(at, 4));
    else if (op == SAVE || op >= AT_LINE_BEGIN) stack.push(pc + 1);
    else threads.push(pc);
  }
}

@unmanaged
class ByteSet {
  members: u32;
  only: u32;
  beyond: bool;
}
// @ts-ignore: static data
const byteSet = changetype<ByteSet>(memory.data(32));

/** Marks what the threads take in `mask`, and moves them on. */
function takeSet(p: Program, mask: usize, position: u32): ByteSet {
  const bit = <u8>1 << <u8>position;
  byteSet.beyond = false;
  const next = newList();
  for (let i: u32 = 0; i < threads.length; i++) {
    const at = codeAt(p, threads.at(i));
    const op = load<u32>(at);
    if (op == RUNE) markRange(mask, bit, load<u32>(at, 4), load<u32>(at, 4));
    else if (op == ANY) markRange(mask, bit, 0, 0x10ffff);
    else if (op == RANGES) {
      for (let r: u32 = 0; r < load<u32>(at, 8); r++) {
        const range = changetype<usize>(p) + load<u32>(at, 4) + (<usize>r << 3);
        markRange(mask, bit, load<u32>(range), load<u32>(range, 4));
      }
    }
    next.push(threads.at(i) + 1);
  }
  threads = next;
  byteSet.members = byteSet.beyond ? 2 : 0;
  for (let c: u32 = 0; c < 128; c++) {
    if (!(load<u8>(mask + c) & bit)) continue;
    byteSet.members++;
    byteSet.only = c;
  }
  return byteSet;
}

function markRange(mask: usize, bit: u8, low: u32, high: u32): void {
  for (let c = low; c <= min<u32>(high, 127); c++) store<u8>(mask + c, load<u8>(mask + c) | bit);
  if (high < 128) return;
  byteSet.beyond = true;
  for (let c: usize = 128; c < 256; c++) store<u8>(mask + c, load<u8>(mask + c) | bit);
}

/** How many in a thousand bytes of text and JSON are this one, by rough count. */
function weightOf(c: u32): u32 {
  if (c == 32) return 130;
  if (c >= 97 && c <= 122) {
    // a e i n o r s t
    return (0xe6111 >>> (c - 97)) & 1 ? 45 : 11;
  }
  if (c >= 48 && c <= 57) return 12;
  if (c == 34) return 40;
  return c == 44 || c == 58 ? 15 : c < 32 ? (c == 10 ? 10 : 0) : 4;
}

function fillLow(f: Prefilter, mask: usize, position: u32): void {
  const low = changetype<usize>(f) + LOW_OFFSET + (<usize>position << 4);
  for (let c: usize = 0; c < 128; c++) {
    if (!((load<u8>(mask + c) >>> <u8>position) & 1)) continue;
    const at = low + (c & 15);
    store<u8>(at, load<u8>(at) | <u8>((<u32>1) << <u32>(c >>> 4)));
  }
  if ((load<u8>(mask + 128) >>> <u8>position) & 1) f.beyond |= <u32>0xff << (position << 3);
}

/** All bits of the bytes that belong to a set. */
@inline
function members(at: usize, low: v128, beyond: v128): v128 {
  const bytes = v128.load(at);
  const highBits = i8x16(1, 2, 4, 8, 16, 32, 64, -128, 0, 0, 0, 0, 0, 0, 0, 0);
  const hits = v128.and(
    i8x16.swizzle(low, v128.and(bytes, i8x16.splat(15))),
    i8x16.swizzle(highBits, i8x16.shr_u(bytes, 4)),
  );
  return v128.or(
    i8x16.ne(hits, i8x16.splat(0)),
    v128.and(i8x16.lt_s(bytes, i8x16.splat(0)), beyond),
  );
}

@inline
function beyondAt(f: Prefilter, position: u32): v128 {
  return i8x16.splat(<i8>(f.beyond >>> (position << 3)));
}

@inline
function fits(f: Prefilter, at: usize): bool {
  const mask = changetype<usize>(f) + MASK_OFFSET;
  let position: u32 = 0;
  while (position < f.width && (load<u8>(mask + load<u8>(at + position)) >>> <u8>position) & 1) position++;
  return position == f.width;
}

/** The first offset from `from` on where a match may begin, or -1. */
export function nextCandidate(f: Prefilter, text: usize, length: u32, from: u32): i32 {
  const base = changetype<usize>(f);
  if (f.literalLength > 0) return findBytes(text, length, base + LITERAL_OFFSET, f.literalLength, from);
  const rarest = f.rarest;
  const rare = f.rare;
  const first = v128.load(base + LOW_OFFSET + (<usize>rarest << 4));
  const second = v128.load(base + LOW_OFFSET + (<usize>rare << 4));
  const beyondFirst = beyondAt(f, rarest);
  const beyondSecond = beyondAt(f, rare);
  let i = from;
  while (i + 19 <= length) {
    const at = text + i;
    let hits = members(at + rarest, first, beyondFirst);
    if (v128.any_true(hits)) {
      hits = v128.and(hits, members(at + rare, second, beyondSecond));
      for (let bits = <u32>i8x16.bitmask(hits); bits != 0; bits &= bits - 1) {
        if (fits(f, at + <usize>ctz(bits))) return <i32>(i + <u32>ctz(bits));
      }
    }
    i += 16;
  }
  for (; i + f.width <= length; i++) {
    if (fits(f, text + i)) return <i32>i;
  }
  return -1;
}
