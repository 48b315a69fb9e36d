import { termText } from "../json-dump";
import { alloc } from "../memory";
import { asI64, fitsI64, isI64, isWrittenInteger, numberText, numberTextLength, numberTextPtr } from "../number";
import {
  arrayAt,
  arrayLength,
  newString,
  stringLength,
  stringPtr,
  TYPE_NUMBER,
  TYPE_SET,
  TYPE_STRING,
  typeOf,
  UNDEFINED,
  Value,
} from "../value";
import { rt_abort } from "../builtin-error";
import { runes } from "./collections";
import { wantArray, wantString } from "./operand";
import {
  clearFlags,
  fillWithZeros,
  fillsWithZeros,
  minus,
  numberRead,
  precision,
  readAsV,
  readFlags,
  readNumber,
  setPrecision,
  setWidth,
  sharp,
  sharpV,
  space,
  width,
} from "./sprintf-flags";
import { formatFloat } from "./sprintf-float";
import { formatInteger, hexDigit } from "./sprintf-integer";
import { quoteText } from "./sprintf-quote";
import { runeSize } from "./strings";
import { asciiString, textAscii, textBegin, textByte, textBytes, textFinish, textHold, textResume, textValue } from "./text";

// Go's fmt verbs as OPA uses them: integers are int64 or *big.Int, other numbers
// float64, strings strings, everything else its Rego text.

/** The place of the argument that is next. */
let argument: u32 = 0;
/** An index such as `[2]` was named; the last one was none; it stood right before. */
let reordered: bool = false;
let badIndex: bool = false;
let afterIndex: bool = false;

export function builtin_sprintf(format: Value, values: Value): Value {
  if (!wantString(format, 1) || !wantArray(values, 2)) return UNDEFINED;
  const ptr = stringPtr(format);
  const n = stringLength(format);
  textBegin();
  argument = 0;
  reordered = false;
  let i: u32 = 0;
  while (i < n) {
    const c = load<u8>(ptr + i);
    if (c != 37) {
      textByte(c);
      i++;
      continue;
    }
    i = readVerb(ptr, n, i + 1, values);
  }
  if (!reordered && argument < arrayLength(values)) extra(values, argument);
  return textFinish();
}

/** Writes what stands behind a percent sign; its end. */
function readVerb(ptr: usize, n: u32, from: u32, values: Value): u32 {
  badIndex = afterIndex = false;
  const count = arrayLength(values);
  let i = readIndex(ptr, n, readFlags(ptr, n, from), count);
  i = readWidth(ptr, n, i, values);
  if (i + 1 < n && load<u8>(ptr + i) == 46) i = readPrecision(ptr, n, i + 1, values);
  if (!afterIndex) i = readIndex(ptr, n, i, count);
  if (i >= n) {
    textAscii("%!(NOVERB)");
    return n;
  }
  const verb = ptr + i;
  const size = runeSize(verb);
  if (load<u8>(verb) == 37) {
    textByte(37);
  } else if (badIndex || argument >= count) {
    textAscii("%!");
    textBytes(verb, size);
    textAscii(badIndex ? "(BADINDEX)" : "(MISSING)");
  } else {
    writeArgument(arrayAt(values, argument++), verb, size);
  }
  return i + size;
}

function writeArgument(v: Value, verb: usize, size: u32): void {
  const c = <u32>load<u8>(verb);
  if (c == 118 || c == 119) readAsV();
  const hold = alloc(16);
  textHold(hold);
  const text = formatOne(v, size == 1 ? c : 0);
  textResume(hold);
  if (text == UNDEFINED) badVerb(verb, size, v);
  else pad(text);
}

/** Reads Go's `[2]`; where it ends. */
function readIndex(ptr: usize, n: u32, from: u32, count: u32): u32 {
  afterIndex = false;
  if (from >= n || load<u8>(ptr + from) != 91) return from;
  reordered = true;
  let end = from + 1;
  while (end < n && load<u8>(ptr + end) != 93) end++;
  if (end >= n || n - from < 3) {
    badIndex = true;
    return from + 1;
  }
  const stop = readNumber(ptr, end, from + 1);
  if (numberRead < 0 || stop != end) {
    badIndex = true;
    return end + 1;
  }
  afterIndex = true;
  if (numberRead < 1 || <u32>numberRead > count) badIndex = true;
  else argument = <u32>numberRead - 1;
  return end + 1;
}

function readWidth(ptr: usize, n: u32, from: u32, values: Value): u32 {
  if (from < n && load<u8>(ptr + from) == 42) {
    const wanted = takeInteger(values);
    if (wanted == noInteger) textAscii("%!(BADWIDTH)");
    else setWidth(wanted);
    afterIndex = false;
    return from + 1;
  }
  const end = readNumber(ptr, n, from);
  if (numberRead >= 0) {
    if (afterIndex) badIndex = true;
    setWidth(numberRead);
  }
  return end;
}

function readPrecision(ptr: usize, n: u32, from: u32, values: Value): u32 {
  if (afterIndex) badIndex = true;
  const i = readIndex(ptr, n, from, arrayLength(values));
  if (i < n && load<u8>(ptr + i) == 42) {
    const wanted = takeInteger(values);
    if (wanted == noInteger || wanted < 0) textAscii("%!(BADPREC)");
    else setPrecision(wanted);
    afterIndex = false;
    return i + 1;
  }
  const end = readNumber(ptr, n, i);
  setPrecision(max(numberRead, 0));
  return end;
}

const noInteger: i32 = i32.MIN_VALUE;

/** The next argument as a width: an integer, and not too large a one. */
function takeInteger(values: Value): i32 {
  if (argument >= arrayLength(values)) return noInteger;
  const v = arrayAt(values, argument++);
  if (typeOf(v) != TYPE_NUMBER || goType(v) != "int64") return noInteger;
  const n = asI64(v);
  return n > 1_000_000 || n < -1_000_000 ? noInteger : <i32>n;
}

/** The text of a composite or scalar as OPA prints it inside %v. */
function plain(v: Value): Value {
  return typeOf(v) == TYPE_STRING ? v : termText(v);
}

/** A number with an exponent but no point: OPA hands Go its text, not a number. */
function isNumberText(v: Value): bool {
  if (typeOf(v) != TYPE_NUMBER || isI64(v)) return false;
  const ptr = numberTextPtr(v);
  let exponent = false;
  for (let i: u32 = 0; i < numberTextLength(); i++) {
    const c = load<u8>(ptr + i);
    if (c == 46) return false;
    if ((c | 32) == 101) exponent = true;
  }
  return exponent;
}

/** A number that OPA hands to Go as float64: one with a fraction, zero or not. */
function hasPoint(v: Value): bool {
  if (isI64(v)) return false;
  const ptr = numberTextPtr(v);
  let point = false;
  let whole = true;
  for (let i: u32 = 0; i < numberTextLength(); i++) {
    const c = load<u8>(ptr + i);
    if (point && c != 48) whole = false;
    if (c == 46) point = true;
  }
  return point && !(whole && fitsI64(v));
}

/** The text of a value under a verb; UNDEFINED where its type has no such verb. */
function formatOne(value: Value, verb: u32): Value {
  fillWithZeros(true);
  if (verb == 84) return cut(asciiString(goType(value)));
  if (typeOf(value) == TYPE_NUMBER && !isNumberText(value)) {
    return isWrittenInteger(value) && !hasPoint(value)
      ? formatInteger(value, verb, goType(value) == "*big.Int")
      : formatFloat(value, verb);
  }
  const text = typeOf(value) == TYPE_NUMBER ? numberText(value) : plain(value);
  switch (verb) {
    case 118: // v
      return sharpV ? quoteText(cut(text)) : cut(text);
    case 115: // s
      return cut(text);
    case 113: // q
      return quoteText(cut(text));
    case 120: // x
    case 88: // X
      return hexText(text, verb);
    default:
      return UNDEFINED;
  }
}

function goType(v: Value): string {
  if (typeOf(v) == TYPE_NUMBER && !isNumberText(v)) return hasPoint(v) ? "float64" : fitsI64(v) ? "int64" : "*big.Int";
  return "string";
}

/** The first `precision` characters, where there is one. */
function cut(text: Value): Value {
  if (precision < 0) return text;
  const ptr = stringPtr(text);
  let n: u32 = 0;
  for (let i = 0; i < precision && n < stringLength(text); i++) n += runeSize(ptr + n);
  return newString(ptr, n);
}

/** The bytes in hexadecimal; `precision` bounds them, a blank parts them, `#` marks them. */
function hexText(text: Value, verb: u32): Value {
  const whole = <i32>stringLength(text);
  const n = precision >= 0 ? min(precision, whole) : whole;
  const out = alloc(<usize>n * 5 + 2);
  let at = out;
  for (let i = 0; i < n; i++) {
    if (space && i > 0) store<u8>(at++, 32);
    if (sharp && (space || i == 0)) {
      store<u8>(at++, 48);
      store<u8>(at++, <u8>verb);
    }
    const c = <u32>load<u8>(stringPtr(text) + i);
    store<u8>(at++, <u8>hexDigit(c >>> 4, verb == 88));
    store<u8>(at++, <u8>hexDigit(c & 15, verb == 88));
  }
  return newString(out, <u32>(at - out));
}

function pad(text: Value): void {
  const filler: u32 = fillsWithZeros ? 48 : 32;
  const missing = width - <i32>runes(text);
  if (!minus) for (let i = 0; i < missing; i++) textByte(filler);
  textValue(text);
  if (minus) for (let i = 0; i < missing; i++) textByte(32);
}

/** Go's `%!d(string=x)`, the value at the width and precision that were asked for. */
function badVerb(verb: usize, size: u32, v: Value): void {
  const isBig = goType(v) == "*big.Int";
  textAscii("%!");
  textBytes(verb, size);
  textByte(40);
  textAscii(isBig ? "big.Int" : goType(v));
  textByte(61);
  // Big integers write it themselves, and know nothing of flags then.
  if (isBig) clearFlags();
  const hold = alloc(16);
  textHold(hold);
  const text = formatOne(v, 118);
  textResume(hold);
  pad(text);
  textByte(41);
}

function nested(v: Value): void {
  const hold = alloc(16);
  textHold(hold);
  const text = plain(v);
  textResume(hold);
  textValue(text);
}

/** Go's `%!(EXTRA int64=1, string=x)`. */
function extra(values: Value, from: u32): void {
  clearFlags();
  textAscii("%!(EXTRA ");
  for (let i = from; i < arrayLength(values); i++) {
    if (i > from) textAscii(", ");
    textAscii(goType(arrayAt(values, i)));
    textByte(61);
    extraValue(arrayAt(values, i));
  }
  textByte(41);
}

function extraValue(v: Value): void {
  const hold = alloc(16);
  textHold(hold);
  const text = formatOne(v, 118);
  textResume(hold);
  textValue(text);
}

/** Pieces of a template string: constants, or the set of an expression's values. */
export function builtin_internal_template_string(parts: Value): Value {
  textBegin();
  for (let i: u32 = 0; i < arrayLength(parts); i++) {
    const part = arrayAt(parts, i);
    if (typeOf(part) == TYPE_STRING) {
      textValue(part);
    } else if (typeOf(part) != TYPE_SET) {
      nested(part);
    } else if (arrayLength(part) == 0) {
      textAscii("<undefined>");
    } else if (arrayLength(part) > 1) {
      return templateConflict();
    } else {
      nested(arrayAt(part, 0));
    }
  }
  return textFinish();
}

// "eval_conflict_error: template string expressions must not produce multiple outputs"
function templateConflict(): Value {
  const text = asciiString("eval_conflict_error: template-strings must not produce multiple outputs\0");
  rt_abort(stringPtr(text));
  return UNDEFINED;
}
