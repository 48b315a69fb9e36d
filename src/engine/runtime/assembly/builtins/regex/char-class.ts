import { chargeFuel } from "../../fuel";
import { alloc } from "../../memory";
import { MAX_FOLD, MIN_FOLD, nextFoldable, simpleFold } from "./fold";
import { List, newList } from "./list";
import { FOLD_CASE } from "./node";

// Classes of code points: lists of pairs, inclusive.

export const MAX_RUNE: u32 = 0x10ffff;

/** Adds a range; joins it with one of the last two when they touch. */
export function addRange(class_: List, low: u32, high: u32): void {
  const n = class_.length;
  for (let i: u32 = 2; i <= 4 && n >= i; i += 2) {
    const otherLow = class_.at(n - i);
    const otherHigh = class_.at(n - i + 1);
    if (low <= otherHigh + 1 && otherLow <= high + 1) {
      if (low < otherLow) class_.put(n - i, low);
      if (high > otherHigh) class_.put(n - i + 1, high);
      return;
    }
  }
  class_.push(low);
  class_.push(high);
}

/** Adds a range and the other cases of its code points. */
export function addFoldedRange(class_: List, low: u32, high: u32): void {
  addRange(class_, low, high);
  if ((low <= MIN_FOLD && high >= MAX_FOLD) || high < MIN_FOLD || low > MAX_FOLD) return;
  const before = class_.length;
  for (let c = nextFoldable(max(low, MIN_FOLD)); c <= min(high, MAX_FOLD); c = nextFoldable(c + 1)) {
    for (let f = simpleFold(c); f != c; f = simpleFold(f)) addRange(class_, f, f);
  }
  chargeFuel(2 + <i32>((class_.length - before) >>> 1));
}

export function addLiteral(class_: List, rune: u32, flags: u32): void {
  if (flags & FOLD_CASE) addFoldedRange(class_, rune, rune);
  else addRange(class_, rune, rune);
}

export function addClass(class_: List, other: List): void {
  for (let i: u32 = 0; i < other.length; i += 2) addRange(class_, other.at(i), other.at(i + 1));
}

export function addFoldedClass(class_: List, other: List): void {
  for (let i: u32 = 0; i < other.length; i += 2) addFoldedRange(class_, other.at(i), other.at(i + 1));
}

/** Adds all that `other`, which is in order, has not. */
export function addNegatedClass(class_: List, other: List): void {
  let next: u32 = 0;
  for (let i: u32 = 0; i < other.length; i += 2) {
    const low = other.at(i);
    if (next < low) addRange(class_, next, low - 1);
    next = other.at(i + 1) + 1;
  }
  if (next <= MAX_RUNE) addRange(class_, next, MAX_RUNE);
}

/** Puts the ranges in order and joins those that touch. */
export function cleanClass(class_: List): void {
  chargeFuel(<i32>(class_.length >>> 3));
  sortRanges(class_);
  let used: u32 = 0;
  for (let i: u32 = 0; i < class_.length; i += 2) {
    const low = class_.at(i);
    const high = class_.at(i + 1);
    if (used > 0 && low <= class_.at(used - 1) + 1) {
      if (high > class_.at(used - 1)) class_.put(used - 1, high);
      continue;
    }
    class_.put(used, low);
    class_.put(used + 1, high);
    used += 2;
  }
  class_.length = used;
}

export function negatedClass(class_: List): List {
  const negated = newList();
  addNegatedClass(negated, class_);
  return negated;
}

/** A merge sort by the lower ends, for ranges that mostly are in order. */
function sortRanges(class_: List): void {
  const n = class_.length >>> 1;
  let ordered = true;
  for (let i: u32 = 2; i < class_.length && ordered; i += 2) ordered = class_.at(i - 2) <= class_.at(i);
  if (ordered) return;
  let from = class_.items;
  let to = alloc(<usize>n << 3);
  for (let width: u32 = 1; width < n; width *= 2) {
    for (let start: u32 = 0; start < n; start += 2 * width) {
      mergeRuns(from, to, start, min(start + width, n), min(start + 2 * width, n));
    }
    const swap = from;
    from = to;
    to = swap;
  }
  if (from != class_.items) memory.copy(class_.items, from, <usize>n << 3);
}

function mergeRuns(from: usize, to: usize, start: u32, middle: u32, end: u32): void {
  let left = start;
  let right = middle;
  for (let i = start; i < end; i++) {
    const takeLeft = left < middle &&
      (right >= end || load<u32>(from + (<usize>left << 3)) <= load<u32>(from + (<usize>right << 3)));
    const source = takeLeft ? left++ : right++;
    store<u64>(to + (<usize>i << 3), load<u64>(from + (<usize>source << 3)));
  }
}

/** What \d, \s and \w stand for; false for another letter. */
export function addPerlClass(class_: List, letter: u32): bool {
  if (letter == 100) {
    addRange(class_, 48, 57);
  } else if (letter == 115) {
    addRange(class_, 9, 10);
    addRange(class_, 12, 13);
    addRange(class_, 32, 32);
  } else if (letter == 119) {
    addRange(class_, 48, 57);
    addRange(class_, 65, 90);
    addRange(class_, 95, 95);
    addRange(class_, 97, 122);
  } else {
    return false;
  }
  return true;
}
