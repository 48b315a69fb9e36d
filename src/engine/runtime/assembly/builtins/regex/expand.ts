import { stringLength, stringPtr, Value } from "../../value";
import { runeAt, runeSize } from "../strings";
import { textByte, textBytes } from "../text";
import { List, newList } from "./list";
import { addUnicodeClass } from "./named-class";
import { Program } from "./program";

// What stands for a match in regex.replace: $1, ${1}, $name, ${name}, $$.

const DOLLAR: u8 = 36;
const OPEN: u8 = 123;
const CLOSE: u8 = 125;

export function needsGroups(template: Value): bool {
  const ptr = stringPtr(template);
  for (let i: u32 = 0; i < stringLength(template); i++) {
    if (load<u8>(ptr + i) == DOLLAR) return true;
  }
  return false;
}

/** Writes the template with the groups of a match of `text` put in. */
export function expand(program: Program, template: Value, text: usize, captures: usize, groups: u32): void {
  let at = stringPtr(template);
  const end = at + stringLength(template);
  while (at < end) {
    const c = load<u8>(at++);
    if (c != DOLLAR) {
      textByte(c);
      continue;
    }
    if (at < end && load<u8>(at) == DOLLAR) {
      textByte(DOLLAR);
      at++;
      continue;
    }
    const braced = at < end && load<u8>(at) == OPEN;
    const name = at + (braced ? 1 : 0);
    const stop = endOfName(name, end);
    if (stop == name || (braced && (stop >= end || load<u8>(stop) != CLOSE))) {
      // No name: the dollar is one.
      textByte(DOLLAR);
      continue;
    }
    const length = <u32>(stop - name);
    const number = numberOf(name, length);
    if (number >= 0) writeGroup(text, captures, groups, number);
    else writeNamed(program, name, length, text, captures, groups);
    at = braced ? stop + 1 : stop;
  }
}

/** Writes the group; false when it took no part. */
function writeGroup(text: usize, captures: usize, groups: u32, group: u32): bool {
  if (group >= groups) return false;
  const start = load<i32>(captures + (<usize>group << 3));
  if (start < 0) return false;
  textBytes(text + start, <u32>(load<i32>(captures + (<usize>group << 3), 4) - start));
  return true;
}

/** Writes the first group of that name that took part. */
function writeNamed(program: Program, name: usize, length: u32, text: usize, captures: usize, groups: u32): void {
  const base = changetype<usize>(program);
  for (let i: u32 = 0; i < program.nameCount; i++) {
    const entry = base + program.names + <usize>i * 12;
    if (load<u32>(entry, 4) != length || memory.compare(base + load<u32>(entry, 8), name, length) != 0) continue;
    if (writeGroup(text, captures, groups, load<u32>(entry))) return;
  }
}

function endOfName(from: usize, end: usize): usize {
  let at = from;
  while (at < end && isNameRune(runeAt(at))) at += runeSize(at);
  return at;
}

/** Letters and digits of any script, and _. */
function isNameRune(rune: u32): bool {
  if (rune < 128) {
    return (rune >= 48 && rune <= 57) || (rune >= 65 && rune <= 90) || rune == 95 || (rune >= 97 && rune <= 122);
  }
  const names = newList();
  addUnicodeClass(names, changetype<usize>(LETTERS), 1);
  addUnicodeClass(names, changetype<usize>(DIGITS), 2);
  return isIn(names, rune);
}

// "L" and "Nd"
// @ts-ignore: static data
const LETTERS = memory.data<u8>([76]);
// @ts-ignore: static data
const DIGITS = memory.data<u8>([78, 100]);

function isIn(class_: List, rune: u32): bool {
  for (let i: u32 = 0; i < class_.length; i += 2) {
    if (rune >= class_.at(i) && rune <= class_.at(i + 1)) return true;
  }
  return false;
}

/** A number without leading zeros; -1 for a name. */
function numberOf(name: usize, length: u32): i32 {
  if (load<u8>(name) == 48 && length > 1) return -1;
  let number: i32 = 0;
  for (let i: u32 = 0; i < length; i++) {
    const digit = <i32>load<u8>(name + i) - 48;
    if (digit < 0 || digit > 9 || number >= 100000000) return -1;
    number = number * 10 + digit;
  }
  return number;
}
