import { alloc } from "../memory";
import { UNDEFINED, Value } from "../value";
import { compileGlob } from "./glob/compile";
import { globAnswer } from "./glob/match";
import { Matcher, packedSize, packMatcher } from "./glob/matcher";
import { parseGlob } from "./glob/parse";
import { wantInteger, wantString } from "./operand";
import { beginSearches, completeSize, EARLIEST, FIRST, LONGEST, makeComplete } from "./regex/automaton";
import { compilePattern } from "./regex/kept-programs";
import { List, newList } from "./regex/list";
import { regexFind, regexMatches, regexReplace, regexSplit, regexSubmatches } from "./regex/matches";
import { Program } from "./regex/program";

// Patterns that are known when a policy is compiled: the compiler asks its own
// copy of the runtime for their images, the policy's module holds them, and
// reaches only what runs them.

let imageSize: u32 = 0;

/** Bytes of the last image. */
export function rt_image_size(): u32 {
  return imageSize;
}

/** The image of a regular expression, 0 when it is not valid; `finds`: not whether, but where it matches. */
export function rt_regex_image(ptr: usize, length: u32, finds: i32): usize {
  beginSearches();
  const program = compilePattern(ptr, length, false);
  if (!program) return 0;
  const table = makeComplete(program, finds ? FIRST : EARLIEST);
  let size = <usize>program.size + blockSize(table);
  let reversed: Program | null = null;
  let reversedTable: usize = 0;
  if (finds) {
    reversed = compilePattern(ptr, length, true)!;
    beginSearches();
    reversedTable = makeComplete(reversed, LONGEST);
    size += <usize>reversed.size + blockSize(reversedTable);
  }
  const image = alloc(size);
  const whole = place(image, program, table, finds ? FIRST : EARLIEST);
  if (reversed) {
    const at = image + program.size + blockSize(table);
    place(at, reversed, reversedTable, LONGEST);
    whole.reversed = <u32>(at - image);
  }
  imageSize = <u32>size;
  return image;
}

function blockSize(block: usize): usize {
  return block == 0 ? 0 : (<usize>completeSize(block) + 7) & ~7;
}

/** The program and, behind it, its complete automaton. */
function place(at: usize, program: Program, table: usize, mode: u32): Program {
  memory.copy(at, changetype<usize>(program), program.size);
  const placed = changetype<Program>(at);
  placed.pattern = 0;
  if (table == 0) return placed;
  memory.copy(at + program.size, table, completeSize(table));
  if (mode == EARLIEST) placed.earliestTable = program.size;
  else if (mode == FIRST) placed.firstTable = program.size;
  else placed.longestTable = program.size;
  return placed;
}

/** The image of a glob with delimiters, given as words; 0 when it is not valid. */
export function rt_glob_image(ptr: usize, length: u32, delimiters: usize, count: u32): usize {
  const tree = parseGlob(ptr, length);
  if (!tree) return 0;
  const set: List = newList();
  for (let i: u32 = 0; i < count; i++) set.push(load<u32>(delimiters + (<usize>i << 2)));
  const made = compileGlob(tree, set);
  imageSize = <u32>packedSize(made);
  const image = alloc(imageSize);
  packMatcher(made, image);
  return image;
}

export function rt_regex_match(image: usize, text: Value): Value {
  return wantString(text, 2) ? regexMatches(changetype<Program>(image), text) : UNDEFINED;
}

export function rt_regex_find(image: usize, text: Value, count: Value): Value {
  if (!wantString(text, 2) || !wantInteger(count, 3)) return UNDEFINED;
  return regexFind(changetype<Program>(image), text, count);
}

export function rt_regex_submatches(image: usize, text: Value, count: Value): Value {
  if (!wantString(text, 2) || !wantInteger(count, 3)) return UNDEFINED;
  return regexSubmatches(changetype<Program>(image), text, count);
}

export function rt_regex_split(image: usize, text: Value): Value {
  return wantString(text, 2) ? regexSplit(changetype<Program>(image), text) : UNDEFINED;
}

export function rt_regex_replace(text: Value, image: usize, replacement: Value): Value {
  if (!wantString(text, 1) || !wantString(replacement, 3)) return UNDEFINED;
  return regexReplace(text, changetype<Program>(image), replacement);
}

export function rt_glob_match(image: usize, text: Value): Value {
  return wantString(text, 3) ? globAnswer(changetype<Matcher>(image), text) : UNDEFINED;
}
