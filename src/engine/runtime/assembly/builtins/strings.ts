import { builtinError, operandFault, typeError } from "../builtin-error";
import { chargeFuel } from "../fuel";
import { writeCodePoint } from "../json-text";
import { findBytes } from "../scan";
import { alloc } from "../memory";
import { asI64, fromI64 } from "../number";
import { objectKeyAt, objectLength, objectSort, objectValueAt } from "../object";
import {
  arrayAppend,
  arrayAt,
  arrayLength,
  count,
  newArray,
  newString,
  stringLength,
  stringPtr,
  toBoolean,
  TYPE_ARRAY,
  TYPE_OBJECT,
  TYPE_SET,
  TYPE_STRING,
  typeOf,
  UNDEFINED,
  Value,
} from "../value";
import { runes } from "./collections";
import { rawText } from "./encoding";
import { elementError } from "./element-error";
import { wantInteger, wantSetOrArray, wantString } from "./operand";
import { lowerRune, upperRune } from "./unicode-case";
import { textBegin, textByte, textBytes, textFinish, textValue } from "./text";

export function builtin_concat(separator: Value, list: Value): Value {
  if (!wantString(separator, 1) || !wantSetOrArray(list, 2)) return UNDEFINED;
  const n = count(list);
  textBegin();
  for (let i: u32 = 0; i < n; i++) {
    const item = arrayAt(list, i);
    if (typeOf(item) != TYPE_STRING) return elementError(2, "string", list, item);
    if (i > 0) textValue(separator);
    textValue(item);
  }
  return textFinish();
}

export function find(text: Value, part: Value, from: u32): i32 {
  chargeFuel(<i32>(stringLength(text) >>> 4));
  const n = stringLength(part);
  return n == 0 ? <i32>from : findBytes(stringPtr(text), stringLength(text), stringPtr(part), n, from);
}

export function builtin_contains(text: Value, part: Value): Value {
  if (!wantString(text, 1) || !wantString(part, 2)) return UNDEFINED;
  return toBoolean(find(text, part, 0) >= 0);
}

function hasPrefix(text: Value, part: Value): bool {
  const n = stringLength(part);
  return n <= stringLength(text) && memory.compare(stringPtr(text), stringPtr(part), n) == 0;
}

function hasSuffix(text: Value, part: Value): bool {
  const n = stringLength(part);
  const m = stringLength(text);
  return n <= m && memory.compare(stringPtr(text) + (m - n), stringPtr(part), n) == 0;
}

export function builtin_startswith(text: Value, part: Value): Value {
  if (!wantString(text, 1) || !wantString(part, 2)) return UNDEFINED;
  return toBoolean(hasPrefix(text, part));
}
export function builtin_endswith(text: Value, part: Value): Value {
  if (!wantString(text, 1) || !wantString(part, 2)) return UNDEFINED;
  return toBoolean(hasSuffix(text, part));
}

function anyMatch(texts: Value, parts: Value, suffix: bool): Value {
  const all = asList(texts, 1);
  if (all == UNDEFINED) return UNDEFINED;
  const wanted = asList(parts, 2);
  if (wanted == UNDEFINED) return UNDEFINED;
  for (let i: u32 = 0; i < count(all); i++) {
    const text = arrayAt(all, i);
    chargeFuel(1 + <i32>count(wanted));
    for (let k: u32 = 0; k < count(wanted); k++) {
      const part = arrayAt(wanted, k);
      if (suffix ? hasSuffix(text, part) : hasPrefix(text, part)) return toBoolean(true);
    }
  }
  return toBoolean(false);
}

function asList(v: Value, operand: i32): Value {
  if (typeOf(v) == TYPE_STRING) {
    const one = newArray(1);
    arrayAppend(one, v);
    return one;
  }
  if (typeOf(v) != TYPE_ARRAY && typeOf(v) != TYPE_SET) return typeError(operand, "one of {string, set, array}", v);
  for (let i: u32 = 0; i < count(v); i++) {
    if (typeOf(arrayAt(v, i)) != TYPE_STRING) return elementError(operand, "string", v, arrayAt(v, i));
  }
  return v;
}

export function builtin_strings_any_prefix_match(texts: Value, parts: Value): Value {
  return anyMatch(texts, parts, false);
}
export function builtin_strings_any_suffix_match(texts: Value, parts: Value): Value {
  return anyMatch(texts, parts, true);
}

/** Code points before a byte offset. */
function runesBefore(text: Value, offset: i32): i64 {
  return runes(newString(stringPtr(text), <u32>offset));
}

export function builtin_indexof(text: Value, part: Value): Value {
  if (!wantString(text, 1) || !wantString(part, 2)) return UNDEFINED;
  if (stringLength(part) == 0) return builtinError("empty search character");
  const at = find(text, part, 0);
  return fromI64(at < 0 ? -1 : runesBefore(text, at));
}

export function builtin_indexof_n(text: Value, part: Value): Value {
  if (!wantString(text, 1) || !wantString(part, 2)) return UNDEFINED;
  if (stringLength(part) == 0) return builtinError("empty search character");
  const found = newArray(0);
  let at = find(text, part, 0);
  while (at >= 0) {
    arrayAppend(found, fromI64(runesBefore(text, at)));
    // Matches may overlap: the search goes on one code point further.
    at = find(text, part, <u32>at + runeSize(stringPtr(text) + at));
  }
  return found;
}

/** Bytes of the rune at `ptr`: 1 for a byte that begins none. */
export function runeSize(ptr: usize): u32 {
  const c = <u32>load<u8>(ptr);
  if (c < 0x80) return 1;
  const size: u32 = c < 0xc2 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : c < 0xf5 ? 4 : 1;
  for (let i: u32 = 1; i < size; i++) if ((load<u8>(ptr + i) & 0xc0) != 0x80) return 1;
  return size;
}

/** The code point at `ptr`: U+FFFD for a byte that begins none. */
export function runeAt(ptr: usize): u32 {
  const c = <u32>load<u8>(ptr);
  if (c < 0x80) return c;
  const size = runeSize(ptr);
  if (size == 1) return 0xfffd;
  if (size == 2) return ((c & 31) << 6) | (load<u8>(ptr, 1) & 63);
  if (size == 3) return ((c & 15) << 12) | ((<u32>load<u8>(ptr, 1) & 63) << 6) | (load<u8>(ptr, 2) & 63);
  return (
    ((c & 7) << 18) | ((<u32>load<u8>(ptr, 1) & 63) << 12) |
    ((<u32>load<u8>(ptr, 2) & 63) << 6) | (load<u8>(ptr, 3) & 63)
  );
}

function mapRunes(text: Value, upper: bool): Value {
  const ptr = stringPtr(text);
  const n = stringLength(text);
  const out = alloc(<usize>n * 3 + 4);
  let at = out;
  for (let i: u32 = 0; i < n; ) {
    const c = load<u8>(ptr + i);
    if (c < 0x80) {
      let mapped = c;
      if (upper && c >= 97 && c <= 122) mapped = c - 32;
      if (!upper && c >= 65 && c <= 90) mapped = c + 32;
      store<u8>(at++, mapped);
      i++;
    } else {
      const rune = runeAt(ptr + i);
      at = writeCodePoint(at, upper ? upperRune(rune) : lowerRune(rune));
      i += runeSize(ptr + i);
    }
  }
  return newString(out, <u32>(at - out));
}

export function builtin_lower(text: Value): Value {
  return wantString(text, 1) ? mapRunes(text, false) : UNDEFINED;
}
export function builtin_upper(text: Value): Value {
  return wantString(text, 1) ? mapRunes(text, true) : UNDEFINED;
}

export function replaceAll(text: Value, old: Value, next: Value): Value {
  const ptr = stringPtr(text);
  const n = stringLength(text);
  textBegin();
  if (stringLength(old) == 0) {
    // Go's replacer goes by bytes here, and so cuts runes.
    for (let i: u32 = 0; i < n; i++) {
      textValue(next);
      textByte(load<u8>(ptr + i));
    }
    textValue(next);
    return rawText(textFinish());
  }
  let from: u32 = 0;
  let at = find(text, old, 0);
  while (at >= 0) {
    textBytes(ptr + from, <u32>at - from);
    textValue(next);
    from = <u32>at + stringLength(old);
    at = find(text, old, from);
  }
  textBytes(ptr + from, n - from);
  return textFinish();
}

export function builtin_replace(text: Value, old: Value, next: Value): Value {
  if (!wantString(text, 1) || !wantString(old, 2) || !wantString(next, 3)) return UNDEFINED;
  return replaceAll(text, old, next);
}

/** Go's Replacer: at each place the first pattern in order that fits. */
export function builtin_strings_replace_n(patterns: Value, text: Value): Value {
  if (typeOf(patterns) != TYPE_OBJECT) return typeError(1, "object", patterns);
  if (!wantString(text, 2)) return UNDEFINED;
  objectSort(patterns);
  const n = objectLength(patterns);
  for (let i: u32 = 0; i < n; i++) {
    if (typeOf(objectKeyAt(patterns, i)) != TYPE_STRING) return operandFault(1, "non-string key found in pattern object");
    if (typeOf(objectValueAt(patterns, i)) != TYPE_STRING) return operandFault(1, "non-string value found in pattern object");
  }
  const ptr = stringPtr(text);
  const length = stringLength(text);
  textBegin();
  let i: u32 = 0;
  let metEmpty = false;
  while (i <= length) {
    const matched = firstMatch(patterns, ptr + i, length - i, metEmpty);
    if (matched >= 0) {
      textValue(objectValueAt(patterns, <u32>matched));
      const m = stringLength(objectKeyAt(patterns, <u32>matched));
      // After the empty pattern the others have their turn at the same place.
      metEmpty = m == 0;
      i += m;
      continue;
    }
    metEmpty = false;
    if (i < length) textByte(load<u8>(ptr + i));
    i++;
  }
  return rawText(textFinish());
}

/** The first pattern that the text begins with; -1 for none. */
function firstMatch(patterns: Value, ptr: usize, length: u32, notEmpty: bool): i32 {
  const n = objectLength(patterns);
  chargeFuel(1 + <i32>(n >>> 2));
  for (let k: u32 = 0; k < n; k++) {
    const old = objectKeyAt(patterns, k);
    const m = stringLength(old);
    if (m == 0 && notEmpty) continue;
    if (m <= length && memory.compare(ptr, stringPtr(old), m) == 0) return <i32>k;
  }
  return -1;
}

/** Parts between separators; every code point for an empty one. The last of `limit` parts is the rest; 0 is no limit. */
function splitText(text: Value, separator: Value, limit: u64): Value {
  const parts = newArray(0);
  const ptr = stringPtr(text);
  const n = stringLength(text);
  const size = stringLength(separator);
  let from: u32 = 0;
  while (limit == 0 || <u64>arrayLength(parts) + 1 < limit) {
    let at: i32 = -1;
    if (size > 0) at = find(text, separator, from);
    else if (from + runeSize(ptr + from) < n) at = <i32>(from + runeSize(ptr + from));
    if (at < 0) break;
    arrayAppend(parts, newString(ptr + from, <u32>at - from));
    from = <u32>at + size;
  }
  if (size > 0 || n > 0) arrayAppend(parts, newString(ptr + from, n - from));
  return parts;
}

export function builtin_split(text: Value, separator: Value): Value {
  if (!wantString(text, 1) || !wantString(separator, 2)) return UNDEFINED;
  return splitText(text, separator, 0);
}

/** The first parts, as many as asked for, or the last ones where the number is negative. */
export function builtin_strings_split_n(text: Value, separator: Value, limit: Value): Value {
  if (!wantString(text, 1) || !wantString(separator, 2) || !wantInteger(limit, 3)) return UNDEFINED;
  const n = asI64(limit);
  if (n == 0) return newArray(0);
  const parts = splitText(text, separator, n > 0 ? <u64>n + 1 : 0);
  const all = <i64>arrayLength(parts);
  const from = n > 0 ? 0 : max<i64>(0, all + n);
  const to = n > 0 ? min<i64>(all, n) : all;
  const chosen = newArray(<u32>(to - from));
  for (let i = from; i < to; i++) arrayAppend(chosen, arrayAt(parts, <u32>i));
  return chosen;
}

export function builtin_substring(text: Value, offset: Value, length: Value): Value {
  if (!wantString(text, 1) || !wantInteger(offset, 2) || !wantInteger(length, 3)) return UNDEFINED;
  const skip = asI64(offset);
  if (skip < 0) return builtinError("negative offset");
  const ptr = stringPtr(text);
  const n = stringLength(text);
  let from: u32 = 0;
  for (let i: i64 = 0; i < skip && from < n; i++) from += runeSize(ptr + from);
  const wanted = asI64(length);
  let to = from;
  if (wanted < 0) to = n;
  else for (let i: i64 = 0; i < wanted && to < n; i++) to += runeSize(ptr + to);
  return newString(ptr + from, to - from);
}

export function builtin_strings_reverse(text: Value): Value {
  if (!wantString(text, 1)) return UNDEFINED;
  const ptr = stringPtr(text);
  const n = stringLength(text);
  const out = alloc(n);
  let i: u32 = 0;
  while (i < n) {
    const size = runeSize(ptr + i);
    memory.copy(out + (n - i - size), ptr + i, size);
    i += size;
  }
  return newString(out, n);
}

export function builtin_strings_count(text: Value, part: Value): Value {
  if (!wantString(text, 1) || !wantString(part, 2)) return UNDEFINED;
  if (stringLength(part) == 0) return fromI64(runes(text) + 1);
  let found: i64 = 0;
  let at = find(text, part, 0);
  while (at >= 0) {
    found++;
    at = find(text, part, <u32>at + stringLength(part));
  }
  return fromI64(found);
}

function isSpace(rune: u32): bool {
  return (
    (rune >= 9 && rune <= 13) || rune == 32 || rune == 0x85 || rune == 0xa0 || rune == 0x1680 ||
    (rune >= 0x2000 && rune <= 0x200a) || rune == 0x2028 || rune == 0x2029 || rune == 0x202f ||
    rune == 0x205f || rune == 0x3000
  );
}

/** True when the rune is to be cut: white space, or a member of the cutset. */
function isCut(rune: u32, cutset: Value): bool {
  if (cutset == UNDEFINED) return isSpace(rune);
  const ptr = stringPtr(cutset);
  const n = stringLength(cutset);
  for (let i: u32 = 0; i < n; i += runeSize(ptr + i)) if (runeAt(ptr + i) == rune) return true;
  return false;
}

function trim(text: Value, cutset: Value, left: bool, right: bool): Value {
  const ptr = stringPtr(text);
  let from: u32 = 0;
  let to = stringLength(text);
  while (left && from < to && isCut(runeAt(ptr + from), cutset)) from += runeSize(ptr + from);
  while (right && to > from) {
    let last = to - 1;
    while (last > from && (load<u8>(ptr + last) & 0xc0) == 0x80) last--;
    if (!isCut(runeAt(ptr + last), cutset)) break;
    to = last;
  }
  return newString(ptr + from, to - from);
}

export function builtin_trim(text: Value, cutset: Value): Value {
  if (!wantString(text, 1) || !wantString(cutset, 2)) return UNDEFINED;
  return trim(text, cutset, true, true);
}
export function builtin_trim_left(text: Value, cutset: Value): Value {
  if (!wantString(text, 1) || !wantString(cutset, 2)) return UNDEFINED;
  return trim(text, cutset, true, false);
}
export function builtin_trim_right(text: Value, cutset: Value): Value {
  if (!wantString(text, 1) || !wantString(cutset, 2)) return UNDEFINED;
  return trim(text, cutset, false, true);
}
export function builtin_trim_space(text: Value): Value {
  return wantString(text, 1) ? trim(text, UNDEFINED, true, true) : UNDEFINED;
}
export function builtin_trim_prefix(text: Value, part: Value): Value {
  if (!wantString(text, 1) || !wantString(part, 2)) return UNDEFINED;
  const n = stringLength(part);
  return hasPrefix(text, part) ? newString(stringPtr(text) + n, stringLength(text) - n) : text;
}
export function builtin_trim_suffix(text: Value, part: Value): Value {
  if (!wantString(text, 1) || !wantString(part, 2)) return UNDEFINED;
  return hasSuffix(text, part)
    ? newString(stringPtr(text), stringLength(text) - stringLength(part))
    : text;
}
