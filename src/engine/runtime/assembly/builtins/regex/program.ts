import { alloc, allocKept, headerWord, isKept, keptGeneration } from "../../memory";

// Instructions of 12 bytes {code, x, y}; without a jump the next follows.
export const MATCH: u32 = 0;
/** x = code point */
export const RUNE: u32 = 1;
/** x = where the ranges are, from the program's address; y = how many */
export const RANGES: u32 = 2;
export const ANY: u32 = 3;
/** goes to x, or, with lower priority, to y */
export const SPLIT: u32 = 4;
export const JUMP: u32 = 5;
/** x = capture slot */
export const SAVE: u32 = 6;
export const AT_LINE_BEGIN: u32 = 7;
export const AT_TEXT_BEGIN: u32 = 8;
// From here on what follows decides.
export const AT_LINE_END: u32 = 9;
export const AT_TEXT_END: u32 = 10;
export const AT_WORD_EDGE: u32 = 11;
export const NOT_AT_WORD_EDGE: u32 = 12;

/** Beside the contexts of text.ts: some instruction asks. */
export const ASKS: u32 = 8;

/** What a program is made for, and holds ready. */
@unmanaged
export class Program {
  size: u32;
  count: u32;
  groups: u32;
  // Offsets from the program's own address, so that it can be moved.
  code: u32;
  /** Where a match begins; before it stands the loop that looks for one. */
  anchored: u32;
  /** Classes of code points, 1 to `classes`; one more is the end of the text. */
  classes: u32;
  byteMap: u32;
  intervals: u32;
  intervalCount: u32;
  samples: u32;
  /** ASKS when some instruction asks what stands before or after, and which contexts tell apart. */
  contextual: u32;
  /** {group, length, where} a named group. */
  names: u32;
  nameCount: u32;
  prefilter: u32;
  /** Bytes that every match has. */
  required: u32;
  requiredLength: u32;
  /** The program that reads backwards, 0 when it is not part of this one. */
  reversed: u32;
  /** Complete automata, by mode, 0 for none: automaton.ts. */
  earliestTable: u32;
  firstTable: u32;
  longestTable: u32;
  // Made at need, valid in one generation of kept memory: addresses.
  generation: u32;
  earliest: u32;
  first: u32;
  longest: u32;
  reversedMade: u32;
  pattern: u32;
  patternLength: u32;
}

/** Whether a program is kept, or part of the module. */
export function outlives(p: Program): bool {
  const at = changetype<usize>(p);
  return at < <usize>headerWord(0) || isKept(at);
}

/** Memory that lives as long as the program; 0 when there is none left. */
export function takeFor(p: Program, size: usize): usize {
  return outlives(p) ? allocKept(size) : alloc(size);
}

/** Forgets what was made in memory that is gone. */
export function renewSlots(p: Program): void {
  if (p.generation == keptGeneration()) return;
  p.generation = keptGeneration();
  p.earliest = 0;
  p.first = 0;
  p.longest = 0;
  p.reversedMade = 0;
}

@inline
export function codeAt(p: Program, pc: u32): usize {
  return changetype<usize>(p) + p.code + <usize>pc * 12;
}

/** Whether an instruction consumes this character. */
export function takes(p: Program, at: usize, rune: u32): bool {
  const op = load<u32>(at);
  if (op == RUNE) return load<u32>(at, 4) == rune;
  if (op == ANY) return true;
  if (op != RANGES) return false;
  const ranges = changetype<usize>(p) + load<u32>(at, 4);
  let low: i32 = 0;
  let high = <i32>load<u32>(at, 8) - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const range = ranges + (<usize>middle << 3);
    if (rune < load<u32>(range)) high = middle - 1;
    else if (rune > load<u32>(range, 4)) low = middle + 1;
    else return true;
  }
  return false;
}
