import { builtinErrorWith } from "../../builtin-error";
import { dumpText } from "../../json-dump";
import { stringLength, stringPtr, UNDEFINED, Value } from "../../value";
import { patternError } from "../regex-builtins";
import { textAscii, textBegin, textByte, textBytes, textFinish, textHold, textInteger, textResume } from "../text";
import { List, newList } from "./list";
import { parsePattern } from "./parse";

// regex.template_match: a text with regular expressions between delimiters.

// @ts-ignore: static data
const HELD = memory.data(16);

/** The whole as one pattern; UNDEFINED with the error recorded. */
export function templatePattern(template: Value, start: Value, end: Value): Value {
  // OPA gives the length of the start in both cases.
  if (stringLength(start) != 1) return wrongDelimiter("start", start);
  if (stringLength(end) != 1) return wrongDelimiter("end", start);
  const parts = delimited(template, load<u8>(stringPtr(start)), load<u8>(stringPtr(end)));
  if (!parts) {
    const quoted = dumpText(template, true);
    return builtinErrorWith("unbalanced braces in ", stringPtr(quoted), stringLength(quoted), "");
  }
  const ptr = stringPtr(template);
  let from: u32 = 0;
  textBegin();
  textByte(94);
  for (let i: u32 = 0; i < parts.length; i += 2) {
    quoteMeta(ptr + from, parts.at(i) - from);
    const inner = ptr + parts.at(i) + 1;
    const length = parts.at(i + 1) - parts.at(i) - 2;
    textHold(HELD);
    if (!isPattern(inner, length)) return patternError();
    textResume(HELD);
    textByte(40);
    textBytes(inner, length);
    textByte(41);
    from = parts.at(i + 1);
  }
  quoteMeta(ptr + from, stringLength(template) - from);
  textByte(36);
  return textFinish();
}

function wrongDelimiter(which: string, start: Value): Value {
  textBegin();
  textAscii(which);
  textAscii(" delimiter has to be exactly one character long but is ");
  textInteger(stringLength(start));
  const text = textFinish();
  return builtinErrorWith("", stringPtr(text), stringLength(text), " long");
}

/** {begin, end} of each outermost pair of delimiters; null when they do not pair. */
function delimited(template: Value, start: u8, end: u8): List | null {
  const ptr = stringPtr(template);
  const parts = newList();
  let level = 0;
  let begin: u32 = 0;
  for (let i: u32 = 0; i < stringLength(template); i++) {
    const c = load<u8>(ptr + i);
    if (c == start) {
      if (++level == 1) begin = i;
    } else if (c == end) {
      if (--level < 0) return null;
      if (level > 0) continue;
      parts.push(begin);
      parts.push(i + 1);
    }
  }
  return level == 0 ? parts : null;
}

/** Whether the part is a pattern between ^ and $; else the fault is recorded. */
function isPattern(ptr: usize, length: u32): bool {
  textBegin();
  textByte(94);
  textBytes(ptr, length);
  textByte(36);
  const pattern = textFinish();
  return parsePattern(stringPtr(pattern), stringLength(pattern)) != null;
}

function quoteMeta(ptr: usize, length: u32): void {
  for (let i: u32 = 0; i < length; i++) {
    const c = load<u8>(ptr + i);
    if (isMeta(c)) textByte(92);
    textByte(c);
  }
}

/** \ . + * ? ( ) | [ ] { } ^ $ */
function isMeta(c: u32): bool {
  return c == 36 || (c >= 40 && c <= 43) || c == 46 || c == 63 || (c >= 91 && c <= 94) || (c >= 123 && c <= 125);
}
