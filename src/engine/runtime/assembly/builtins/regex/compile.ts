import { chargeFuel } from "../../fuel";
import { alloc } from "../../memory";
import { addFoldedRange, cleanClass, MAX_RUNE } from "./char-class";
import { simpleFold } from "./fold";
import { List, newList } from "./list";
import {
  ALTERNATE,
  ANY_CHAR,
  ANY_CHAR_NOT_NL,
  BEGIN_LINE,
  BEGIN_TEXT,
  CAPTURE,
  CHAR_CLASS,
  CONCAT,
  END_LINE,
  END_TEXT,
  FOLD_CASE,
  LITERAL,
  NO_WORD_BOUNDARY,
  Node,
  NON_GREEDY,
  PLUS,
  QUEST,
  REPEAT,
  STAR,
  WORD_BOUNDARY,
} from "./node";
import { classify, intervalsOfLast, samplesOfLast } from "./rune-classes";
import {
  ANY,
  ASKS,
  AT_LINE_BEGIN,
  AT_LINE_END,
  AT_TEXT_BEGIN,
  AT_TEXT_END,
  AT_WORD_EDGE,
  JUMP,
  MATCH,
  NOT_AT_WORD_EDGE,
  Program,
  RANGES,
  RUNE,
  SAVE,
  SPLIT,
} from "./program";
import { AFTER_LINE, AFTER_WORD, AT_BEGIN } from "./text";

// Tree to program: Go's own order of alternatives.

let code: List = changetype<List>(0);
// Ranges of all classes, and {where, pairs} of each.
let pool: List = changetype<List>(0);
let sets: List = changetype<List>(0);
let names: List = changetype<List>(0);
let backwards: bool = false;
let contextual: u32 = 0;
// Where in the pool the ranges of `.` are.
const NOWHERE: u32 = 0xffffffff;
let notNewline: u32 = NOWHERE;

function emit(op: u32, x: u32, y: u32): u32 {
  const pc = code.length / 3;
  if ((pc & 255) == 255) chargeFuel(256);
  code.push(op);
  code.push(x);
  code.push(y);
  return pc;
}

@inline
function here(): u32 {
  return code.length / 3;
}

function patch(pc: u32, x: u32, y: u32): void {
  code.put(pc * 3 + 1, x);
  code.put(pc * 3 + 2, y);
}

/** The program of a tree, in the arena. Read backwards it saves no captures. */
export function makeProgram(tree: Node, groups: u32, reversed: bool): Program {
  code = newList();
  pool = newList();
  sets = newList();
  names = newList();
  backwards = reversed;
  contextual = 0;
  notNewline = NOWHERE;
  if (!reversed) {
    emit(SPLIT, 3, 1);
    emit(ANY, 0, 0);
    emit(JUMP, 0, 0);
  }
  write(tree);
  emit(MATCH, 0, 0);
  classify(code, pool, sets);
  return layOut(groups);
}

function layOut(groups: u32): Program {
  const intervals = intervalsOfLast();
  const samples = samplesOfLast();
  const codeOffset = (offsetof<Program>() + 7) & ~7;
  const poolOffset = codeOffset + (<usize>code.length << 2);
  const intervalOffset = poolOffset + (<usize>pool.length << 2);
  const sampleOffset = intervalOffset + (<usize>intervals.length << 2);
  const mapOffset = sampleOffset + (<usize>samples.length << 2);
  const nameOffset = mapOffset + 256;
  let size = nameOffset + <usize>names.length * 4;
  for (let i: u32 = 0; i < names.length; i += 3) size += names.at(i + 1);
  size = (size + 7) & ~7;
  const start = alloc(size);
  memory.fill(start, 0, offsetof<Program>());
  const p = changetype<Program>(start);
  p.size = <u32>size;
  p.count = here();
  p.groups = groups;
  p.code = <u32>codeOffset;
  p.anchored = backwards ? 0 : 3;
  p.classes = samples.length - 1;
  p.byteMap = <u32>mapOffset;
  p.intervals = <u32>intervalOffset;
  p.intervalCount = intervals.length >>> 1;
  p.samples = <u32>sampleOffset;
  p.contextual = contextual;
  p.names = <u32>nameOffset;
  p.nameCount = names.length / 3;
  for (let pc: u32 = 0; pc < p.count; pc++) {
    if (code.at(pc * 3) == RANGES) code.put(pc * 3 + 1, <u32>poolOffset + (code.at(pc * 3 + 1) << 2));
  }
  memory.copy(start + codeOffset, code.items, <usize>code.length << 2);
  memory.copy(start + poolOffset, pool.items, <usize>pool.length << 2);
  memory.copy(start + intervalOffset, intervals.items, <usize>intervals.length << 2);
  memory.copy(start + sampleOffset, samples.items, <usize>samples.length << 2);
  fillByteMap(start + mapOffset, intervals);
  placeNames(start, nameOffset);
  return p;
}

function fillByteMap(map: usize, intervals: List): void {
  memory.fill(map, 0, 256);
  let next: u32 = 0;
  let current: u32 = 0;
  for (let c: u32 = 0; c < 128; c++) {
    if (next < intervals.length && intervals.at(next) == c) {
      current = intervals.at(next + 1);
      next += 2;
    }
    store<u8>(map + c, <u8>current);
  }
}

function placeNames(start: usize, offset: usize): void {
  let to = offset + <usize>names.length * 4;
  for (let i: u32 = 0; i < names.length; i += 3) {
    const entry = start + offset + <usize>i * 4;
    store<u32>(entry, names.at(i));
    store<u32>(entry, names.at(i + 1), 4);
    store<u32>(entry, <u32>to, 8);
    memory.copy(start + to, <usize>names.at(i + 2), names.at(i + 1));
    to += names.at(i + 1);
  }
}

/** Writes a tree; true when it can match the empty text. */
function write(node: Node): bool {
  switch (node.op) {
    case LITERAL:
      writeLiteral(node);
      return node.runes.length == 0;
    case CHAR_CLASS:
      if (node.cap == 0) {
        // Classes that were merged may be out of order.
        cleanClass(node.runes);
        node.cap = 1 + addSet(node.runes);
      }
      emit(RANGES, node.cap - 1, node.runes.length >>> 1);
      return false;
    case ANY_CHAR:
      emit(ANY, 0, 0);
      return false;
    case ANY_CHAR_NOT_NL:
      writeNotNewline();
      return false;
    case CAPTURE:
      return writeCapture(node);
    case STAR:
    case PLUS:
    case QUEST:
    case REPEAT:
      return writeRepeat(node);
    case CONCAT: {
      const n = node.subs.length;
      let empty = true;
      for (let i: u32 = 0; i < n; i++) {
        if (!write(node.sub(backwards ? n - 1 - i : i))) empty = false;
      }
      return empty;
    }
    case ALTERNATE:
      return writeAlternate(node);
    default:
      writeAssertion(node.op);
      return true;
  }
}

/** Where in the pool the ranges of a class are. */
function addSet(runes: List): u32 {
  const start = pool.length;
  pool.append(runes);
  sets.push(start);
  sets.push(runes.length >>> 1);
  return start;
}

function writeNotNewline(): void {
  if (notNewline == NOWHERE) {
    const runes = newList();
    runes.push(0);
    runes.push(9);
    runes.push(11);
    runes.push(MAX_RUNE);
    notNewline = addSet(runes);
  }
  emit(RANGES, notNewline, 2);
}

function writeLiteral(node: Node): void {
  const n = node.runes.length;
  for (let i: u32 = 0; i < n; i++) {
    const rune = node.runes.at(backwards ? n - 1 - i : i);
    if (!(node.flags & FOLD_CASE) || simpleFold(rune) == rune) {
      emit(RUNE, rune, 0);
      continue;
    }
    const orbit = newList();
    addFoldedRange(orbit, rune, rune);
    cleanClass(orbit);
    emit(RANGES, addSet(orbit), orbit.length >>> 1);
  }
}

function writeCapture(node: Node): bool {
  if (node.nameLength > 0 && !backwards && (names.length == 0 || names.at(names.length - 3) < node.cap)) {
    names.push(node.cap);
    names.push(node.nameLength);
    names.push(<u32>node.name);
  }
  if (backwards) return write(node.sub(0));
  emit(SAVE, node.cap * 2, 0);
  const empty = write(node.sub(0));
  emit(SAVE, node.cap * 2 + 1, 0);
  return empty;
}

function writeAlternate(node: Node): bool {
  const n = node.subs.length;
  const jumps = newList();
  let empty = false;
  for (let i: u32 = 0; i + 1 < n; i++) {
    const split = emit(SPLIT, 0, 0);
    if (write(node.sub(i))) empty = true;
    jumps.push(emit(JUMP, 0, 0));
    patch(split, split + 1, here());
  }
  if (write(node.sub(n - 1))) empty = true;
  for (let i: u32 = 0; i < jumps.length; i++) patch(jumps.at(i), here(), 0);
  return empty;
}

function writeAssertion(op: u32): void {
  if (op < BEGIN_LINE) return;
  let code = op == WORD_BOUNDARY ? AT_WORD_EDGE : NOT_AT_WORD_EDGE;
  if (op == (backwards ? END_LINE : BEGIN_LINE)) code = AT_LINE_BEGIN;
  else if (op == (backwards ? BEGIN_LINE : END_LINE)) code = AT_LINE_END;
  else if (op == (backwards ? END_TEXT : BEGIN_TEXT)) code = AT_TEXT_BEGIN;
  else if (op == (backwards ? BEGIN_TEXT : END_TEXT)) code = AT_TEXT_END;
  emit(code, 0, 0);
  contextual |= ASKS;
  if (code == AT_TEXT_BEGIN) contextual |= AT_BEGIN;
  else if (code == AT_LINE_BEGIN) contextual |= AT_BEGIN | AFTER_LINE;
  else if (code >= AT_WORD_EDGE) contextual |= AFTER_WORD;
}

function branch(split: u32, into: u32, past: u32, greedy: bool): void {
  if (greedy) patch(split, into, past);
  else patch(split, past, into);
}

function writeRepeat(node: Node): bool {
  const body = node.sub(0);
  const greedy = !(node.flags & NON_GREEDY);
  if (node.op == STAR) return writeLoop(body, 0, greedy);
  if (node.op == PLUS) return writeLoop(body, 1, greedy);
  if (node.op == QUEST) return writeOptional(body, 1, greedy);
  if (node.max == -1) return writeLoop(body, node.min, greedy);
  let empty = true;
  for (let i: i32 = 0; i < node.min; i++) {
    if (!write(body)) empty = false;
  }
  if (node.max > node.min) writeOptional(body, node.max - node.min, greedy);
  return empty;
}

/** `least` times or more. What can be empty loops as (x+)?, as in Go. */
function writeLoop(body: Node, least: i32, greedy: bool): bool {
  let empty = true;
  for (let i: i32 = 1; i < least; i++) {
    if (!write(body)) empty = false;
  }
  if (least > 0) {
    const start = here();
    if (!write(body)) empty = false;
    const split = emit(SPLIT, 0, 0);
    branch(split, start, here(), greedy);
    return empty;
  }
  const split = emit(SPLIT, 0, 0);
  if (write(body)) {
    const again = emit(SPLIT, 0, 0);
    branch(again, split + 1, here(), greedy);
  } else {
    emit(JUMP, split, 0);
  }
  branch(split, split + 1, here(), greedy);
  return true;
}

/** Up to `most` times, each inside the one before: (x(x)?)? */
function writeOptional(body: Node, most: i32, greedy: bool): bool {
  const splits = newList();
  for (let i: i32 = 0; i < most; i++) {
    splits.push(emit(SPLIT, 0, 0));
    write(body);
  }
  for (let i: u32 = 0; i < splits.length; i++) branch(splits.at(i), splits.at(i) + 1, here(), greedy);
  return true;
}
