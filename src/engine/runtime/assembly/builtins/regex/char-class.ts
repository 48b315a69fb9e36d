import { alloc } from "../../memory";
import { lowerRune, upperRune } from "../unicode-case";

// Ranges of code points under construction.

const MAX_RUNE: u32 = 0x10ffff;

let ranges: usize = 0;
let used: u32 = 0;
let room: u32 = 0;

export function classBegin(): void {
  room = 8;
  ranges = alloc(<usize>room << 3);
  used = 0;
}

export function classAdd(low: u32, high: u32): void {
  if (used == room) {
    const wider = alloc(<usize>room << 4);
    memory.copy(wider, ranges, <usize>used << 3);
    ranges = wider;
    room *= 2;
  }
  store<u32>(ranges + (<usize>used << 3), low);
  store<u32>(ranges + (<usize>used << 3), high, 4);
  used++;
}

/** Adds the other case of every letter in the ranges so far. */
export function classFold(): void {
  const n = used;
  for (let i: u32 = 0; i < n; i++) {
    const low = load<u32>(ranges + (<usize>i << 3));
    const high = min<u32>(load<u32>(ranges + (<usize>i << 3), 4), 0x52f);
    for (let r = low; r <= high; r++) {
      if (lowerRune(r) != r) classAdd(lowerRune(r), lowerRune(r));
      if (upperRune(r) != r) classAdd(upperRune(r), upperRune(r));
    }
  }
}

@inline
function lowAt(i: u32): u32 {
  return load<u32>(ranges + (<usize>i << 3));
}
@inline
function highAt(i: u32): u32 {
  return load<u32>(ranges + (<usize>i << 3), 4);
}

/** Sorts and joins the ranges, then turns them round when asked. */
export function classFinish(negate: bool): void {
  for (let i: u32 = 1; i < used; i++) {
    const low = lowAt(i);
    const high = highAt(i);
    let k = i;
    while (k > 0 && lowAt(k - 1) > low) {
      store<u64>(ranges + (<usize>k << 3), load<u64>(ranges + (<usize>(k - 1) << 3)));
      k--;
    }
    store<u32>(ranges + (<usize>k << 3), low);
    store<u32>(ranges + (<usize>k << 3), high, 4);
  }
  let n: u32 = 0;
  for (let i: u32 = 0; i < used; i++) {
    if (n > 0 && lowAt(i) <= highAt(n - 1) + 1) {
      if (highAt(i) > highAt(n - 1)) store<u32>(ranges + (<usize>(n - 1) << 3), highAt(i), 4);
    } else {
      store<u64>(ranges + (<usize>n << 3), load<u64>(ranges + (<usize>i << 3)));
      n++;
    }
  }
  used = n;
  if (negate) complement();
}

function complement(): void {
  const from = ranges;
  const n = used;
  room = n + 1;
  ranges = alloc(<usize>room << 3);
  used = 0;
  let next: u32 = 0;
  for (let i: u32 = 0; i < n; i++) {
    const low = load<u32>(from + (<usize>i << 3));
    if (low > next) classAdd(next, low - 1);
    next = load<u32>(from + (<usize>i << 3), 4) + 1;
  }
  if (next <= MAX_RUNE) classAdd(next, MAX_RUNE);
}

export function classRanges(): usize {
  return ranges;
}
export function classCount(): u32 {
  return used;
}

/** Adds what \d, \s or \w (or, upper case, all but that) stands for. */
export function classPerl(letter: u32): bool {
  switch (letter) {
    case 100:
      classAdd(48, 57);
      return true;
    case 68:
      classAdd(0, 47);
      classAdd(58, MAX_RUNE);
      return true;
    case 115:
      classAdd(9, 10);
      classAdd(12, 13);
      classAdd(32, 32);
      return true;
    case 83:
      classAdd(0, 8);
      classAdd(11, 11);
      classAdd(14, 31);
      classAdd(33, MAX_RUNE);
      return true;
    case 119:
      classAdd(48, 57);
      classAdd(65, 90);
      classAdd(95, 95);
      classAdd(97, 122);
      return true;
    case 87:
      classAdd(0, 47);
      classAdd(58, 64);
      classAdd(91, 94);
      classAdd(96, 96);
      classAdd(123, MAX_RUNE);
      return true;
    default:
      return false;
  }
}
