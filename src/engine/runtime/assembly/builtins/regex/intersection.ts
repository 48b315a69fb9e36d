import { abortDepth, chargeFuel } from "../../fuel";
import { alloc } from "../../memory";
import { List } from "./list";
import { CHARACTER, DOT, ONCE, PLUS, TOKEN_WORDS } from "./intersection-tokens";

// Whether two token lists can match a common text: the walk of the library
// that OPA uses, with its answers, but each pair of places is looked at once.

// The two lists, and where they end.
let lists0: List = changetype<List>(0);
let lists1: List = changetype<List>(0);
let ends0: u32 = 0;
let ends1: u32 = 0;
// What is known of pairs of rests, by which list leads: 0 nothing, 1 no, 2 yes.
let known: usize = 0;
let width: u32 = 0;
let height: u32 = 0;
let depth: i32 = 0;

const MAX_DEPTH: i32 = 4000;

@inline
function word(side: u32, index: u32, part: u32): u32 {
  return (side == 0 ? lists0 : lists1).at(index * TOKEN_WORDS + part);
}
@inline
function flagAt(side: u32, index: u32): u32 {
  return word(side, index, 1);
}
@inline
function endOf(side: u32): u32 {
  return side == 0 ? ends0 : ends1;
}

/** Whether tokens of two sides have a character in common. */
function meet(side: u32, i: u32, j: u32): bool {
  let type = word(side, i, 0);
  let value = word(side, i, 2);
  let otherType = word(1 - side, j, 0);
  let otherValue = word(1 - side, j, 2);
  if (type > otherType) {
    const swapType = type;
    type = otherType;
    otherType = swapType;
    const swapValue = value;
    value = otherValue;
    otherValue = swapValue;
  }
  if (otherType == CHARACTER) return value == otherValue;
  if (otherType == DOT || type == DOT) return true;
  const set = changetype<List>(<usize>otherValue);
  if (type == CHARACTER) return overlaps(set, value, value);
  const other = changetype<List>(<usize>value);
  for (let k: u32 = 0; k < other.length; k += 2) {
    if (overlaps(set, other.at(k), other.at(k + 1))) return true;
  }
  return false;
}

function overlaps(set: List, low: u32, high: u32): bool {
  for (let k: u32 = 0; k < set.length; k += 2) {
    if (set.at(k) <= high && low <= set.at(k + 1)) return true;
  }
  return false;
}

/** Whether some text matches both. */
export function intersects(left: List, right: List): bool {
  lists0 = left;
  lists1 = right;
  ends0 = left.length / TOKEN_WORDS;
  ends1 = right.length / TOKEN_WORDS;
  depth = 0;
  let start: u32 = 0;
  while (start < ends0 && start < ends1 && flagAt(0, start) == ONCE && flagAt(1, start) == ONCE) {
    if (!meet(0, start, start)) return false;
    start++;
  }
  // The last pair of the common begin stays.
  if (start > 0) start--;
  if (!trimEnds(start)) return false;
  width = ends0 + 1;
  height = ends1 + 1;
  const cells = <usize>width * height * 2;
  chargeFuel(<i32>min<usize>(cells >>> 4, 0x7fffffff));
  known = alloc(cells);
  memory.fill(known, 0, cells);
  return normal(0, start, start);
}

/** Takes off what both end with, but for the last pair. */
function trimEnds(start: u32): bool {
  let i = <i32>ends0 - 1;
  let j = <i32>ends1 - 1;
  const first = <i32>start;
  while (i >= first && j >= first && flagAt(0, i) == ONCE && flagAt(1, j) == ONCE) {
    if (!meet(0, i, j)) return false;
    i--;
    j--;
  }
  if (i < <i32>ends0 - 1) {
    i++;
    j++;
  }
  ends0 = <u32>(i + 1);
  ends1 = <u32>(j + 1);
  return true;
}

/** Rests from `i` on of list `side` and from `j` on of the other. */
function normal(side: u32, i: u32, j: u32): bool {
  const cell = known + side + (<usize>(side == 0 ? i * height + j : j * height + i) << 1);
  if (load<u8>(cell) != 0) return load<u8>(cell) == 2;
  if (++depth > MAX_DEPTH) abortDepth();
  const answer = walk(side, i, j);
  depth--;
  store<u8>(cell, answer ? 2 : 1);
  return answer;
}

function walk(side: u32, from: u32, otherFrom: u32): bool {
  let i = from;
  let j = otherFrom;
  while (i < endOf(side) && j < endOf(1 - side)) {
    chargeFuel(1);
    if (flagAt(side, i) != ONCE) return special(side, i, j);
    if (flagAt(1 - side, j) != ONCE) return special(1 - side, j, i);
    if (!meet(side, i, j)) return false;
    i++;
    j++;
  }
  return i == endOf(side) && j == endOf(1 - side);
}

/** The first token of list `side` repeats. */
function special(side: u32, i: u32, j: u32): bool {
  if (flagAt(side, i) != PLUS) return star(side, i, j);
  if (!meet(side, i, j)) return false;
  if (star(side, i, j + 1)) return true;
  return flagAt(1 - side, j) != ONCE && normal(side, i + 1, j);
}

function star(side: u32, i: u32, from: u32): bool {
  const hasNext = i + 1 < endOf(side);
  for (let j = from; j < endOf(1 - side); j++) {
    chargeFuel(1);
    if (hasNext && meet(side, i + 1, j) && normal(side, i + 1, j)) return true;
    if (!meet(side, i, j)) return false;
  }
  return !hasNext;
}
