import { chargeFuel } from "../../fuel";
import { allocKept, keptFree, keptGeneration, resetKept } from "../../memory";
import { stringLength, stringPtr, Value } from "../../value";
import { prepareFilters } from "./prefilter";
import { groupsOfLast, parsePattern } from "./parse";
import { makeProgram } from "./compile";
import { outlives, Program, renewSlots } from "./program";

// Compiled patterns by their text, kept between decisions: 256 places of
// {u32 pattern, u32 length, u32 program}.
const PLACES: u32 = 256;
const PROBES: u32 = 8;
let table: usize = 0;
// Kept memory when the table was made; a reset takes the table with it.
let generation: u32 = 0;

// Less room than this and all is forgotten before a pattern is compiled.
const LEAST_FREE: usize = 256 * 1024;
// A program with more instructions lives for one decision.
const MAX_KEPT: u32 = 2000;

function hash(ptr: usize, length: u32): u32 {
  let h: u64 = 0xcbf29ce484222325 ^ length;
  let i: u32 = 0;
  for (; i + 8 <= length; i += 8) {
    h = (h ^ load<u64>(ptr + i)) * 0x9e3779b97f4a7c15;
    h ^= h >>> 29;
  }
  for (; i < length; i++) h = (h ^ load<u8>(ptr + i)) * 0x100000001b3;
  return <u32>(h ^ (h >>> 32));
}

/** The program of a pattern; null, with the fault recorded, when it is not valid. */
export function programOf(pattern: Value): Program | null {
  return programOfText(stringPtr(pattern), stringLength(pattern));
}

export function programOfText(ptr: usize, length: u32): Program | null {
  if (table == 0 || generation != keptGeneration()) newTable();
  let place = placeOf(ptr, length);
  if (isAt(place, ptr, length)) return changetype<Program>(<usize>load<u32>(place, 8));
  const made = compilePattern(ptr, length, false);
  if (!made) return null;
  if (keptFree() < LEAST_FREE) {
    resetKept();
    newTable();
    place = placeOf(ptr, length);
  }
  const p = keep(made);
  const copy = p == made ? <usize>0 : allocKept(length + 1);
  if (copy == 0) {
    p.pattern = <u32>ptr;
    return p;
  }
  memory.copy(copy, ptr, length);
  p.pattern = <u32>copy;
  store<u32>(place, <u32>copy);
  store<u32>(place, length, 4);
  store<u32>(place, <u32>changetype<usize>(p), 8);
  return p;
}

/** Where the pattern is; else a free place, or the one that is given up for it. */
function placeOf(ptr: usize, length: u32): usize {
  const first = hash(ptr, length);
  let free: usize = 0;
  for (let i: u32 = 0; i < PROBES; i++) {
    const place = table + <usize>((first + i) % PLACES) * 12;
    if (isAt(place, ptr, length)) return place;
    if (free == 0 && load<u32>(place) == 0) free = place;
  }
  return free != 0 ? free : table + <usize>(first % PLACES) * 12;
}

function isAt(place: usize, ptr: usize, length: u32): bool {
  return load<u32>(place) != 0 && load<u32>(place, 4) == length &&
    memory.compare(<usize>load<u32>(place), ptr, length) == 0;
}

/** A program in the arena; null, with the fault recorded, when the pattern is not valid. */
export function compilePattern(ptr: usize, length: u32, backwards: bool): Program | null {
  // What reading a byte costs beside the elements that classes and programs charge for.
  chargeFuel(64 + <i32>min<u32>(length, 0x0fffffff) * 4);
  const tree = parsePattern(ptr, length);
  if (!tree) return null;
  const p = makeProgram(tree, groupsOfLast(), backwards);
  const whole = backwards ? p : prepareFilters(p, tree);
  whole.pattern = <u32>ptr;
  whole.patternLength = length;
  return whole;
}

/** The program in kept memory when it fits; else as it is. */
function keep(p: Program): Program {
  const to = p.count > MAX_KEPT ? <usize>0 : allocKept(p.size);
  if (to == 0) return p;
  memory.copy(to, changetype<usize>(p), p.size);
  return changetype<Program>(to);
}

/** Makes the program that reads the pattern backwards ready; `find` needs it. */
export function prepareReversed(p: Program): void {
  renewSlots(p);
  if (p.reversedMade != 0) return;
  const made = compilePattern(<usize>p.pattern, p.patternLength, true)!;
  const reversed = outlives(p) ? keep(made) : made;
  if (outlives(reversed) || !outlives(p)) p.reversedMade = <u32>changetype<usize>(reversed);
}

function newTable(): void {
  if (keptFree() < LEAST_FREE) resetKept();
  table = allocKept(<usize>PLACES * 12);
  memory.fill(table, 0, <usize>PLACES * 12);
  generation = keptGeneration();
}
