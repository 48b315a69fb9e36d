import { builtinErrorWith } from "../builtin-error";
import { stringLength, stringPtr, toBoolean, TYPE_STRING, typeOf, UNDEFINED, Value } from "../value";
import { wantInteger, wantString } from "./operand";
import { intersects } from "./regex/intersection";
import { readTokens } from "./regex/intersection-tokens";
import { prepareReversed, programOf } from "./regex/kept-programs";
import { regexFind, regexMatches, regexReplace, regexSplit, regexSubmatches } from "./regex/matches";
import { Program } from "./regex/program";
import { faultLength, faultPtr, faultWords } from "./regex/syntax-fault";
import { templatePattern } from "./regex/template";
import { textBegin, textByte, textBytes, textFinish } from "./text";

export function builtin_regex_globs_match(left: Value, right: Value): Value {
  if (!wantString(left, 1) || !wantString(right, 2)) return UNDEFINED;
  const leftTokens = readTokens(left);
  if (!leftTokens) return UNDEFINED;
  const rightTokens = readTokens(right);
  return rightTokens ? toBoolean(intersects(leftTokens, rightTokens)) : UNDEFINED;
}

export function builtin_regex_template_match(template: Value, text: Value, start: Value, end: Value): Value {
  if (!wantString(template, 1) || !wantString(text, 2) || !wantString(start, 3) || !wantString(end, 4)) {
    return UNDEFINED;
  }
  const pattern = templatePattern(template, start, end);
  if (pattern == UNDEFINED) return UNDEFINED;
  const program = compiled(pattern);
  return program ? regexMatches(program, text) : UNDEFINED;
}

/** Go's words for a pattern that is none. */
export function patternError(): Value {
  textBegin();
  const words = faultWords();
  for (let i = 0; i < words.length; i++) textByte(words.charCodeAt(i));
  textByte(58);
  textByte(32);
  textByte(96);
  textBytes(faultPtr(), faultLength());
  const text = textFinish();
  return builtinErrorWith("error parsing regexp: ", stringPtr(text), stringLength(text), "`");
}

function compiled(pattern: Value): Program | null {
  const program = programOf(pattern);
  if (!program) patternError();
  return program;
}

export function builtin_regex_is_valid(pattern: Value): Value {
  return toBoolean(typeOf(pattern) == TYPE_STRING && programOf(pattern) != null);
}

export function builtin_regex_match(pattern: Value, text: Value): Value {
  if (!wantString(pattern, 1) || !wantString(text, 2)) return UNDEFINED;
  const program = compiled(pattern);
  return program ? regexMatches(program, text) : UNDEFINED;
}

export function builtin_re_match(pattern: Value, text: Value): Value {
  return builtin_regex_match(pattern, text);
}

export function builtin_regex_find_n(pattern: Value, text: Value, count: Value): Value {
  if (!wantString(pattern, 1) || !wantString(text, 2) || !wantInteger(count, 3)) return UNDEFINED;
  const program = compiled(pattern);
  if (program) prepareReversed(program);
  return program ? regexFind(program, text, count) : UNDEFINED;
}

export function builtin_regex_find_all_string_submatch_n(pattern: Value, text: Value, count: Value): Value {
  if (!wantString(pattern, 1) || !wantString(text, 2) || !wantInteger(count, 3)) return UNDEFINED;
  const program = compiled(pattern);
  if (program) prepareReversed(program);
  return program ? regexSubmatches(program, text, count) : UNDEFINED;
}

export function builtin_regex_split(pattern: Value, text: Value): Value {
  if (!wantString(pattern, 1) || !wantString(text, 2)) return UNDEFINED;
  const program = compiled(pattern);
  if (program) prepareReversed(program);
  return program ? regexSplit(program, text) : UNDEFINED;
}

export function builtin_regex_replace(text: Value, pattern: Value, replacement: Value): Value {
  if (!wantString(text, 1) || !wantString(pattern, 2) || !wantString(replacement, 3)) return UNDEFINED;
  const program = compiled(pattern);
  if (program) prepareReversed(program);
  return program ? regexReplace(text, program, replacement) : UNDEFINED;
}
