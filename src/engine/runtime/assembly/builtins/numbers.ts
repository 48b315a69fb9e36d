import {
  bigAdd,

  bigFromU64,
  bigIsZero,
  bigLow64,

  bigMultiply,

  bigRemainder,
  bigShiftLeft,
  bigShiftRight,
  bigBits,
  bigBit,
} from "../big-integer";
import {
  floatAdd,
  floatDivide,
  floatIsInteger,
  floatMultiply,
  floatMultiplyShort,
  floatNegate,
  floatTruncate,
  isNegative,
  makeFloat,
} from "../big-float";
import { builtinError, builtinErrorWith, typeError, operandError } from "../builtin-error";
import { rt_compare, rt_equal } from "../compare";
import { chargeFuel } from "../fuel";
import { alloc } from "../memory";
import {
  addSigned,
  asI64,
  fitsI64,
  fromBig,
  fromFloat,
  fromI64,
  fromShortFloat,

  isI64,
  isInteger,
  isNegativeNumber,
  magnitude,
  numberTextLength,
  numberTextPtr,
  toFloat,
  toI64,
} from "../number";
import { newSet, setAdd, setHas, setLength, setAt } from "../set";
import {
  arrayAppend,
  count,
  FALSE,
  newArray,
  newString,
  NULL,
  stringLength,
  stringPtr,
  toBoolean,
  TRUE,
  TYPE_BOOLEAN,
  TYPE_NULL,
  TYPE_NUMBER,
  TYPE_SET,
  TYPE_STRING,
  typeOf,
  UNDEFINED,
  Value,
} from "../value";
import { wantNumber, wantWhole } from "./operand";

export function builtin_equal(a: Value, b: Value): Value {
  return toBoolean(rt_equal(a, b) == 1);
}
export function builtin_eq(a: Value, b: Value): Value {
  return toBoolean(rt_equal(a, b) == 1);
}
export function builtin_neq(a: Value, b: Value): Value {
  return toBoolean(rt_equal(a, b) == 0);
}
export function builtin_lt(a: Value, b: Value): Value {
  return toBoolean(rt_compare(a, b) < 0);
}
export function builtin_lte(a: Value, b: Value): Value {
  return toBoolean(rt_compare(a, b) <= 0);
}
export function builtin_gt(a: Value, b: Value): Value {
  return toBoolean(rt_compare(a, b) > 0);
}
export function builtin_gte(a: Value, b: Value): Value {
  return toBoolean(rt_compare(a, b) >= 0);
}

export function addNumbers(a: Value, b: Value): Value {
  if (a & b & 1) return fromI64(toI64(a) + toI64(b));
  if (isInteger(a) && isInteger(b)) return addSigned(a, b, false);
  return fromFloat(floatAdd(toFloat(a), toFloat(b)));
}

export function multiplyNumbers(a: Value, b: Value): Value {
  if (a & b & 1) return fromI64(toI64(a) * toI64(b));
  if (isInteger(a) && isInteger(b)) {
    const x = magnitude(a);
    const signX = isNegativeNumber(a);
    const y = magnitude(b);
    return fromBig(bigMultiply(x, y), signX != isNegativeNumber(b));
  }
  return fromFloat(floatMultiply(toFloat(a), toFloat(b)));
}

export function builtin_plus(a: Value, b: Value): Value {
  if (!wantNumber(a, 1) || !wantNumber(b, 2)) return UNDEFINED;
  return addNumbers(a, b);
}

export function builtin_minus(a: Value, b: Value): Value {
  const type = typeOf(a);
  if (type == TYPE_NUMBER && typeOf(b) == TYPE_NUMBER) {
    if (a & b & 1) return fromI64(toI64(a) - toI64(b));
    if (isInteger(a) && isInteger(b)) return addSigned(a, b, true);
    return fromFloat(floatAdd(toFloat(a), floatNegate(toFloat(b))));
  }
  if (type == TYPE_SET && typeOf(b) == TYPE_SET) return setDifference(a, b);
  if (type != TYPE_NUMBER && type != TYPE_SET) return typeError(1, "one of {number, set}", a);
  return typeError(2, typeOf(b) == TYPE_NUMBER ? "set" : "number", b);
}

export function setDifference(a: Value, b: Value): Value {
  const n = setLength(a);
  const rest = newSet(n);
  for (let i: u32 = 0; i < n; i++) {
    if (!setHas(b, setAt(a, i))) setAdd(rest, setAt(a, i));
  }
  return rest;
}

export function builtin_mul(a: Value, b: Value): Value {
  if (!wantNumber(a, 1) || !wantNumber(b, 2)) return UNDEFINED;
  return multiplyNumbers(a, b);
}

function isZero(v: Value): bool {
  return isInteger(v) && bigIsZero(magnitude(v));
}

export function builtin_div(a: Value, b: Value): Value {
  if (!wantNumber(a, 1) || !wantNumber(b, 2)) return UNDEFINED;
  if (isZero(b)) return builtinError("divide by zero");
  if (fitsI64(a) && fitsI64(b)) {
    const x = asI64(a);
    const y = asI64(b);
    // The sign of a zero is a float's.
    if (x != 0 && x % y == 0) return fromI64(x / y);
  }
  return fromFloat(floatDivide(toFloat(a), toFloat(b)));
}

export function builtin_rem(a: Value, b: Value): Value {
  if (!wantNumber(a, 1) || !wantNumber(b, 2)) return UNDEFINED;
  if (!isInteger(a) || !isInteger(b)) return builtinError("modulo on floating-point number");
  if (isZero(b)) return builtinError("modulo by zero");
  const negative = isNegativeNumber(a);
  return fromBig(bigRemainder(magnitude(a), magnitude(b)), negative);
}

export function builtin_abs(a: Value): Value {
  if (!wantNumber(a, 1)) return UNDEFINED;
  if (isI64(a)) return toI64(a) < 0 ? fromBig(magnitude(a), false) : a;
  const f = toFloat(a);
  return fromFloat(isNegative(f) ? floatNegate(f) : f);
}

function half(negative: bool): usize {
  return makeFloat(0x8000000000000000, -64, negative);
}

export function builtin_round(a: Value): Value {
  if (!wantNumber(a, 1)) return UNDEFINED;
  if (isI64(a)) return a;
  const f = toFloat(a);
  const negative = isNegative(f);
  return fromBig(floatTruncate(floatAdd(f, half(negative))), negative);
}

export function builtin_ceil(a: Value): Value {
  if (!wantNumber(a, 1)) return UNDEFINED;
  if (isI64(a)) return a;
  const f = toFloat(a);
  const whole = floatTruncate(f);
  // Truncated to zero the sign is gone, so -0.5 rounds up to 1 as in OPA.
  const below = isNegative(f) && !bigIsZero(whole);
  if (floatIsInteger(f) || below) return fromBig(whole, below);
  return fromBig(bigAdd(whole, bigFromU64(1)), false);
}

export function builtin_floor(a: Value): Value {
  if (!wantNumber(a, 1)) return UNDEFINED;
  if (isI64(a)) return a;
  const f = toFloat(a);
  const whole = floatTruncate(f);
  // And -0.5 down to 0.
  if (floatIsInteger(f) || !isNegative(f) || bigIsZero(whole)) {
    return fromBig(whole, isNegative(f) && !bigIsZero(whole));
  }
  return fromBig(bigAdd(whole, bigFromU64(1)), true);
}

export function builtin_numbers_range(a: Value, b: Value): Value {
  if (!wantWhole(a, 1) || !wantWhole(b, 2)) return UNDEFINED;
  return range(a, b, fromI64(1));
}

export function builtin_numbers_range_step(a: Value, b: Value, step: Value): Value {
  if (!wantWhole(a, 1) || !wantWhole(b, 2) || !wantWhole(step, 3)) return UNDEFINED;
  if (isNegativeNumber(step) || bigIsZero(magnitude(step))) {
    return builtinError("numbers.range_step: step must be a positive integer");
  }
  return range(a, b, step);
}

function range(a: Value, b: Value, step: Value): Value {
  const list = newArray(0);
  const down = rt_compare(a, b) > 0;
  if (fitsI64(a) && fitsI64(b) && fitsI64(step)) {
    smallRange(list, asI64(a), asI64(b), <u64>asI64(step), down);
    return list;
  }
  const zero = fromI64(0);
  for (let n = addSigned(a, zero, false); down ? rt_compare(n, b) >= 0 : rt_compare(n, b) <= 0; n = addSigned(n, step, down)) {
    chargeFuel(4);
    arrayAppend(list, n);
  }
  return list;
}

function smallRange(list: Value, from: i64, to: i64, step: u64, down: bool): void {
  // What is left fits 64 bits without a sign.
  let left = down ? <u64>from - <u64>to : <u64>to - <u64>from;
  let n = from;
  while (true) {
    chargeFuel(1);
    arrayAppend(list, fromI64(n));
    if (left < step) return;
    left -= step;
    n = down ? n - <i64>step : n + <i64>step;
  }
}

/** Digits only: any other spelling goes through a float. */
function isPlainInteger(v: Value): bool {
  if (isI64(v)) return true;
  const ptr = numberTextPtr(v);
  for (let i: u32 = 0; i < numberTextLength(); i++) {
    const c = <u32>load<u8>(ptr + i);
    if (c - 48 > 9 && c != 45) return false;
  }
  return true;
}

export function builtin_format_int(v: Value, base: Value): Value {
  if (!wantNumber(v, 1) || !wantNumber(base, 2)) return UNDEFINED;
  const b = isI64(base) ? <i32>min<i64>(toI64(base), 99) : 0;
  if (b != 2 && b != 8 && b != 10 && b != 16) {
    return operandError(2, "one of {2, 8, 10, 16}");
  }
  const whole = isPlainInteger(v) ? magnitude(v) : floatTruncate(toFloat(v));
  const negative = isNegativeNumber(v) && !bigIsZero(whole);
  const bits = bigBits(whole);
  if (b == 10) {
    const decimal = fromBig(whole, negative);
    return newString(numberTextPtr(decimal), numberTextLength());
  }
  const shift: u32 = b == 2 ? 1 : b == 8 ? 3 : 4;
  const digits = bits == 0 ? 1 : (bits + shift - 1) / shift;
  const text = alloc(digits + 1);
  let at = text;
  if (negative) store<u8>(at++, 45);
  for (let i = digits; i > 0; i--) {
    let digit: u32 = 0;
    for (let k: u32 = 0; k < shift; k++) digit |= bigBit(whole, (i - 1) * shift + k) << k;
    store<u8>(at++, <u8>(digit < 10 ? 48 + digit : 87 + digit));
  }
  return newString(text, <u32>(at - text));
}

// Bit operations on integers of any size, in two's complement as Go's big.Int.

/** Limb i of the two's complement of a number. */
function signedLimb(big: usize, negative: bool, i: u32): u32 {
  if (!negative) return i < load<u32>(big) ? load<u32>(big + 4 + (<usize>i << 2)) : 0;
  // -x = ~(x - 1)
  let borrow: u64 = 1;
  let word: u32 = 0;
  for (let k: u32 = 0; k <= i; k++) {
    const own = k < load<u32>(big) ? <u64>load<u32>(big + 4 + (<usize>k << 2)) : 0;
    word = <u32>(own - borrow);
    borrow = own < borrow ? 1 : 0;
  }
  return ~word;
}

function bitwise(a: Value, b: Value, kind: i32): Value {
  if (!wantWhole(a, 1) || !wantWhole(b, 2)) return UNDEFINED;
  if (isI64(a) && isI64(b)) {
    const x = toI64(a);
    const y = toI64(b);
    return fromI64(kind == 0 ? x & y : kind == 1 ? x | y : x ^ y);
  }
  const x = magnitude(a);
  const negX = isNegativeNumber(a);
  const y = magnitude(b);
  const negY = isNegativeNumber(b);
  const n = max(load<u32>(x), load<u32>(y)) + 1;
  const negative = kind == 0 ? negX && negY : kind == 1 ? negX || negY : negX != negY;
  const r = alloc(4 + (<usize>n << 2));
  let borrow: u32 = negative ? 1 : 0;
  for (let i: u32 = 0; i < n; i++) {
    const p = signedLimb(x, negX, i);
    const q = signedLimb(y, negY, i);
    let word = kind == 0 ? p & q : kind == 1 ? p | q : p ^ q;
    if (negative) {
      word = ~word + borrow;
      borrow = borrow && word == 0 ? 1 : 0;
    }
    store<u32>(r + 4 + (<usize>i << 2), word);
  }
  let size = n;
  while (size > 0 && load<u32>(r + (<usize>size << 2)) == 0) size--;
  store<u32>(r, size);
  return fromBig(r, negative);
}

export function builtin_bits_and(a: Value, b: Value): Value {
  return bitwise(a, b, 0);
}
export function builtin_bits_or(a: Value, b: Value): Value {
  return bitwise(a, b, 1);
}
export function builtin_bits_xor(a: Value, b: Value): Value {
  return bitwise(a, b, 2);
}

/** Not: -x - 1. */
export function builtin_bits_negate(a: Value): Value {
  if (!wantWhole(a, 1)) return UNDEFINED;
  const minusOne = fromI64(-1);
  const negated = fromBig(magnitude(a), !isNegativeNumber(a) && !bigIsZero(magnitude(a)));
  return addSigned(negated, minusOne, false);
}

/** The low 64 bits of a shift's size are what counts, as in OPA; no number gets longer than this. */
const LONGEST_SHIFT: u64 = 1000000;

function shiftSize(b: Value): u64 {
  return bigLow64(magnitude(b));
}

export function builtin_bits_lsh(a: Value, b: Value): Value {
  if (!wantWhole(a, 1) || !wantWhole(b, 2)) return UNDEFINED;
  if (isNegativeNumber(b)) return operandError(2, "an unsigned integer number but got a negative integer");
  const by = shiftSize(b);
  if (bigIsZero(magnitude(a))) return fromI64(0);
  if (by > LONGEST_SHIFT) return builtinError("shift is too large");
  chargeFuel(1 + <i32>((by * by) >>> 16));
  return fromBig(bigShiftLeft(magnitude(a), <u32>by), isNegativeNumber(a));
}

export function builtin_bits_rsh(a: Value, b: Value): Value {
  if (!wantWhole(a, 1) || !wantWhole(b, 2)) return UNDEFINED;
  if (isNegativeNumber(b)) return operandError(2, "an unsigned integer number but got a negative integer");
  const negative = isNegativeNumber(a);
  const by = <u32>min<u64>(shiftSize(b), 0x7fffffff);
  if (!negative) return fromBig(bigShiftRight(magnitude(a), by), false);
  // Towards minus infinity: -((x - 1) >> n) - 1.
  const lowered = addSigned(a, fromI64(1), false);
  const shifted = fromBig(bigShiftRight(magnitude(lowered), by), true);
  return addSigned(shifted, fromI64(-1), false);
}

/** Sum and product over arrays and sets of numbers: exact while all are integers. */
export function fold(v: Value, multiply: bool): Value {
  const n = count(v);
  chargeFuel(<i32>n);
  let whole = true;
  for (let i: u32 = 0; i < n && whole; i++) {
    whole = typeOf(setAt(v, i)) == TYPE_NUMBER && isInteger(setAt(v, i));
  }
  if (!whole) return foldFloats(v, multiply);
  let total = fromI64(multiply ? 1 : 0);
  for (let i: u32 = 0; i < n; i++) {
    const item = setAt(v, i);
    total = multiply ? multiplyNumbers(total, item) : addNumbers(total, item);
  }
  return total;
}

function foldFloats(v: Value, multiply: bool): Value {
  let total = makeFloat(0, 0, false);
  // OPA begins a product with a float64, and its 53 bits are kept all along.
  if (multiply) total = makeFloat(0x8000000000000000, -63, false);
  const n = count(v);
  for (let i: u32 = 0; i < n; i++) {
    const item = setAt(v, i);
    if (typeOf(item) != TYPE_NUMBER) return elementError(1, "number", v, item);
    const f = toFloat(item);
    total = multiply ? floatMultiplyShort(total, f) : floatAdd(total, f);
  }
  return multiply ? fromShortFloat(total) : fromFloat(total);
}

import { elementError } from "./element-error";
