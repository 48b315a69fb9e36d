import {
  Big,
  bigAdd,
  bigBits,
  bigCompare,
  bigDigits,
  bigDigitsLength,
  bigFromU64,
  bigIsZero,
  bigLow64,
  bigMultiply,
  bigQuotient,
  bigRemainder,
  bigSubtract,
} from "./big-integer";
import {
  Float,
  floatFromDecimal,
  floatIsInteger,
  floatIsNegativeZero,
  floatShortText,
  floatText,
  floatTextLength,
  floatTruncate,
  isNegative,
  makeFloat,
} from "./big-float";
import {
  decimalDigits,
  decimalLength,
  decimalNegative,
  decimalPower,
  decimalToBig,
  readDecimal,
} from "./decimal";
import { alloc } from "./memory";
import { newString, TYPE_NUMBER, Value } from "./value";

// Boxed numbers, 24 bytes: form 1 holds an i64 at +16; form 0 holds the text
// of anything else at +8/+4: integers beyond i64, fractions, odd spellings.

const FORM_TEXT: u32 = 0;
const FORM_I64: u32 = 1;

@inline
function form(v: Value): u32 {
  return <u32>load<u8>(v, 1);
}

/** An integer value. */
export function fromI64(n: i64): Value {
  if (n >= -0x40000000 && n < 0x40000000) return (<u32>n << 1) | 1;
  const v = alloc(24);
  store<u32>(v, TYPE_NUMBER | (FORM_I64 << 8));
  store<i64>(v, n, 16);
  return <Value>v;
}

export function rt_number(n: i64): Value {
  return fromI64(n);
}

/** A number by its text, which stays where it is. */
export function fromText(ptr: usize, length: u32): Value {
  const v = alloc(24);
  store<u32>(v, TYPE_NUMBER | (FORM_TEXT << 8));
  store<u32>(v, length, 4);
  store<u32>(v, <u32>ptr, 8);
  return <Value>v;
}

/** True for the two forms that hold an i64. */
export function isI64(v: Value): bool {
  return (v & 1) == 1 || form(v) == FORM_I64;
}

/** The integer, for values that isI64. */
export function toI64(v: Value): i64 {
  return v & 1 ? <i64>(<i32>v >> 1) : load<i64>(v, 16);
}

/** True when the value fits an i64 whatever its spelling (`1.0`, `1e3`). */
export function fitsI64(v: Value): bool {
  if (isI64(v)) return true;
  return isInteger(v) && bigBits(magnitude(v)) < 64;
}

/**
 * True for what OPA takes as a machine integer: digits with a sign or without,
 * zeros after a point or none, 19 characters at most, no exponent.
 */
export function fitsInt(v: Value): bool {
  if (isI64(v)) return true;
  let ptr = <usize>load<u32>(v, 8);
  let n = load<u32>(v, 4);
  const negative = load<u8>(ptr) == 45;
  if (negative) {
    ptr++;
    n--;
  }
  if (n > 19) return false;
  let size: u64 = 0;
  let point = false;
  for (let i: u32 = 0; i < n; i++) {
    const c = <u32>load<u8>(ptr + i);
    if (c == 46) point = true;
    else if (c - 48 > 9 || (point && c != 48)) return false;
    else if (!point) size = size * 10 + <u64>(c - 48);
  }
  return size <= (negative ? 0x8000000000000000 : 0x7fffffffffffffff);
}

/** The integer of a value that fitsI64 or fitsInt. */
export function asI64(v: Value): i64 {
  if (isI64(v)) return toI64(v);
  const size = <i64>bigLow64(magnitude(v));
  return isNegativeNumber(v) ? -size : size;
}

function decode(v: Value): void {
  readDecimal(<usize>load<u32>(v, 8), load<u32>(v, 4));
}

/** True when the value is whole. */
export function isInteger(v: Value): bool {
  if (isI64(v)) return true;
  decode(v);
  return decimalPower() >= 0;
}

export function isNegativeNumber(v: Value): bool {
  if (isI64(v)) return toI64(v) < 0;
  decode(v);
  return decimalNegative();
}

/** |v| of a whole number. */
export function magnitude(v: Value): Big {
  if (isI64(v)) {
    const n = toI64(v);
    return bigFromU64(n < 0 ? <u64>-n : <u64>n);
  }
  decode(v);
  return decimalToBig();
}

/** A value from sign and magnitude. */
export function fromBig(big: Big, negative: bool): Value {
  if (bigBits(big) < 64) {
    const n = <i64>bigLow64(big);
    return fromI64(negative ? -n : n);
  }
  const digits = bigDigits(big);
  const length = bigDigitsLength();
  if (!negative) return fromText(digits, length);
  const text = alloc(length + 1);
  store<u8>(text, 45);
  memory.copy(text + 1, digits, length);
  return fromText(text, length + 1);
}

export function toFloat(v: Value): Float {
  if (isI64(v)) {
    const n = toI64(v);
    if (n == 0) return makeFloat(0, 0, false);
    const size = n < 0 ? <u64>-n : <u64>n;
    const up = clz<u64>(size);
    return makeFloat(size << up, -<i32>up, n < 0);
  }
  decode(v);
  if (decimalLength() == 0) return makeFloat(0, 0, load<u8>(<usize>load<u32>(v, 8)) == 45);
  return floatFromDecimal(decimalDigits(), decimalLength(), decimalPower(), decimalNegative());
}

/** OPA's FloatToNumber: a zero keeps its sign in its text. */
export function fromFloat(f: Float): Value {
  if (floatIsInteger(f) && !floatIsNegativeZero(f)) {
    const whole = floatTruncate(f);
    if (bigBits(whole) < 64) return fromBig(whole, isNegative(f));
  }
  const text = floatText(f);
  return fromText(text, floatTextLength());
}

/** The same for a float of 53 bits. */
export function fromShortFloat(f: Float): Value {
  if (floatIsInteger(f) && !floatIsNegativeZero(f)) {
    const whole = floatTruncate(f);
    if (bigBits(whole) <= 53) return fromBig(whole, isNegative(f));
  }
  const text = floatShortText(f);
  return fromText(text, floatTextLength());
}

export function fromF64(x: f64): Value {
  if (x == Math.floor(x) && Math.abs(x) < 9007199254740992.0) return fromI64(<i64>x);
  const bits = reinterpret<u64>(x);
  const e = <i32>((bits >>> 52) & 0x7ff) - 1075;
  const m = (bits & 0xfffffffffffff) | 0x10000000000000;
  return fromFloat(makeFloat(m << 11, e - 11, x < 0));
}

let textLength: u32 = 0;

/** Length of what the last numberTextPtr gave. */
export function numberTextLength(): u32 {
  return textLength;
}

/** The number's text: its own spelling, or the digits of an integer. */
export function numberTextPtr(v: Value): usize {
  if (!isI64(v)) {
    textLength = load<u32>(v, 4);
    return <usize>load<u32>(v, 8);
  }
  const n = toI64(v);
  let size = n < 0 ? <u64>-n : <u64>n;
  const end = alloc(24) + 24;
  let at = end;
  do {
    at--;
    store<u8>(at, 48 + <u8>(size % 10));
    size /= 10;
  } while (size > 0);
  if (n < 0) {
    at--;
    store<u8>(at, 45);
  }
  textLength = <u32>(end - at);
  return at;
}

export function numberText(v: Value): Value {
  const ptr = numberTextPtr(v);
  return newString(ptr, textLength);
}

/** -1, 0, 1 by value, whatever the spelling. */
export function compareNumbers(a: Value, b: Value): i32 {
  if (isI64(a) && isI64(b)) {
    const x = toI64(a);
    const y = toI64(b);
    return x < y ? -1 : x > y ? 1 : 0;
  }
  const ta = numberTextPtr(a);
  readDecimal(ta, textLength);
  const negA = decimalNegative();
  const digitsA = decimalDigits();
  const lengthA = decimalLength();
  const pointA = <i32>lengthA + decimalPower();
  const tb = numberTextPtr(b);
  readDecimal(tb, textLength);
  const negB = decimalNegative();
  const digitsB = decimalDigits();
  const lengthB = decimalLength();
  const pointB = <i32>lengthB + decimalPower();
  const signA = lengthA == 0 ? 0 : negA ? -1 : 1;
  const signB = lengthB == 0 ? 0 : negB ? -1 : 1;
  if (signA != signB) return signA < signB ? -1 : 1;
  if (signA == 0) return 0;
  let order = 0;
  if (pointA != pointB) {
    order = pointA < pointB ? -1 : 1;
  } else {
    order = memory.compare(digitsA, digitsB, min(lengthA, lengthB));
    if (order == 0 && lengthA != lengthB) order = lengthA < lengthB ? -1 : 1;
    order = order < 0 ? -1 : order > 0 ? 1 : 0;
  }
  return signA < 0 ? -order : order;
}

function addSigned(a: Value, b: Value, negateB: bool): Value {
  const x = magnitude(a);
  const signX = isNegativeNumber(a);
  const y = magnitude(b);
  const signY = isNegativeNumber(b) != negateB;
  if (signX == signY) return fromBig(bigAdd(x, y), signX);
  return bigCompare(x, y) >= 0
    ? fromBig(bigSubtract(x, y), signX)
    : fromBig(bigSubtract(y, x), signY);
}

/** True when the text is plain integer digits: OPA's NumberToInt accepts it. */
export function isWrittenInteger(v: Value): bool {
  if (isI64(v)) return true;
  const ptr = <usize>load<u32>(v, 8);
  const n = load<u32>(v, 4);
  for (let i: u32 = 0; i < n; i++) {
    const c = load<u8>(ptr + i);
    if ((c < 48 || c > 57) && !(i == 0 && c == 45)) return isInteger(v);
  }
  return true;
}

export { addSigned, bigIsZero, bigMultiply, bigQuotient, bigRemainder };
