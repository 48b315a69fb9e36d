import { alloc } from "../../memory";
import { asI64 } from "../../number";
import {
  arrayAppend,
  arrayLength,
  newArray,
  newString,
  stringLength,
  stringPtr,
  toBoolean,
  UNDEFINED,
  Value,
} from "../../value";
import { runeSize } from "../strings";
import { textBegin, textBytes, textFinish } from "../text";
import { expand, needsGroups } from "./expand";
import { Program } from "./program";
import { beginSearches, find, matches } from "./search";

// What the builtins answer, of a program: it is compiled, or part of the module.

/** regex.match of a program. */
export function regexMatches(program: Program, text: Value): Value {
  beginSearches(program);
  return toBoolean(matches(program, stringPtr(text), stringLength(text)));
}

// All matches as Go's FindAll counts them: no empty one right after another.
let text_: Value = UNDEFINED;
let program_: Program = changetype<Program>(0);
let captures: usize = 0;
let groups: u32 = 0;
let position: u32 = 0;
let lastStop: i32 = -1;

function beginMatches(program: Program, text: Value, wanted: u32): void {
  beginSearches(program);
  program_ = program;
  text_ = text;
  groups = wanted;
  captures = alloc(<usize>wanted << 3);
  position = 0;
  lastStop = -1;
}

@inline
function offset(index: u32): i32 {
  return load<i32>(captures + (<usize>index << 2));
}

function nextMatch(): bool {
  const ptr = stringPtr(text_);
  const length = stringLength(text_);
  while (position <= length) {
    if (!find(program_, ptr, length, position, captures, groups)) return false;
    const stop = offset(1);
    let accepted = true;
    if (<u32>stop == position) {
      accepted = offset(0) != lastStop;
      position = position < length ? position + runeSize(ptr + position) : length + 1;
    } else {
      position = <u32>stop;
    }
    lastStop = stop;
    if (accepted) return true;
  }
  return false;
}

/** The text of a group of the last match, empty when it took no part. */
function captured(group: u32): Value {
  const start = offset(group * 2);
  return start < 0
    ? newString(stringPtr(text_), 0)
    : newString(stringPtr(text_) + start, <u32>(offset(group * 2 + 1) - start));
}

/** regex.find_n of a program. */
export function regexFind(program: Program, text: Value, count: Value): Value {
  const limit = asI64(count);
  const found = newArray(0);
  beginMatches(program, text, 1);
  while ((limit < 0 || <i64>arrayLength(found) < limit) && nextMatch()) arrayAppend(found, captured(0));
  return found;
}

/** regex.find_all_string_submatch_n of a program. */
export function regexSubmatches(program: Program, text: Value, count: Value): Value {
  const limit = asI64(count);
  const found = newArray(0);
  beginMatches(program, text, program.groups + 1);
  while ((limit < 0 || <i64>arrayLength(found) < limit) && nextMatch()) {
    const match = newArray(groups);
    for (let g: u32 = 0; g < groups; g++) arrayAppend(match, captured(g));
    arrayAppend(found, match);
  }
  return found;
}

/** regex.split of a program: Go's Split, where an empty match at the begin cuts nothing off. */
export function regexSplit(program: Program, text: Value): Value {
  const parts = newArray(0);
  const ptr = stringPtr(text);
  const length = stringLength(text);
  if (length == 0 && program.patternLength > 0) {
    arrayAppend(parts, text);
    return parts;
  }
  let begin: u32 = 0;
  let end: u32 = 0;
  beginMatches(program, text, 1);
  while (nextMatch()) {
    end = <u32>offset(0);
    if (offset(1) != 0) arrayAppend(parts, newString(ptr + begin, end - begin));
    begin = <u32>offset(1);
  }
  if (end != length) arrayAppend(parts, newString(ptr + begin, length - begin));
  return parts;
}

/** regex.replace of a program. */
export function regexReplace(text: Value, program: Program, replacement: Value): Value {
  const ptr = stringPtr(text);
  beginMatches(program, text, needsGroups(replacement) ? program.groups + 1 : 1);
  let copied: u32 = 0;
  let any = false;
  textBegin();
  while (nextMatch()) {
    any = true;
    textBytes(ptr + copied, <u32>offset(0) - copied);
    expand(program, replacement, ptr, captures, groups);
    copied = <u32>offset(1);
  }
  if (!any) return text;
  textBytes(ptr + copied, stringLength(text) - copied);
  return textFinish();
}
