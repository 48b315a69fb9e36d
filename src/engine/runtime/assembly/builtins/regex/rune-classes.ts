import { chargeFuel } from "../../fuel";
import { List, newList } from "./list";
import { AT_LINE_BEGIN, AT_LINE_END, AT_WORD_EDGE, NOT_AT_WORD_EDGE, RUNE } from "./program";

// Code points that no instruction of a program tells apart share a class: an
// automaton needs one transition for all of them.

// {first code point, class} of each interval, in order.
let intervals: List = changetype<List>(0);
// A code point of each class; index 0 stands for none.
let samples: List = changetype<List>(0);

// While classes are split: the class of each interval and its size.
let starts: List = changetype<List>(0);
let classOf: List = changetype<List>(0);
let sizes: List = changetype<List>(0);
let splitInto: List = changetype<List>(0);
let splitBy: List = changetype<List>(0);

export function intervalsOfLast(): List {
  return intervals;
}
export function samplesOfLast(): List {
  return samples;
}

/** Classes of a program's code; `pool` has the ranges, `sets` {where, pairs} of each class. */
export function classify(code: List, pool: List, sets: List): void {
  const singles = newList();
  const extra = newList();
  collect(code, singles, extra);
  findStarts(pool, sets, singles, extra);
  const n = starts.length;
  classOf = newList();
  sizes = newList();
  splitInto = newList();
  splitBy = newList();
  for (let i: u32 = 0; i < n; i++) classOf.push(0);
  newClass(n);
  let round: u32 = 1;
  for (let i: u32 = 0; i < sets.length; i += 2) {
    for (let r: u32 = 0; r < sets.at(i + 1); r++) {
      const range = sets.at(i) + r * 2;
      move(pool.at(range), pool.at(range + 1), round);
    }
    round++;
  }
  for (let i: u32 = 0; i < extra.length; i += 2) {
    move(extra.at(i), extra.at(i + 1), round);
    // Ranges of word characters come in four and are one set.
    if (i % 8 == 6 || extra.at(i) == 10) round++;
  }
  for (let i: u32 = 0; i < singles.length; i++) move(singles.at(i), singles.at(i), round++);
  number();
}

function newClass(size: u32): u32 {
  sizes.push(size);
  splitInto.push(0);
  splitBy.push(0);
  return sizes.length - 1;
}

function collect(code: List, singles: List, extra: List): void {
  let words = false;
  let lines = false;
  for (let i: u32 = 0; i < code.length; i += 3) {
    const op = code.at(i);
    if (op == RUNE) singles.push(code.at(i + 1));
    if (op == AT_WORD_EDGE || op == NOT_AT_WORD_EDGE) words = true;
    if (op == AT_LINE_BEGIN || op == AT_LINE_END) lines = true;
  }
  if (words) {
    addPair(extra, 48, 57);
    addPair(extra, 65, 90);
    addPair(extra, 95, 95);
    addPair(extra, 97, 122);
  }
  if (lines) addPair(extra, 10, 10);
}

function addPair(list: List, low: u32, high: u32): void {
  list.push(low);
  list.push(high);
}

/** Where intervals begin: in order, each once, 0 and 128 among them. */
function findStarts(pool: List, sets: List, singles: List, extra: List): void {
  const cuts = newList();
  cuts.push(0);
  cuts.push(128);
  for (let i: u32 = 0; i < sets.length; i += 2) {
    for (let k: u32 = 0; k < sets.at(i + 1) * 2; k++) cuts.push(pool.at(sets.at(i) + k) + (k & 1));
  }
  for (let i: u32 = 0; i < extra.length; i++) cuts.push(extra.at(i) + (i & 1));
  for (let i: u32 = 0; i < singles.length; i++) {
    cuts.push(singles.at(i));
    cuts.push(singles.at(i) + 1);
  }
  chargeFuel(<i32>cuts.length);
  sortWords(cuts);
  starts = newList();
  for (let i: u32 = 0; i < cuts.length; i++) {
    const cut = cuts.at(i);
    if (cut > 0x10ffff) break;
    if (starts.length == 0 || starts.at(starts.length - 1) != cut) starts.push(cut);
  }
}

/** A heap sort: in place, and never quadratic. */
function sortWords(list: List): void {
  const n = list.length;
  for (let root = n >>> 1; root > 0; root--) sift(list, root - 1, n);
  for (let end = n; end > 1; end--) {
    const top = list.at(0);
    list.put(0, list.at(end - 1));
    list.put(end - 1, top);
    sift(list, 0, end - 1);
  }
}

function sift(list: List, from: u32, end: u32): void {
  const item = list.at(from);
  let root = from;
  while (root * 2 + 1 < end) {
    let child: u32 = root * 2 + 1;
    if (child + 1 < end && list.at(child + 1) > list.at(child)) child++;
    if (list.at(child) <= item) break;
    list.put(root, list.at(child));
    root = child;
  }
  list.put(root, item);
}

/** Index of the interval that begins at `rune`. */
function intervalAt(rune: u32): u32 {
  let low: u32 = 0;
  let high = starts.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (starts.at(middle) < rune) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Parts the range from what shares its classes; ranges of one round stay together. */
function move(low: u32, high: u32, round: u32): void {
  for (let i = intervalAt(low); i < starts.length && starts.at(i) <= high; i++) {
    const old = classOf.at(i);
    if (splitBy.at(old) != round) {
      // Alone already, or made in this round.
      if (sizes.at(old) == 1) continue;
      splitBy.put(old, round);
      const made = newClass(0);
      splitInto.put(old, made);
      // What this round made, it does not part again.
      splitBy.put(made, round);
      splitInto.put(made, made);
    }
    const next = splitInto.at(old);
    if (next == old) continue;
    sizes.put(old, sizes.at(old) - 1);
    sizes.put(next, sizes.at(next) + 1);
    classOf.put(i, next);
  }
}

/** Numbers the classes from 1 in the order of their first code points. */
function number(): void {
  intervals = newList();
  samples = newList();
  samples.push(0);
  const numbers = splitInto;
  for (let i: u32 = 0; i < numbers.length; i++) numbers.put(i, 0);
  for (let i: u32 = 0; i < starts.length; i++) {
    const class_ = classOf.at(i);
    if (numbers.at(class_) == 0) {
      numbers.put(class_, samples.length);
      samples.push(starts.at(i));
    }
    const last = intervals.length;
    if (last > 0 && intervals.at(last - 1) == numbers.at(class_) && starts.at(i) != 128) continue;
    intervals.push(starts.at(i));
    intervals.push(numbers.at(class_));
  }
}
