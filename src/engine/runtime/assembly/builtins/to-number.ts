import { exponent, mantissa } from "../big-float";
import { failWith, typeError } from "../builtin-error";
import { termText } from "../json-dump";
import { parseJson } from "../json-parse";
import { fromI64, toFloat } from "../number";
import {
  stringLength,
  stringPtr,
  TRUE,
  TYPE_BOOLEAN,
  TYPE_NULL,
  TYPE_NUMBER,
  TYPE_STRING,
  typeOf,
  UNDEFINED,
  Value,
} from "../value";
import { textAscii, textBegin, textByte, textFinish, textValue } from "./text";

/** inf, infinity or nan in any case, signs before it or not. */
function isInfinityOrNan(v: Value): bool {
  let ptr = stringPtr(v);
  const end = ptr + stringLength(v);
  while (ptr < end && (load<u8>(ptr) == 43 || load<u8>(ptr) == 45)) ptr++;
  const n = <u32>(end - ptr);
  return sameWord(ptr, n, "inf") || sameWord(ptr, n, "infinity") || sameWord(ptr, n, "nan");
}

function sameWord(ptr: usize, n: u32, word: string): bool {
  if (n != <u32>word.length) return false;
  for (let i: u32 = 0; i < n; i++) if ((load<u8>(ptr + i) | 32) != <u8>word.charCodeAt(i)) return false;
  return true;
}

function refuse(v: Value, why: string): Value {
  const quoted = termText(v);
  textBegin();
  textAscii("strconv.ParseFloat: parsing ");
  textValue(quoted);
  textAscii(why);
  return failWith(textFinish(), false);
}

export function builtin_to_number(v: Value): Value {
  switch (typeOf(v)) {
    case TYPE_NULL:
      return fromI64(0);
    case TYPE_BOOLEAN:
      return fromI64(v == TRUE ? 1 : 0);
    case TYPE_NUMBER:
      return v;
    case TYPE_STRING: {
      if (isInfinityOrNan(v)) return typeError(1, "valid number string", v);
      const number = readNumber(stringPtr(v), stringLength(v));
      if (number == UNDEFINED) return refuse(v, ": invalid syntax");
      return isBeyondDouble(number) ? refuse(v, ": value out of range") : number;
    }
    default:
      return typeError(1, "one of {null, boolean, number, string}", v);
  }
}

@inline
function isDigit(c: u32): bool {
  return c - 48 <= 9;
}

let at: usize = 0;
let stop: usize = 0;

/**
 * A number as Go's ParseFloat takes it, decimal forms only. JSON's own spelling
 * is kept; any other (`+1`, `.5`, `5.`, `01`, `1_000`) becomes JSON.
 */
function readNumber(ptr: usize, length: u32): Value {
  const plain = length > 0 && load<u8>(ptr) > 32 && load<u8>(ptr + length - 1) > 32 ? parseJson(ptr, length) : UNDEFINED;
  if (plain != UNDEFINED) return typeOf(plain) == TYPE_NUMBER ? plain : UNDEFINED;
  at = ptr;
  stop = ptr + length;
  textBegin();
  if (at < stop && (load<u8>(at) == 43 || load<u8>(at) == 45)) {
    if (load<u8>(at) == 45) textByte(45);
    at++;
  }
  const start = at;
  while (at < stop && load<u8>(at) == 48) at++;
  const whole = copyDigits();
  if (!whole) textByte(48);
  let some = at > start;
  if (at < stop && load<u8>(at) == 46) {
    at++;
    const from = at;
    textByte(46);
    if (!copyDigits()) textByte(48);
    some = some || at > from;
  }
  if (!some || !copyExponent() || at < stop) return UNDEFINED;
  const text = textFinish();
  return parseJson(stringPtr(text), stringLength(text));
}

/** Digits, one underscore between two of them at most; whether there were any. */
function copyDigits(): bool {
  let some = false;
  while (at < stop) {
    const c = <u32>load<u8>(at);
    const between = c == 95 && isDigit(load<u8>(at - 1)) && at + 1 < stop && isDigit(load<u8>(at, 1));
    if (!isDigit(c) && !between) break;
    if (isDigit(c)) {
      textByte(c);
      some = true;
    }
    at++;
  }
  return some;
}

function copyExponent(): bool {
  if (at >= stop || (load<u8>(at) | 32) != 101) return true;
  textByte(101);
  at++;
  if (at < stop && (load<u8>(at) == 43 || load<u8>(at) == 45)) textByte(load<u8>(at++));
  return copyDigits();
}

/** Half a unit above the greatest float64 and more. */
function isBeyondDouble(v: Value): bool {
  const f = toFloat(v);
  if (mantissa(f) == 0) return false;
  const top = exponent(f) + 64;
  return top > 1024 || (top == 1024 && mantissa(f) >= 0xfffffffffffffc00);
}
