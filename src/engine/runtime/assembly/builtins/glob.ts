import { builtinErrorWith, typeError } from "../builtin-error";
import {
  arrayAt,
  arrayLength,
  NULL,
  stringLength,
  stringPtr,
  toBoolean,
  TYPE_ARRAY,
  TYPE_STRING,
  typeOf,
  UNDEFINED,
  Value,
} from "../value";
import { wantString } from "./operand";
import { programOf } from "./regex/kept-programs";
import { regexMatches } from "./regex-builtins";
import { runeSize } from "./strings";
import { textAscii, textBegin, textByte, textBytes, textFinish } from "./text";

// Globs as gobwas/glob has them, written as a regular expression:
// * and ? stop at delimiters, ** does not, [a-c] [!abc] {a,b} and \ escape.

const STAR: u32 = 42;
const QUESTION: u32 = 63;
const BRACKET: u32 = 91;
const BRACKET_CLOSE: u32 = 93;
const BRACE: u32 = 123;
const BRACE_CLOSE: u32 = 125;
const COMMA: u32 = 44;
const ESCAPE: u32 = 92;
const NOT: u32 = 33;
const BETWEEN: u32 = 45;

/** Cuts of one pattern, then delimiters, as given to the last translation. */
let failure: string = "";

/** One code point, so that it stands for itself in or outside a class. */
function literal(ptr: usize, size: u32): void {
  const c = load<u8>(ptr);
  const plain = size > 1 || (c >= 48 && c <= 57) || (c >= 65 && c <= 90) || (c >= 97 && c <= 122) || c < 33 || c == 127;
  if (!plain) textByte(ESCAPE);
  textBytes(ptr, size);
}

/** Any character that is not a delimiter. */
function single(delimiters: Value): void {
  if (delimiters == NULL) {
    textByte(46);
    return;
  }
  textAscii("[^");
  const n = arrayLength(delimiters);
  if (n == 0) textAscii("\\.");
  for (let i: u32 = 0; i < n; i++) {
    const one = arrayAt(delimiters, i);
    literal(stringPtr(one), stringLength(one));
  }
  textByte(BRACKET_CLOSE);
}

/** `[…]` from the byte after the bracket; returns the offset behind it, or 0. */
function range(ptr: usize, length: u32, from: u32): u32 {
  let at = from;
  textByte(BRACKET);
  if (at < length && load<u8>(ptr + at) == NOT) {
    textByte(94);
    at++;
  }
  if (at >= length) {
    failure = "unexpected end of input";
    return 0;
  }
  const lowSize = runeSize(ptr + at);
  const between = at + lowSize;
  if (between < length && load<u8>(ptr + between) == BETWEEN) {
    const high = between + 1;
    if (high >= length) {
      failure = "unexpected end of input";
      return 0;
    }
    const highSize = runeSize(ptr + high);
    const end = high + highSize;
    if (end >= length || load<u8>(ptr + end) != BRACKET_CLOSE) {
      failure = end >= length ? "unexpected end of input" : "expected close range character";
      return 0;
    }
    const order = memory.compare(ptr + at, ptr + high, min(lowSize, highSize));
    if (order > 0) {
      failure = "hi character should be greater than lo";
      return 0;
    }
    literal(ptr + at, lowSize);
    textByte(BETWEEN);
    literal(ptr + high, highSize);
    textByte(BRACKET_CLOSE);
    return end + 1;
  }
  const first = at;
  while (at < length && load<u8>(ptr + at) != BRACKET_CLOSE) {
    if (load<u8>(ptr + at) == ESCAPE && at + 1 < length) at++;
    const size = runeSize(ptr + at);
    literal(ptr + at, size);
    at += size;
  }
  if (at >= length) {
    failure = "unexpected end of input";
    return 0;
  }
  if (at == first) {
    failure = "could not parse range";
    return 0;
  }
  textByte(BRACKET_CLOSE);
  return at + 1;
}

/** The expression's text, UNDEFINED with `failure` set when it is no glob. */
function translate(pattern: Value, delimiters: Value): Value {
  const ptr = stringPtr(pattern);
  const length = stringLength(pattern);
  let depth: u32 = 0;
  let at: u32 = 0;
  textBegin();
  textAscii("(?s)\\A(?:");
  while (at < length) {
    const c = load<u8>(ptr + at);
    if (c == STAR) {
      const twice = at + 1 < length && load<u8>(ptr + at + 1) == STAR;
      if (twice) textByte(46);
      else single(delimiters);
      textByte(STAR);
      at += twice ? 2 : 1;
    } else if (c == QUESTION) {
      single(delimiters);
      at++;
    } else if (c == BRACKET) {
      at = range(ptr, length, at + 1);
      if (at == 0) return UNDEFINED;
    } else if (c == BRACE) {
      textAscii("(?:");
      depth++;
      at++;
    } else if (c == COMMA && depth > 0) {
      textByte(124);
      at++;
    } else if (c == BRACE_CLOSE && depth > 0) {
      textByte(41);
      depth--;
      at++;
    } else {
      if (c == ESCAPE) at++;
      if (at >= length) break;
      const size = runeSize(ptr + at);
      literal(ptr + at, size);
      at += size;
    }
  }
  while (depth-- > 0) textByte(41);
  textAscii(")\\z");
  return textFinish();
}

function wantDelimiters(v: Value): bool {
  if (v == NULL) return true;
  if (typeOf(v) != TYPE_ARRAY) {
    typeError(2, "one of {array, null}", v);
    return false;
  }
  for (let i: u32 = 0; i < arrayLength(v); i++) {
    const one = arrayAt(v, i);
    if (typeOf(one) != TYPE_STRING || stringLength(one) == 0 || runeSize(stringPtr(one)) != stringLength(one)) {
      typeError(2, "array of single-character strings", v);
      return false;
    }
  }
  return true;
}

export function builtin_glob_match(pattern: Value, delimiters: Value, text: Value): Value {
  if (!wantString(pattern, 1) || !wantDelimiters(delimiters) || !wantString(text, 3)) return UNDEFINED;
  const expression = translate(pattern, delimiters);
  if (expression == UNDEFINED) return builtinErrorWith("invalid glob: ", stringPtr(pattern), stringLength(pattern), "");
  const program = programOf(expression);
  if (!program) {
    builtinErrorWith("invalid glob: ", stringPtr(pattern), stringLength(pattern), "");
    return UNDEFINED;
  }
  return regexMatches(program, text);
}

/** A backslash before each character that means something in a glob. */
export function builtin_glob_quote_meta(pattern: Value): Value {
  if (!wantString(pattern, 1)) return UNDEFINED;
  const ptr = stringPtr(pattern);
  textBegin();
  for (let i: u32 = 0; i < stringLength(pattern); i++) {
    const c = load<u8>(ptr + i);
    const special =
      c == STAR || c == QUESTION || c == ESCAPE || c == BRACKET || c == BRACKET_CLOSE || c == BRACE || c == BRACE_CLOSE;
    if (special) textByte(ESCAPE);
    textByte(c);
  }
  return textFinish();
}
