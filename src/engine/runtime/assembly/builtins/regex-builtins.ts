import { builtinErrorWith } from "../builtin-error";
import { alloc } from "../memory";
import { asI64 } from "../number";
import {
  arrayAppend,
  arrayLength,
  newArray,
  newString,
  stringLength,
  stringPtr,
  toBoolean,
  TYPE_STRING,
  typeOf,
  UNDEFINED,
  Value,
} from "../value";
import { wantInteger, wantString } from "./operand";
import { programOf } from "./regex/cache";
import { search } from "./regex/match";
import { runeSize } from "./strings";
import { textBegin, textByte, textBytes, textFinish } from "./text";

function compiled(pattern: Value): usize {
  const program = programOf(pattern);
  if (program == 0) {
    builtinErrorWith("error parsing regexp: invalid pattern: `", stringPtr(pattern), stringLength(pattern), "`");
  }
  return program;
}

export function builtin_regex_is_valid(pattern: Value): Value {
  if (typeOf(pattern) != TYPE_STRING) return toBoolean(false);
  return toBoolean(programOf(pattern) != 0);
}

export function builtin_regex_match(pattern: Value, text: Value): Value {
  if (!wantString(pattern, 1) || !wantString(text, 2)) return UNDEFINED;
  const program = compiled(pattern);
  if (program == 0) return UNDEFINED;
  return toBoolean(search(program, stringPtr(text), stringLength(text), 0, 0, 0));
}

export function builtin_re_match(pattern: Value, text: Value): Value {
  return builtin_regex_match(pattern, text);
}

@inline
function offset(captures: usize, index: u32): i32 {
  return load<i32>(captures + (<usize>index << 2));
}

/** Where the next search starts: an empty match moves one code point on. */
function following(text: Value, start: i32, stop: i32): u32 {
  if (stop > start) return <u32>stop;
  const n = stringLength(text);
  return <u32>stop >= n ? n + 1 : <u32>stop + runeSize(stringPtr(text) + stop);
}

let lastStop: i32 = -1;

/** The next match as Go's FindAll counts: no empty one right after another. */
function nextMatch(program: usize, text: Value, from: u32, captures: usize, groups: u32): bool {
  let at = from;
  while (at <= stringLength(text)) {
    if (!search(program, stringPtr(text), stringLength(text), at, captures, groups)) return false;
    const start = offset(captures, 0);
    const stop = offset(captures, 1);
    if (start == stop && start == lastStop) {
      at = following(text, start, stop);
      continue;
    }
    lastStop = stop;
    return true;
  }
  return false;
}

export function builtin_regex_find_n(pattern: Value, text: Value, count: Value): Value {
  if (!wantString(pattern, 1) || !wantString(text, 2) || !wantInteger(count, 3)) return UNDEFINED;
  const program = compiled(pattern);
  if (program == 0) return UNDEFINED;
  const limit = asI64(count);
  const found = newArray(0);
  const captures = alloc(8);
  let from: u32 = 0;
  lastStop = -1;
  while (limit < 0 || <i64>arrayLength(found) < limit) {
    if (!nextMatch(program, text, from, captures, 1)) break;
    const start = offset(captures, 0);
    const stop = offset(captures, 1);
    arrayAppend(found, newString(stringPtr(text) + start, <u32>(stop - start)));
    from = following(text, start, stop);
  }
  return found;
}

export function builtin_regex_find_all_string_submatch_n(pattern: Value, text: Value, count: Value): Value {
  if (!wantString(pattern, 1) || !wantString(text, 2) || !wantInteger(count, 3)) return UNDEFINED;
  const program = compiled(pattern);
  if (program == 0) return UNDEFINED;
  const limit = asI64(count);
  const groups = load<u32>(program, 4) + 1;
  const found = newArray(0);
  const captures = alloc(<usize>groups << 3);
  let from: u32 = 0;
  lastStop = -1;
  while (limit < 0 || <i64>arrayLength(found) < limit) {
    if (!nextMatch(program, text, from, captures, groups)) break;
    const match = newArray(groups);
    for (let g: u32 = 0; g < groups; g++) arrayAppend(match, captured(text, captures, g));
    arrayAppend(found, match);
    from = following(text, offset(captures, 0), offset(captures, 1));
  }
  return found;
}

function captured(text: Value, captures: usize, group: u32): Value {
  const start = offset(captures, group * 2);
  const stop = offset(captures, group * 2 + 1);
  return start < 0 || stop < 0
    ? newString(stringPtr(text), 0)
    : newString(stringPtr(text) + start, <u32>(stop - start));
}

export function builtin_regex_split(pattern: Value, text: Value): Value {
  if (!wantString(pattern, 1) || !wantString(text, 2)) return UNDEFINED;
  const program = compiled(pattern);
  if (program == 0) return UNDEFINED;
  const parts = newArray(0);
  const ptr = stringPtr(text);
  const n = stringLength(text);
  const captures = alloc(8);
  if (n == 0 && stringLength(pattern) > 0) {
    arrayAppend(parts, text);
    return parts;
  }
  let begin: u32 = 0;
  let end: u32 = 0;
  let from: u32 = 0;
  lastStop = -1;
  // Go's Regexp.Split: an empty match at the start cuts nothing off.
  while (nextMatch(program, text, from, captures, 1)) {
    end = <u32>offset(captures, 0);
    if (offset(captures, 1) != 0) {
      arrayAppend(parts, newString(ptr + begin, end - begin));
      begin = <u32>offset(captures, 1);
    }
    from = following(text, offset(captures, 0), offset(captures, 1));
  }
  if (end != n) arrayAppend(parts, newString(ptr + begin, n - begin));
  return parts;
}

export function builtin_regex_replace(text: Value, pattern: Value, replacement: Value): Value {
  if (!wantString(text, 1) || !wantString(pattern, 2) || !wantString(replacement, 3)) return UNDEFINED;
  const program = compiled(pattern);
  if (program == 0) return UNDEFINED;
  const groups = load<u32>(program, 4) + 1;
  const captures = alloc(<usize>groups << 3);
  const ptr = stringPtr(text);
  let from: u32 = 0;
  let copied: u32 = 0;
  lastStop = -1;
  textBegin();
  while (nextMatch(program, text, from, captures, groups)) {
    const start = <u32>offset(captures, 0);
    textBytes(ptr + copied, start - copied);
    expand(replacement, text, captures, groups);
    copied = <u32>offset(captures, 1);
    from = following(text, offset(captures, 0), offset(captures, 1));
  }
  textBytes(ptr + copied, stringLength(text) - copied);
  return textFinish();
}

/** $1, ${1}, $$; names of groups are not kept, so a name gives nothing. */
function expand(replacement: Value, text: Value, captures: usize, groups: u32): void {
  const ptr = stringPtr(replacement);
  const n = stringLength(replacement);
  let i: u32 = 0;
  while (i < n) {
    const c = load<u8>(ptr + i);
    if (c != 36 || i + 1 >= n) {
      textByte(c);
      i++;
      continue;
    }
    if (load<u8>(ptr + i + 1) == 36) {
      textByte(36);
      i += 2;
      continue;
    }
    const braced = load<u8>(ptr + i + 1) == 123;
    let at = i + (braced ? 2 : 1);
    const start = at;
    let number: u32 = 0;
    let digits = true;
    while (at < n && isNameByte(load<u8>(ptr + at))) {
      const d = <u32>load<u8>(ptr + at) - 48;
      if (d > 9) digits = false;
      else number = number * 10 + d;
      at++;
    }
    if (at == start || (braced && (at >= n || load<u8>(ptr + at) != 125))) {
      textByte(36);
      i++;
      continue;
    }
    if (digits && number < groups) {
      const part = captured(text, captures, number);
      textBytes(stringPtr(part), stringLength(part));
    }
    i = at + (braced ? 1 : 0);
  }
}

function isNameByte(c: u32): bool {
  return (c >= 48 && c <= 57) || (c >= 65 && c <= 90) || c == 95 || (c >= 97 && c <= 122);
}

