import { dtoa_buffered } from "util/number";
import { termText } from "../json-dump";
import { writeCodePoint } from "../json-text";
import { alloc } from "../memory";
import {
  asI64,
  fitsI64,
  fromText,
  toF64,
  fromBig,
  isI64,
  isWrittenInteger,
  numberText,
  isNegativeNumber,
  magnitude,
  numberTextLength,
  numberTextPtr,


} from "../number";
import {
  arrayAt,
  arrayLength,
  stringLength,
  stringPtr,
  TRUE,
  TYPE_BOOLEAN,
  TYPE_NUMBER,
  TYPE_SET,
  TYPE_STRING,
  typeOf,
  UNDEFINED,
  Value,

  newString,
} from "../value";
import { bigBit, bigBits, bigFromU64, bigMultiply, bigPowerOfTen, bigShiftLeft, bigShiftRight } from "../big-integer";
import { runes } from "./collections";
import { wantArray, wantString } from "./operand";
import { runeSize } from "./strings";
import { asciiString, textAscii, textBegin, textByte, textBytes, textFinish, textHold, textResume, textValue } from "./text";

// Go's fmt verbs as OPA uses them: integers are ints, other numbers float64,
// strings strings, everything else its Rego text.

let minus: bool = false;
let plus: bool = false;
let sharp: bool = false;
let space: bool = false;
let zero: bool = false;
/** The place that an index such as `[2]` named last, whether one named any, and whether it was none. */
let argument: u32 = 0;
let reordered: bool = false;
let badIndex: bool = false;
let width: i32 = -1;
let precision: i32 = -1;

export function builtin_sprintf(format: Value, values: Value): Value {
  if (!wantString(format, 1) || !wantArray(values, 2)) return UNDEFINED;
  const ptr = stringPtr(format);
  const n = stringLength(format);
  let used: u32 = 0;
  textBegin();
  reordered = false;
  let i: u32 = 0;
  while (i < n) {
    const c = load<u8>(ptr + i);
    if (c != 37) {
      textByte(c);
      i++;
      continue;
    }
    i = readFlags(ptr, n, i + 1);
    badIndex = false;
    if (i < n && load<u8>(ptr + i) == 91) {
      i = readIndex(ptr, n, i, arrayLength(values));
      if (!badIndex) used = argument;
    }
    if (i >= n) {
      textAscii("%!(NOVERB)");
      break;
    }
    const verb = ptr + i;
    const size = runeSize(verb);
    i += size;
    if (load<u8>(verb) == 37) {
      textByte(37);
    } else if (badIndex) {
      textAscii("%!");
      textBytes(verb, size);
      textAscii("(BADINDEX)");
    } else if (used >= arrayLength(values)) {
      textAscii("%!");
      textBytes(verb, size);
      textAscii("(MISSING)");
    } else {
      const hold = alloc(16);
      textHold(hold);
      const text = formatOne(arrayAt(values, used), <u32>load<u8>(verb));
      textResume(hold);
      used++;
      if (text == UNDEFINED) badVerb(verb, size, arrayAt(values, used - 1));
      else pad(text);
    }
  }
  if (!reordered && used < arrayLength(values)) extra(values, used);
  return textFinish();
}

function readFlags(ptr: usize, n: u32, from: u32): u32 {
  minus = plus = sharp = space = zero = false;
  width = -1;
  precision = -1;
  let i = from;
  for (; i < n; i++) {
    const c = load<u8>(ptr + i);
    if (c == 45) minus = true;
    else if (c == 43) plus = true;
    else if (c == 35) sharp = true;
    else if (c == 32) space = true;
    else if (c == 48) zero = true;
    else break;
  }
  while (i < n && load<u8>(ptr + i) >= 48 && load<u8>(ptr + i) <= 57) {
    width = max(width, 0) * 10 + <i32>(load<u8>(ptr + i++) - 48);
  }
  if (i < n && load<u8>(ptr + i) == 46) {
    i++;
    precision = 0;
    while (i < n && load<u8>(ptr + i) >= 48 && load<u8>(ptr + i) <= 57) {
      precision = precision * 10 + <i32>(load<u8>(ptr + i++) - 48);
    }
  }
  return i;
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

/** The exact decimal of the nearest float64, as Go rounds for %f and %e. */
function exactDouble(v: Value): Value {
  const x = toF64(v);
  const bits = reinterpret<u64>(x);
  const e = <i32>((bits >>> 52) & 0x7ff) - 1075;
  const m = bigFromU64((bits & 0xfffffffffffff) | (e > -1075 ? 0x10000000000000 : 0));
  if (e >= 0) return fromBig(bigShiftLeft(m, <u32>e), x < 0);
  // m / 2^k = m × 10^k / 2^k × 10^-k, and 10^k / 2^k is whole.
  const k = <u32>min(-e, 1074);
  const digits = bigShiftRight(bigMultiply(m, bigPowerOfTen(k)), k);
  const whole = fromBig(digits, x < 0);
  const ptr = numberTextPtr(whole);
  const n = numberTextLength();
  const text = alloc(<usize>n + 8);
  memory.copy(text, ptr, n);
  let at = text + n;
  store<u8>(at++, 101);
  store<u8>(at++, 45);
  store<u8>(at++, 48 + <u8>(k / 1000));
  store<u8>(at++, 48 + <u8>((k / 100) % 10));
  store<u8>(at++, 48 + <u8>((k / 10) % 10));
  store<u8>(at++, 48 + <u8>(k % 10));
  return fromText(text, <u32>(at - text));
}

/** The decimal with no more digits than a float64 holds. */
function asDouble(v: Value): Value {
  readDecimal(numberTextPtr(v), numberTextLength());
  if (decimalLength() <= 15) return v;
  const utf16 = alloc(64);
  const n = dtoa_buffered(utf16, toF64(v));
  const text = alloc(n);
  for (let i: u32 = 0; i < n; i++) store<u8>(text + i, load<u8>(utf16 + i * 2));
  return fromText(text, n);
}

/** Go's %v of a float64: shortest digits, an exponent from 1e6 and below 1e-4. */
function shortest(value: Value): Value {
  const v = asDouble(value);
  readDecimal(numberTextPtr(v), numberTextLength());
  const n = <i32>decimalLength();
  const e = n + decimalPower() - 1;
  if (n == 0) return decimalText(v, 0);
  return e < -4 || e >= 6 ? scientific(v, n - 1, false) : decimalText(v, max(0, -decimalPower()));
}

function formatOne(value: Value, verb: u32): Value {
  const v = isNumberText(value) ? numberText(value) : value;
  const type = typeOf(v);
  if (verb == 84) return asciiString(goType(v));
  if (verb == 113 && type != TYPE_NUMBER) return type == TYPE_STRING ? termText(v) : quoted(plain(v));
  if (type == TYPE_NUMBER) {
    // Of Go's numbers only the big ones know %s.
    if (verb == 115 && goType(v) != "*big.Int") return UNDEFINED;
    return formatNumber(v, verb);
  }
  const text = plain(v);
  if (verb == 118 || verb == 115) return precision >= 0 ? cut(text) : text;
  return verb == 120 || verb == 88 ? hexText(text, verb == 88) : UNDEFINED;
}

function goType(v: Value): string {
  if (typeOf(v) == TYPE_NUMBER && !isNumberText(v)) return hasPoint(v) ? "float64" : isI64(v) ? "int64" : "*big.Int";
  return "string";
}

function quoted(v: Value): Value {
  return termText(v);
}

/** The first `precision` code points. */
function cut(text: Value): Value {
  const ptr = stringPtr(text);
  let n: u32 = 0;
  for (let i = 0; i < precision && n < stringLength(text); i++) n += runeSize(ptr + n);
  return newString(ptr, n);
}

function hexDigit(d: u32, upper: bool): u32 {
  return d < 10 ? 48 + d : (upper ? 55 : 87) + d;
}

function hexText(text: Value, upper: bool): Value {
  const n = stringLength(text);
  const out = alloc(<usize>n * 2);
  for (let i: u32 = 0; i < n; i++) {
    const c = <u32>load<u8>(stringPtr(text) + i);
    store<u8>(out + i * 2, <u8>hexDigit(c >>> 4, upper));
    store<u8>(out + i * 2 + 1, <u8>hexDigit(c & 15, upper));
  }
  return newString(out, n * 2);
}

function formatNumber(v: Value, verb: u32): Value {
  if (isWrittenInteger(v) && !hasPoint(v)) return formatInteger(v, verb);
  switch (verb) {
    case 118:
    case 103:
      return shortest(v);
    case 102:
    case 70:
      return decimalText(exactDouble(v), precision < 0 ? 6 : precision);
    case 101:
    case 69:
      return scientific(exactDouble(v), precision < 0 ? 6 : precision, verb == 69);
    default:
      return UNDEFINED;
  }
}

function formatInteger(v: Value, verb: u32): Value {
  switch (verb) {
    case 100:
    case 118:
    case 115:
      return signed(digitsOf(v, 10, false), v);
    case 98:
      return signed(digitsOf(v, 2, false), v);
    case 111:
      return signed(digitsOf(v, 8, false), v);
    case 120:
      return signed(digitsOf(v, 16, false), v);
    case 88:
      return signed(digitsOf(v, 16, true), v);
    case 99: {
      const out = alloc(8);
      const code = fitsI64(v) ? asI64(v) : 0xfffd;
      const end = writeCodePoint(out, code < 0 || code > 0x10ffff ? 0xfffd : <u32>code);
      return newString(out, <u32>(end - out));
    }
    case 85:
      return fitsI64(v) ? codePoint(<u64>asI64(v)) : UNDEFINED;
    case 102:
    case 70:
    case 101:
    case 69:
    case 103:
    case 71:
      // An integer under a float verb is Go's complaint: %!f(int=3).
      return UNDEFINED;
    default:
      return UNDEFINED;
  }
}

/** Go's %U: `U+002A`; a negative number as its 64 bits. */
function codePoint(code: u64): Value {
  const out = alloc(24);
  store<u8>(out, 85);
  store<u8>(out + 1, 43);
  let digits: u32 = 4;
  while (digits < 16 && code >>> (<u64>digits << 2) != 0) digits++;
  for (let i: u32 = 0; i < digits; i++) {
    const digit = <u32>(code >>> (<u64>(digits - 1 - i) << 2)) & 15;
    store<u8>(out + 2 + i, <u8>hexDigit(digit, true));
  }
  return newString(out, digits + 2);
}

/** Reads Go's `[2]` before a verb; what comes after it. */
function readIndex(ptr: usize, n: u32, from: u32, count: u32): u32 {
  reordered = true;
  let end = from + 1;
  let index: u32 = 0;
  while (end < n && load<u8>(ptr + end) != 93) {
    const digit = <u32>load<u8>(ptr + end) - 48;
    if (digit > 9 || index > 100_000) badIndex = true;
    else index = index * 10 + digit;
    end++;
  }
  if (end >= n) {
    badIndex = true;
    return from + 1;
  }
  if (index < 1 || index > count) badIndex = true;
  argument = index - 1;
  return end + 1;
}

function digitsOf(v: Value, base: u32, upper: bool): Value {
  const whole = magnitude(v);
  if (base == 10) {
    const positive = fromBig(whole, false);
    return newString(numberTextPtr(positive), numberTextLength());
  }
  const shift: u32 = base == 2 ? 1 : base == 8 ? 3 : 4;
  const bits = bigBits(whole);
  const n = bits == 0 ? 1 : (bits + shift - 1) / shift;
  const prefix: u32 = sharp && base != 10 ? (base == 16 ? 2 : 1) : 0;
  const out = alloc(n + prefix);
  let at = out;
  if (prefix) {
    store<u8>(at++, 48);
    if (prefix == 2) store<u8>(at++, upper ? 88 : 120);
  }
  for (let i = n; i > 0; i--) {
    let d: u32 = 0;
    for (let k: u32 = 0; k < shift; k++) d |= bigBit(whole, (i - 1) * shift + k) << k;
    store<u8>(at++, <u8>hexDigit(d, upper));
  }
  return newString(out, n + prefix);
}

function signed(digits: Value, v: Value): Value {
  const sign: u32 = isNegativeNumber(v) ? 45 : plus ? 43 : space ? 32 : 0;
  const n = stringLength(digits);
  const zeros: u32 = zero && !minus && width > <i32>(n + (sign ? 1 : 0)) ? <u32>width - n - (sign ? 1 : 0) : 0;
  const out = alloc(n + zeros + 1);
  let at = out;
  if (sign) store<u8>(at++, <u8>sign);
  for (let i: u32 = 0; i < zeros; i++) store<u8>(at++, 48);
  memory.copy(at, stringPtr(digits), n);
  return newString(out, <u32>(at - out) + n);
}

/** %f of a decimal, rounded to an even last digit. */
function decimalText(v: Value, digits: i32): Value {
  readDecimal(numberTextPtr(v), numberTextLength());
  const negative = decimalNegative();
  const source = decimalDigits();
  const n = <i32>decimalLength();
  const point = n + decimalPower();
  // Digits kept: those before the point and `digits` after it, rounded.
  const keep = point + digits;
  const out = alloc(<usize>max(point, 0) + <usize>digits + 8);
  let up = false;
  if (keep >= 0 && keep < n) {
    const next = load<u8>(source + keep);
    up = next > 53 || (next == 53 && (keep + 1 < n || (keep > 0 && (load<u8>(source + keep - 1) & 1) == 1)));
  }
  const total = max(keep, 0);
  const work = alloc(<usize>total + 2);
  for (let i = 0; i < total; i++) store<u8>(work + 1 + i, i < n ? load<u8>(source + i) : 48);
  store<u8>(work, 48);
  if (up) {
    let i = total;
    while (load<u8>(work + i) == 57) store<u8>(work + i--, 48);
    store<u8>(work + i, load<u8>(work + i) + 1);
  }
  let at = out;
  if (negative) store<u8>(at++, 45);
  else if (plus) store<u8>(at++, 43);
  const whole = point > 0 ? point : 0;
  let leading = true;
  for (let i = 0; i <= whole; i++) {
    const d = point > 0 || i == 0 ? load<u8>(work + i) : <u8>48;
    if (leading && d == 48 && i < whole) continue;
    leading = false;
    store<u8>(at++, d);
  }
  if (digits > 0) {
    store<u8>(at++, 46);
    for (let i = 0; i < digits; i++) {
      const index = point + i;
      store<u8>(at++, index < 0 ? 48 : load<u8>(work + 1 + index));
    }
  }
  return newString(out, <u32>(at - out));
}

import { decimalDigits, decimalLength, decimalNegative, decimalPower, readDecimal } from "../decimal";

function scientific(v: Value, digits: i32, upper: bool): Value {
  readDecimal(numberTextPtr(v), numberTextLength());
  const source = decimalDigits();
  const n = <i32>decimalLength();
  const e = n + decimalPower() - 1;
  const out = alloc(<usize>digits + 16);
  let at = out;
  if (decimalNegative()) store<u8>(at++, 45);
  store<u8>(at++, n > 0 ? load<u8>(source) : 48);
  if (digits > 0) {
    store<u8>(at++, 46);
    for (let i = 1; i <= digits; i++) store<u8>(at++, i < n ? load<u8>(source + i) : 48);
  }
  store<u8>(at++, upper ? 69 : 101);
  store<u8>(at++, e < 0 ? 45 : 43);
  const size = e < 0 ? -e : e;
  if (size >= 100) store<u8>(at++, 48 + <u8>(size / 100));
  store<u8>(at++, 48 + <u8>((size / 10) % 10));
  store<u8>(at++, 48 + <u8>(size % 10));
  return newString(out, <u32>(at - out));
}

function pad(text: Value): void {
  const missing = width - <i32>runes(text);
  if (!minus) for (let i = 0; i < missing; i++) textByte(zero ? 48 : 32);
  textValue(text);
  if (minus) for (let i = 0; i < missing; i++) textByte(32);
}

/** Go's `%!d(string=x)`, the value at the width and precision that were asked for. */
function badVerb(verb: usize, size: u32, v: Value): void {
  textAscii("%!");
  textBytes(verb, size);
  textByte(40);
  const type = goType(v);
  textAscii(type == "*big.Int" ? "big.Int" : type);
  textByte(61);
  const hold = alloc(16);
  textHold(hold);
  const text = formatOne(v, 118);
  textResume(hold);
  pad(precision >= 0 && goType(v) == "string" ? cut(text) : text);
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
  width = -1;
  precision = -1;
  plus = false;
  sharp = false;
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

import { rt_abort } from "../builtin-error";

// "eval_conflict_error: template string expressions must not produce multiple outputs"
function templateConflict(): Value {
  const text = asciiString("eval_conflict_error: template-strings must not produce multiple outputs\0");
  rt_abort(stringPtr(text));
  return UNDEFINED;
}

