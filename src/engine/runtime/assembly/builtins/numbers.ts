import {
  bigAdd,

  bigFromU64,
  bigIsZero,

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
import { wantInteger, wantNumber } from "./operand";

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
  return type == TYPE_SET ? typeError(2, "set", b) : typeError(2, "number", b);
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
    if (x % y == 0) return fromI64(x / y);
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
  if (isInteger(a)) return isNegativeNumber(a) ? fromBig(magnitude(a), false) : a;
  const f = toFloat(a);
  return isNegative(f) ? fromFloat(floatNegate(f)) : a;
}

function half(negative: bool): usize {
  return makeFloat(0x8000000000000000, -64, negative);
}

export function builtin_round(a: Value): Value {
  if (!wantNumber(a, 1)) return UNDEFINED;
  if (isInteger(a)) return a;
  const f = toFloat(a);
  const negative = isNegative(f);
  return fromBig(floatTruncate(floatAdd(f, half(negative))), negative);
}

export function builtin_ceil(a: Value): Value {
  if (!wantNumber(a, 1)) return UNDEFINED;
  if (isInteger(a)) return a;
  const f = toFloat(a);
  const whole = floatTruncate(f);
  if (floatIsInteger(f) || isNegative(f)) return fromBig(whole, isNegative(f));
  return fromBig(bigAdd(whole, bigFromU64(1)), false);
}

export function builtin_floor(a: Value): Value {
  if (!wantNumber(a, 1)) return UNDEFINED;
  if (isInteger(a)) return a;
  const f = toFloat(a);
  const whole = floatTruncate(f);
  if (floatIsInteger(f) || !isNegative(f)) return fromBig(whole, isNegative(f));
  return fromBig(bigAdd(whole, bigFromU64(1)), true);
}

export function builtin_numbers_range(a: Value, b: Value): Value {
  return range(a, b, 1);
}

export function builtin_numbers_range_step(a: Value, b: Value, step: Value): Value {
  if (!wantInteger(step, 3)) return UNDEFINED;
  const size = asI64(step);
  if (size <= 0) return builtinError("numbers.range_step: step must be a positive integer");
  return range(a, b, size);
}

function range(a: Value, b: Value, step: i64): Value {
  if (!wantInteger(a, 1) || !wantInteger(b, 2)) return UNDEFINED;
  const from = asI64(a);
  const to = asI64(b);
  const list = newArray(0);
  if (from <= to) {
    for (let n = from; n <= to; n += step) {
      chargeFuel(1);
      arrayAppend(list, fromI64(n));
    }
  } else {
    for (let n = from; n >= to; n -= step) {
      chargeFuel(1);
      arrayAppend(list, fromI64(n));
    }
  }
  return list;
}

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

export function builtin_to_number(v: Value): Value {
  switch (typeOf(v)) {
    case TYPE_NULL:
      return fromI64(0);
    case TYPE_BOOLEAN:
      return fromI64(v == TRUE ? 1 : 0);
    case TYPE_NUMBER:
      return v;
    case TYPE_STRING: {
      const parsed = parseNumberText(stringPtr(v), stringLength(v));
      if (parsed != UNDEFINED) return parsed;
      if (isInfinityOrNan(v)) return typeError(1, "valid number string", v);
      return builtinErrorWith('strconv.ParseFloat: parsing "', stringPtr(v), stringLength(v), '": invalid syntax');
    }
    default:
      return typeError(1, "one of {boolean, null, number, string}", v);
  }
}

import { parseJson } from "../json-parse";

/** A number from text as Go's ParseFloat takes it, decimal forms only. */
export function parseNumberText(ptr: usize, length: u32): Value {
  if (length == 0) return UNDEFINED;
  const c = load<u8>(ptr);
  const last = load<u8>(ptr + length - 1);
  if ((c != 45 && (c < 48 || c > 57)) || last < 48 || last > 57) return UNDEFINED;
  const v = parseJson(ptr, length);
  return v != UNDEFINED && typeOf(v) == TYPE_NUMBER ? v : UNDEFINED;
}

export function builtin_format_int(v: Value, base: Value): Value {
  if (!wantNumber(v, 1) || !wantNumber(base, 2)) return UNDEFINED;
  const b = fitsI64(base) ? <i32>asI64(base) : 0;
  if (b != 2 && b != 8 && b != 10 && b != 16) {
    return operandError(2, "one of {2, 8, 10, 16}");
  }
  const whole = isInteger(v) ? magnitude(v) : floatTruncate(toFloat(v));
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

function wantBits(v: Value, operand: i32): bool {
  if (!wantNumber(v, operand)) return false;
  if (isInteger(v)) return true;
  operandError(operand, "integer number but got floating-point number");
  return false;
}

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
  if (!wantBits(a, 1) || !wantBits(b, 2)) return UNDEFINED;
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
  if (!wantBits(a, 1)) return UNDEFINED;
  const minusOne = fromI64(-1);
  const negated = fromBig(magnitude(a), !isNegativeNumber(a) && !bigIsZero(magnitude(a)));
  return addSigned(negated, minusOne, false);
}

export function builtin_bits_lsh(a: Value, b: Value): Value {
  if (!wantBits(a, 1) || !wantBits(b, 2)) return UNDEFINED;
  if (isNegativeNumber(b)) return operandError(2, "an unsigned integer number but got a negative integer");
  if (!fitsI64(b) || asI64(b) > 1000000) return builtinError("shift is too large");
  return fromBig(bigShiftLeft(magnitude(a), <u32>asI64(b)), isNegativeNumber(a));
}

export function builtin_bits_rsh(a: Value, b: Value): Value {
  if (!wantBits(a, 1) || !wantBits(b, 2)) return UNDEFINED;
  if (isNegativeNumber(b)) return operandError(2, "an unsigned integer number but got a negative integer");
  const negative = isNegativeNumber(a);
  const by = fitsI64(b) && asI64(b) < 0x7fffffff ? <u32>asI64(b) : 0x7fffffff;
  if (!negative) return fromBig(bigShiftRight(magnitude(a), by), false);
  // Towards minus infinity: -((x - 1) >> n) - 1.
  const lowered = addSigned(a, fromI64(1), false);
  const shifted = fromBig(bigShiftRight(magnitude(lowered), by), true);
  return addSigned(shifted, fromI64(-1), false);
}

export function builtin_cast_null(v: Value): Value {
  return v == NULL ? v : typeError(1, "null", v);
}
export function builtin_cast_boolean(v: Value): Value {
  return v == TRUE || v == FALSE ? v : typeError(1, "boolean", v);
}
export function builtin_cast_string(v: Value): Value {
  return typeOf(v) == TYPE_STRING ? v : typeError(1, "string", v);
}

/** Sum and product over arrays and sets of numbers. */
export function fold(v: Value, multiply: bool): Value {
  let total = fromI64(multiply ? 1 : 0);
  const n = count(v);
  chargeFuel(<i32>n);
  for (let i: u32 = 0; i < n; i++) {
    const item = setAt(v, i);
    if (typeOf(item) != TYPE_NUMBER) {
      return elementError("number", item);
    }
    total = multiply ? multiplyNumbers(total, item) : addNumbers(total, item);
  }
  return total;
}

import { elementErrorText } from "./element-error";

function elementError(want: string, got: Value): Value {
  return elementErrorText(1, want, got);
}

