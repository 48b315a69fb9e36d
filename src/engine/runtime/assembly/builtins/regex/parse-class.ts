import { runeAt, runeSize } from "../strings";
import {
  addClass,
  addFoldedClass,
  addFoldedRange,
  addNegatedClass,
  addPerlClass,
  addRange,
  cleanClass,
  negatedClass,
} from "./char-class";
import { List, newList } from "./list";
import { addPosixClass, addUnicodeClass } from "./named-class";
import { CHAR_CLASS, FOLD_CASE, newNode, reuse } from "./node";
import { fault, isFaulty } from "./syntax-fault";
import { currentFlags, push } from "./tree-stack";

/** A code point and where the text goes on. */
@unmanaged
class EscapedRune {
  value: u32;
  after: usize;
}

// @ts-ignore: static data
const escaped = changetype<EscapedRune>(memory.data(16));

function found(value: u32, after: usize): EscapedRune {
  escaped.value = value;
  escaped.after = after;
  return escaped;
}

function isOctal(at: usize, end: usize): bool {
  return at < end && load<u8>(at) >= 48 && load<u8>(at) <= 55;
}

function hexDigit(c: u32): u32 {
  if (c >= 48 && c <= 57) return c - 48;
  const lower = c | 32;
  return lower >= 97 && lower <= 102 ? lower - 87 : 16;
}

/** The code point that a backslash and what follows stand for. */
export function parseEscapedRune(start: usize, end: usize): EscapedRune {
  let at = start + 1;
  if (at >= end) {
    fault("trailing backslash at end of expression", end, end);
    return found(0, end);
  }
  const c = runeAt(at);
  at += runeSize(at);
  if (c >= 48 && c <= 55) {
    // A digit from 1 with no octal digit after it would be a back reference.
    if (c == 48 || isOctal(at, end)) return parseOctal(c - 48, at, end);
  } else if (c == 120) {
    return parseHex(start, at, end);
  } else if (c == 97) {
    return found(7, at);
  } else if (c == 102) {
    return found(12, at);
  } else if (c == 110) {
    return found(10, at);
  } else if (c == 114) {
    return found(13, at);
  } else if (c == 116) {
    return found(9, at);
  } else if (c == 118) {
    return found(11, at);
  } else if (c < 128 && !isAlphanumeric(c)) {
    return found(c, at);
  }
  return invalid(start, at);
}

function isAlphanumeric(c: u32): bool {
  return (c >= 48 && c <= 57) || (c >= 65 && c <= 90) || (c >= 97 && c <= 122);
}

function invalid(start: usize, at: usize): EscapedRune {
  fault("invalid escape sequence", start, at);
  return found(0, at);
}

function parseOctal(first: u32, from: usize, end: usize): EscapedRune {
  let value = first;
  let at = from;
  for (let i = 1; i < 3 && isOctal(at, end); i++) value = value * 8 + load<u8>(at++) - 48;
  return found(value, at);
}

function parseHex(start: usize, from: usize, end: usize): EscapedRune {
  let at = from;
  if (at >= end) return invalid(start, at);
  if (load<u8>(at) != 123) {
    const high = hexDigit(runeAt(at));
    at += runeSize(at);
    if (at >= end) return invalid(start, at);
    const low = hexDigit(runeAt(at));
    at += runeSize(at);
    return high > 15 || low > 15 ? invalid(start, at) : found(high * 16 + low, at);
  }
  at++;
  let value: u32 = 0;
  let digits = 0;
  while (at < end) {
    const c = runeAt(at);
    at += runeSize(at);
    if (c == 125) return digits == 0 ? invalid(start, at) : found(value, at);
    const digit = hexDigit(c);
    if (digit > 15) break;
    value = value * 16 + digit;
    if (value > 0x10ffff) break;
    digits++;
  }
  return invalid(start, at);
}

/** \d \pL and their like as an item of their own; 0 when there is none here. */
export function parseEscapedClass(at: usize, end: usize): usize {
  const node = newNode(CHAR_CLASS);
  node.flags = currentFlags();
  let after = addUnicodeEscape(node.runes, at, end);
  if (after == 0) after = addPerlEscape(node.runes, at, end);
  if (after == 0) reuse(node);
  else if (!isFaulty()) push(node);
  return after;
}

/** \d \D \s \S \w \W */
function addPerlEscape(class_: List, at: usize, end: usize): usize {
  if (at + 1 >= end || load<u8>(at) != 92) return 0;
  const letter = <u32>load<u8>(at, 1);
  const group = newList();
  if (letter >= 128 || !addPerlClass(group, letter | 32)) return 0;
  addGroup(class_, group, letter < 97);
  return at + 2;
}

/** Adds a class of ASCII, in all cases when case does not count. */
function addGroup(class_: List, group: List, negate: bool): void {
  let members = group;
  if (currentFlags() & FOLD_CASE) {
    members = newList();
    addFoldedClass(members, group);
    cleanClass(members);
  }
  if (negate) addNegatedClass(class_, members);
  else addClass(class_, members);
}

/** \pL \p{Greek} \P{^Lu} */
function addUnicodeEscape(class_: List, start: usize, end: usize): usize {
  if (start + 1 >= end || load<u8>(start) != 92) return 0;
  const letter = <u32>load<u8>(start, 1);
  if (letter != 112 && letter != 80) return 0;
  let negate = letter == 80;
  let name = start + 2;
  let stop = name < end ? name + runeSize(name) : end;
  let after = stop;
  if (name < end && load<u8>(name) == 123) {
    name++;
    stop = name;
    while (stop < end && load<u8>(stop) != 125) stop++;
    if (stop == end) {
      fault("invalid character class range", start, end);
      return end;
    }
    after = stop + 1;
  }
  if (name < stop && load<u8>(name) == 94) {
    negate = !negate;
    name++;
  }
  const members = newList();
  if (!addUnicodeClass(members, name, <u32>(stop - name))) {
    fault("invalid character class range", start, after);
    return after;
  }
  addMembers(class_, members, negate);
  return after;
}

function addMembers(class_: List, members: List, negate: bool): void {
  let all = members;
  if (currentFlags() & FOLD_CASE) {
    all = newList();
    addFoldedClass(all, members);
    cleanClass(all);
  }
  if (negate) addNegatedClass(class_, all);
  else addClass(class_, all);
}

/** [...]: pushes the class, returns where the pattern goes on. */
export function parseBrackets(start: usize, end: usize): usize {
  let at = start + 1;
  const node = newNode(CHAR_CLASS);
  node.flags = currentFlags();
  const negate = at < end && load<u8>(at) == 94;
  if (negate) at++;
  const class_ = newList();
  // ] stands for itself as the first.
  let first = true;
  while (at >= end || load<u8>(at) != 93 || first) {
    first = false;
    at = parseClassItem(class_, start, at, end);
    if (isFaulty()) return at;
  }
  cleanClass(class_);
  node.runes = negate ? negatedClass(class_) : class_;
  push(node);
  return at + 1;
}

function parseClassItem(class_: List, whole: usize, start: usize, end: usize): usize {
  let after = addPosixItem(class_, start, end);
  if (after == 0) after = addUnicodeEscape(class_, start, end);
  if (after == 0) after = addPerlEscape(class_, start, end);
  if (after != 0) return after;
  let at = start;
  const low = classRune(whole, at, end);
  at = escaped.after;
  if (isFaulty()) return at;
  let high = low;
  if (at + 1 < end && load<u8>(at) == 45 && load<u8>(at, 1) != 93) {
    high = classRune(whole, at + 1, end);
    at = escaped.after;
    if (isFaulty()) return at;
    if (high < low) {
      fault("invalid character class range", start, at);
      return at;
    }
  }
  if (currentFlags() & FOLD_CASE) addFoldedRange(class_, low, high);
  else addRange(class_, low, high);
  return at;
}

/** A code point of a class; where it ends is left in `escaped`. */
function classRune(whole: usize, at: usize, end: usize): u32 {
  if (at >= end) {
    fault("missing closing ]", whole, end);
    found(0, end);
    return 0;
  }
  if (load<u8>(at) == 92) return parseEscapedRune(at, end).value;
  found(runeAt(at), at + runeSize(at));
  return escaped.value;
}

/** [:alpha:] and, with ^ after the colon, all but it. */
function addPosixItem(class_: List, start: usize, end: usize): usize {
  if (end - start <= 2 || load<u8>(start) != 91 || load<u8>(start, 1) != 58) return 0;
  let stop = start + 2;
  while (stop + 1 < end && (load<u8>(stop) != 58 || load<u8>(stop, 1) != 93)) stop++;
  if (stop + 1 >= end) return 0;
  let name = start + 2;
  const negate = load<u8>(name) == 94;
  if (negate) name++;
  const group = newList();
  if (!addPosixClass(group, name, <u32>(stop - name))) {
    fault("invalid character class range", start, stop + 2);
    return end;
  }
  addGroup(class_, group, negate);
  return stop + 2;
}
