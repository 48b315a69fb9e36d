import { chargeFuel } from "../../fuel";
import { addClass, addNegatedClass, addRange, cleanClass } from "./char-class";
import { List, newList } from "./list";
import { UNICODE_CLASSES } from "./unicode-tables";

// Unicode categories and scripts, and POSIX classes, by name.

const ALIAS: u32 = 0xffff;
const MAX_NAME: u32 = 64;
// The name looked for, in canonical form.
// @ts-ignore: static data
const NAME = memory.data(64);
let nameLength: u32 = 0;

/** One capital, then small letters; blanks, - and _ do not count. False when too long. */
function canonical(ptr: usize, length: u32): bool {
  nameLength = 0;
  let first = true;
  for (let i: u32 = 0; i < length; i++) {
    let c = load<u8>(ptr + i);
    if (c == 95 || c == 45 || c == 32) continue;
    if (first && c >= 97 && c <= 122) c -= 32;
    else if (!first && c >= 65 && c <= 90) c += 32;
    first = false;
    if (nameLength == MAX_NAME) return false;
    store<u8>(NAME + nameLength++, c);
  }
  return true;
}

function nameIs(text: string): bool {
  if (<u32>text.length != nameLength) return false;
  for (let i: u32 = 0; i < nameLength; i++) {
    if (<u32>load<u8>(NAME + i) != <u32>text.charCodeAt(i)) return false;
  }
  return true;
}

/** Adds the class in order and disjoint; false for an unknown name. */
export function addUnicodeClass(class_: List, ptr: usize, length: u32): bool {
  if (!canonical(ptr, length)) return false;
  if (nameIs("Any")) {
    addRange(class_, 0, 0x10ffff);
  } else if (nameIs("Ascii")) {
    addRange(class_, 0, 127);
  } else if (nameIs("Assigned") || nameIs("Cn")) {
    const assigned = newList();
    addGroups(assigned, 0);
    cleanClass(assigned);
    if (nameIs("Cn")) addNegatedClass(class_, assigned);
    else addClass(class_, assigned);
  } else if (nameIs("Lc")) {
    addTable(class_, 76, 117);
    addTable(class_, 76, 108);
    addTable(class_, 76, 116);
  } else if (nameLength == 1 && addGroups(class_, load<u8>(NAME))) {
    if (load<u8>(NAME) == 67) {
      const assigned = newList();
      addGroups(assigned, 0);
      cleanClass(assigned);
      addNegatedClass(class_, assigned);
    }
  } else {
    return addNamedTable(class_);
  }
  cleanClass(class_);
  return true;
}

let entry: usize = 0;
let entryLength: u32 = 0;
let entrySize: u32 = 0;

/** The table's next entry; false at its end. */
function nextEntry(): bool {
  entryLength = load<u8>(entry);
  if (entryLength == 0) return false;
  entrySize = load<u16>(entry + 1 + entryLength);
  return true;
}

function skipEntry(): void {
  const ranges = entry + 3 + entryLength;
  entry = ranges + (entrySize == ALIAS ? 1 + <usize>load<u8>(ranges) : <usize>entrySize);
}

/** All categories of two letters that begin with this one, 0 for any; false for none. */
function addGroups(class_: List, letter: u32): bool {
  let found = false;
  // Categories come first in the table.
  for (entry = UNICODE_CLASSES; nextEntry() && entryLength == 2; skipEntry()) {
    if (letter != 0 && load<u8>(entry, 1) != <u8>letter) continue;
    found = true;
    addRanges(class_, entry + 5, entrySize);
  }
  return found;
}

function addTable(class_: List, first: u32, second: u32): void {
  for (entry = UNICODE_CLASSES; nextEntry(); skipEntry()) {
    if (entryLength == 2 && load<u8>(entry, 1) == <u8>first && load<u8>(entry, 2) == <u8>second) {
      addRanges(class_, entry + 5, entrySize);
    }
  }
}

function addNamedTable(class_: List): bool {
  for (entry = UNICODE_CLASSES; nextEntry(); skipEntry()) {
    if (entryLength != nameLength || memory.compare(entry + 1, NAME, nameLength) != 0) continue;
    const ranges = entry + 3 + entryLength;
    if (entrySize == ALIAS) return addUnicodeClass(class_, ranges + 1, load<u8>(ranges));
    addRanges(class_, ranges, entrySize);
    return true;
  }
  return false;
}

function addRanges(class_: List, ptr: usize, size: u32): void {
  chargeFuel(<i32>(size >>> 1));
  let at = ptr;
  let next: u32 = 0;
  while (at < ptr + size) {
    let pair: u64 = 0;
    for (let part: u64 = 0; part < 64; part += 32) {
      let shift: u64 = 0;
      let byte: u64;
      do {
        byte = load<u8>(at++);
        pair |= (byte & 127) << (part + shift);
        shift += 7;
      } while (byte > 127);
    }
    const low = next + <u32>pair;
    const high = low + <u32>(pair >> 32);
    addRange(class_, low, high);
    next = high + 1;
  }
}

function isPosix(ptr: usize, length: u32, name: string): bool {
  if (<u32>name.length != length) return false;
  for (let i: u32 = 0; i < length; i++) {
    if (<u32>load<u8>(ptr + i) != <u32>name.charCodeAt(i)) return false;
  }
  return true;
}

function addPair(class_: List, low: u32, high: u32, low2: u32, high2: u32): void {
  addRange(class_, low, high);
  addRange(class_, low2, high2);
}

/** Adds the POSIX class of a name without its brackets and colons. */
export function addPosixClass(class_: List, ptr: usize, length: u32): bool {
  if (isPosix(ptr, length, "alnum") || isPosix(ptr, length, "alpha") || isPosix(ptr, length, "word")) {
    if (load<u8>(ptr, 2) != 112) addRange(class_, 48, 57);
    addRange(class_, 65, 90);
    if (length == 4) addRange(class_, 95, 95);
    addRange(class_, 97, 122);
  } else if (isPosix(ptr, length, "ascii")) addRange(class_, 0, 127);
  else if (isPosix(ptr, length, "blank")) addPair(class_, 9, 9, 32, 32);
  else if (isPosix(ptr, length, "cntrl")) addPair(class_, 0, 31, 127, 127);
  else if (isPosix(ptr, length, "digit")) addRange(class_, 48, 57);
  else if (isPosix(ptr, length, "graph")) addRange(class_, 33, 126);
  else if (isPosix(ptr, length, "lower")) addRange(class_, 97, 122);
  else if (isPosix(ptr, length, "print")) addRange(class_, 32, 126);
  else if (isPosix(ptr, length, "punct")) {
    addPair(class_, 33, 47, 58, 64);
    addPair(class_, 91, 96, 123, 126);
  } else if (isPosix(ptr, length, "space")) addPair(class_, 9, 13, 32, 32);
  else if (isPosix(ptr, length, "upper")) addRange(class_, 65, 90);
  else if (isPosix(ptr, length, "xdigit")) {
    addRange(class_, 48, 57);
    addPair(class_, 65, 70, 97, 102);
  } else return false;
  return true;
}
