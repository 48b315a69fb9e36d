import { allocKept } from "../../memory";
import { stringLength, stringPtr, Value } from "../../value";
import { groupsOfLast, parsePattern } from "./parse";
import { makeProgram, Program } from "./program";

// Compiled patterns by their text, kept between decisions: 256 places of
// {u32 pattern, u32 length, u32 program}.
const PLACES: u32 = 256;
let table: usize = 0;
// allocKept's room when the table was made; a reset takes the table with it.
let generation: u32 = 0;

function hash(ptr: usize, length: u32): u32 {
  let h: u32 = 2166136261;
  for (let i: u32 = 0; i < length; i++) h = (h ^ load<u8>(ptr + i)) * 16777619;
  return h;
}

/** The program of a pattern, 0 when it is not valid. */
export function programOf(pattern: Value): Program {
  const ptr = stringPtr(pattern);
  const length = stringLength(pattern);
  if (table == 0 || generation != keptGeneration()) newTable();
  const place = table + <usize>(hash(ptr, length) % PLACES) * 12;
  if (
    load<u32>(place) != 0 && load<u32>(place, 4) == length &&
    memory.compare(<usize>load<u32>(place), ptr, length) == 0
  ) {
    return <Program>load<u32>(place, 8);
  }
  const node = parsePattern(ptr, length);
  if (node == 0) return 0;
  const program = makeProgram(node, groupsOfLast());
  // Making it may have emptied the room, and the table with it.
  if (program != 0 && generation == keptGeneration()) remember(place, ptr, length, program);
  return program;
}

function newTable(): void {
  table = allocKept(<usize>PLACES * 12);
  if (table == 0) {
    resetKept();
    table = allocKept(<usize>PLACES * 12);
  }
  memory.fill(table, 0, <usize>PLACES * 12);
  generation = keptGeneration();
}

function remember(place: usize, ptr: usize, length: u32, program: Program): void {
  const copy = allocKept(length + 1);
  if (copy == 0) return;
  memory.copy(copy, ptr, length);
  store<u32>(place, <u32>copy);
  store<u32>(place, length, 4);
  store<u32>(place, <u32>program, 8);
}

import { keptGeneration, resetKept } from "../../memory";
