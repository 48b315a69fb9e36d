import { List, newList } from "./list";
import { CASE_ORBITS } from "./unicode-tables";

// Simple case folding: the orbits of code points that differ in case only.

// Outside of these no code point has another case.
export const MIN_FOLD: u32 = 0x41;
export const MAX_FOLD: u32 = 0x1e943;

// CASE_ORBITS unpacked, {low, high, code} a run; made for a pattern that folds.
let runs: List = changetype<List>(0);
let at: usize = 0;

export function resetFold(): void {
  runs = changetype<List>(0);
}

function varint(): u32 {
  let value: u32 = 0;
  let shift: u32 = 0;
  while (true) {
    const byte = <u32>load<u8>(at++);
    value |= (byte & 127) << shift;
    if (byte < 128) return value;
    shift += 7;
  }
}

function unpack(): void {
  at = CASE_ORBITS;
  runs = newList();
  let last: u32 = 0;
  while (true) {
    const low = last + varint();
    const high = low + varint();
    const code = varint();
    if (code == 0) return;
    runs.push(low);
    runs.push(high);
    runs.push(code);
    last = high + 1;
  }
}

/** Index of the first run that ends at `rune` or after it. */
function findRun(rune: u32): u32 {
  if (changetype<usize>(runs) == 0) unpack();
  let low: u32 = 0;
  let high = runs.length / 3;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (runs.at(middle * 3 + 1) < rune) low = middle + 1;
    else high = middle;
  }
  return low * 3;
}

/** The next code point of the orbit; the same when it has none. */
export function simpleFold(rune: u32): u32 {
  if (rune < MIN_FOLD || rune > MAX_FOLD) return rune;
  // The orbits of k and s alone leave ASCII.
  if (rune < 128) {
    const letter = rune | 32;
    if (letter < 97 || letter > 122) return rune;
    if (letter != 107 && letter != 115) return rune ^ 32;
  }
  const run = findRun(rune);
  if (run == runs.length || runs.at(run) > rune) return rune;
  const code = runs.at(run + 2);
  if (code == 2) return rune ^ 1;
  if (code == 3) return ((rune - 1) ^ 1) + 1;
  return code & 1 ? rune - (code >>> 1) : rune + (code >>> 1);
}

/** The first code point from `rune` on that has another case. */
export function nextFoldable(rune: u32): u32 {
  const run = findRun(rune);
  return run == runs.length ? MAX_FOLD + 1 : max(runs.at(run), rune);
}

/** The least code point of the orbit. */
export function minFoldRune(rune: u32): u32 {
  let least = rune;
  for (let r = simpleFold(rune); r != rune; r = simpleFold(r)) least = min(least, r);
  return least;
}
