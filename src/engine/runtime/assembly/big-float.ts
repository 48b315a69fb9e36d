import {
  Big,
  bigAdd,
  bigBits,
  bigCompare,
  bigDigits,
  bigDigitsLength,
  bigFromDigits,
  bigFromU64,
  bigHasLowBits,
  bigIsZero,
  bigLow64,
  bigMultiply,
  bigPowerOfTen,
  bigQuotient,
  bigRemainder,
  bigShiftLeft,
  bigShiftRight,
  bigSubtract,
} from "./big-integer";
import { alloc } from "./memory";

// Go's big.Float with 64 bits of mantissa, rounding to nearest even, as OPA
// uses it for arithmetic on numbers that are not integers. 16 bytes:
// +0 u64 mantissa (top bit set, 0 for zero), +8 i32 exponent, +12 u32 sign;
// the value is mantissa × 2^exponent.
export type Float = usize;

export function makeFloat(mantissa: u64, exponent: i32, negative: bool): Float {
  const f = alloc(16);
  store<u64>(f, mantissa);
  store<i32>(f, exponent, 8);
  store<u32>(f, negative ? 1 : 0, 12);
  return f;
}

@inline
export function mantissa(f: Float): u64 {
  return load<u64>(f);
}
@inline
export function exponent(f: Float): i32 {
  return load<i32>(f, 8);
}
@inline
export function isNegative(f: Float): bool {
  return load<u32>(f, 12) == 1;
}

/** Rounds big × 2^shift (plus a little more when `sticky`) to 64 bits. */
export function roundToFloat(big: Big, shift: i32, negative: bool, sticky: bool): Float {
  const bits = bigBits(big);
  if (bits == 0) return makeFloat(0, 0, false);
  if (bits <= 64) {
    const m = bigLow64(big);
    const up = 64 - bits;
    return makeFloat(m << up, shift - <i32>up, negative);
  }
  const drop = bits - 64;
  let m = bigLow64(bigShiftRight(big, drop));
  const half = bigLow64(bigShiftRight(big, drop - 1)) & 1;
  const rest = sticky || bigHasLowBits(big, drop - 1);
  let e = shift + <i32>drop;
  if (half && (rest || (m & 1))) {
    m++;
    if (m == 0) {
      m = 0x8000000000000000;
      e++;
    }
  }
  return makeFloat(m, e, negative);
}

/** digits × 10^power as a float. */
export function floatFromDecimal(ptr: usize, length: u32, power: i32, negative: bool): Float {
  const big = bigFromDigits(ptr, length);
  if (power >= 0) {
    return roundToFloat(bigMultiply(big, bigPowerOfTen(<u32>power)), 0, negative, false);
  }
  const ten = bigPowerOfTen(<u32>-power);
  return divideBig(big, ten, negative);
}

/** a / b, rounded. */
function divideBig(a: Big, b: Big, negative: bool): Float {
  // 66 quotient bits at least: 64, one to round, one spare.
  let shift = <i32>bigBits(b) - <i32>bigBits(a) + 66;
  if (shift < 0) shift = 0;
  const rest = bigRemainder(bigShiftLeft(a, <u32>shift), b);
  return roundToFloat(bigQuotient(), -shift, negative, !bigIsZero(rest));
}

export function floatIsNegativeZero(f: Float): bool {
  return mantissa(f) == 0 && isNegative(f);
}

export function floatMultiply(a: Float, b: Float): Float {
  if (mantissa(a) == 0 || mantissa(b) == 0) return makeFloat(0, 0, isNegative(a) != isNegative(b));
  const product = bigMultiply(bigFromU64(mantissa(a)), bigFromU64(mantissa(b)));
  return roundToFloat(product, exponent(a) + exponent(b), isNegative(a) != isNegative(b), false);
}

/** Rounded to the 53 bits of a float64. */
export function floatMultiplyShort(a: Float, b: Float): Float {
  const negative = isNegative(a) != isNegative(b);
  if (mantissa(a) == 0 || mantissa(b) == 0) return makeFloat(0, 0, negative);
  const product = bigMultiply(bigFromU64(mantissa(a)), bigFromU64(mantissa(b)));
  const drop = bigBits(product) - SHORT_BITS;
  let m = bigLow64(bigShiftRight(product, drop));
  const half = bigLow64(bigShiftRight(product, drop - 1)) & 1;
  if (half && ((m & 1) || bigHasLowBits(product, drop - 1))) m++;
  const up = <u32>clz<u64>(m);
  return makeFloat(m << up, exponent(a) + exponent(b) + <i32>drop - <i32>up, negative);
}

const SHORT_BITS: u32 = 53;

export function floatDivide(a: Float, b: Float): Float {
  if (mantissa(a) == 0) return makeFloat(0, 0, isNegative(a) != isNegative(b));
  const r = divideBig(bigFromU64(mantissa(a)), bigFromU64(mantissa(b)), isNegative(a) != isNegative(b));
  store<i32>(r, exponent(r) + exponent(a) - exponent(b), 8);
  return r;
}

export function floatAdd(a: Float, b: Float): Float {
  if (mantissa(a) == 0 && mantissa(b) == 0) return makeFloat(0, 0, isNegative(a) && isNegative(b));
  if (mantissa(a) == 0) return b;
  if (mantissa(b) == 0) return a;
  let high = a;
  let low = b;
  if (exponent(a) < exponent(b)) {
    high = b;
    low = a;
  }
  const apart = exponent(high) - exponent(low);
  // Beyond this the smaller one cannot reach the rounding position.
  if (apart > 200) return high;
  const x = bigShiftLeft(bigFromU64(mantissa(high)), <u32>apart);
  const y = bigFromU64(mantissa(low));
  if (isNegative(high) == isNegative(low)) {
    return roundToFloat(bigAdd(x, y), exponent(low), isNegative(high), false);
  }
  const order = bigCompare(x, y);
  if (order == 0) return makeFloat(0, 0, false);
  return order > 0
    ? roundToFloat(bigSubtract(x, y), exponent(low), isNegative(high), false)
    : roundToFloat(bigSubtract(y, x), exponent(low), isNegative(low), false);
}

export function floatNegate(a: Float): Float {
  return makeFloat(mantissa(a), exponent(a), !isNegative(a));
}

/** True when the value is a whole number. */
export function floatIsInteger(f: Float): bool {
  if (mantissa(f) == 0 || exponent(f) >= 0) return true;
  if (exponent(f) <= -64) return false;
  return ctz<u64>(mantissa(f)) >= <u64>-exponent(f);
}

/** The whole part, without sign. */
export function floatTruncate(f: Float): Big {
  const big = bigFromU64(mantissa(f));
  return exponent(f) >= 0
    ? bigShiftLeft(big, <u32>exponent(f))
    : bigShiftRight(big, <u32>-exponent(f));
}

let textLength: u32 = 0;

export function floatTextLength(): u32 {
  return textLength;
}

/** Go's Text('f', -1) for whole numbers, Text('g', -1) for others. */
export function floatText(f: Float): usize {
  return textOf(f, 64);
}

/** The same for a float of 53 bits. */
export function floatShortText(f: Float): usize {
  return textOf(f, SHORT_BITS);
}

function textOf(f: Float, bits: u32): usize {
  if (mantissa(f) == 0) {
    const out = alloc(8);
    store<u16>(out, isNegative(f) ? 0x302d : 0x30);
    textLength = isNegative(f) ? 2 : 1;
    return out;
  }
  const point = shortest(f, 64 - bits);
  return layOut(f, digits, digitsLength, point);
}

// The last decimal expanded: digits without zeros at the end, and how many of
// them stand before the point.
let digits: usize = 0;
let digitsLength: u32 = 0;
let digitsPoint: i32 = 0;

/** The exact decimal expansion of big × 2^shift. */
function expand(big: Big, shift: i32): void {
  let scale = 0;
  let exact = big;
  if (shift >= 0) {
    exact = bigShiftLeft(big, <u32>shift);
  } else {
    // m × 2^-k = m × 5^k × 10^-k
    exact = bigMultiply(big, powerOfFive(<u32>-shift));
    scale = shift;
  }
  digits = bigDigits(exact);
  digitsLength = bigDigitsLength();
  digitsPoint = <i32>digitsLength + scale;
  while (digitsLength > 0 && load<u8>(digits + digitsLength - 1) == 48) digitsLength--;
}

function powerOfFive(exponent: u32): Big {
  let five = bigFromU64(5);
  let power = bigFromU64(1);
  let n = exponent;
  while (n > 0) {
    if (n & 1) power = bigMultiply(power, five);
    n >>>= 1;
    if (n > 0) five = bigMultiply(five, five);
  }
  return power;
}

@inline
function digitAt(ptr: usize, n: u32, i: u32): u32 {
  return i < n ? load<u8>(ptr + i) : 48;
}

/**
 * The fewest digits that Go's big.Float prints, in `digits`; returns how many
 * stand before the point. As there, both bounds are half a unit away, below a
 * power of two as well, and their digits are compared place by place.
 */
function shortest(f: Float, unused: u32): i32 {
  const m0 = mantissa(f) >>> <u64>unused;
  const twice = bigShiftLeft(bigFromU64(m0), 1);
  const one = bigFromU64(1);
  const shift = exponent(f) + <i32>unused - 1;
  expand(bigSubtract(twice, one), shift);
  const lower = digits;
  const lowerLength = digitsLength;
  expand(bigAdd(twice, one), shift);
  const upper = digits;
  const upperLength = digitsLength;
  expand(twice, shift);
  const inclusive = (m0 & 1) == 0;
  for (let i: u32 = 0; i < digitsLength; i++) {
    const m = <u32>load<u8>(digits + i);
    const l = digitAt(lower, lowerLength, i);
    const u = digitAt(upper, upperLength, i);
    const down = l != m || (inclusive && i + 1 == lowerLength);
    const up = m != u && (inclusive || m + 1 < u || i + 1 < upperLength);
    if (!down && !up) continue;
    if (up && (!down || roundsUp(i + 1))) roundUp(i + 1);
    else cutTo(i + 1);
    break;
  }
  return digitsPoint;
}

/** Whether the digits after the first n are more than half, or half after an odd digit. */
function roundsUp(n: u32): bool {
  if (n >= digitsLength) return false;
  const next = load<u8>(digits + n);
  if (next == 53 && n + 1 == digitsLength) return n > 0 && (load<u8>(digits + n - 1) & 1) == 1;
  return next >= 53;
}

function cutTo(n: u32): void {
  if (n < digitsLength) digitsLength = n;
  while (digitsLength > 0 && load<u8>(digits + digitsLength - 1) == 48) digitsLength--;
}

function roundUp(n: u32): void {
  let i = n;
  while (i > 0 && load<u8>(digits + i - 1) == 57) i--;
  if (i == 0) {
    store<u8>(digits, 49);
    digitsLength = 1;
    digitsPoint++;
    return;
  }
  store<u8>(digits + i - 1, load<u8>(digits + i - 1) + 1);
  digitsLength = i;
}

function layOut(f: Float, digits: usize, n: u32, point: i32): usize {
  const whole = floatIsInteger(f);
  const room = <usize>n + 32 + (whole && point > 0 ? <usize>point : 0);
  const out = alloc(room);
  let at = out;
  if (isNegative(f)) store<u8>(at++, 45);
  const e = point - 1;
  // Go's shortest %g: %e below 10^-4 and from 10^6 on, unless whole.
  if (!whole && (e < -4 || e >= 6)) {
    at = writeExponent(at, digits, n, e);
  } else if (point <= 0) {
    store<u8>(at++, 48);
    store<u8>(at++, 46);
    for (let i = point; i < 0; i++) store<u8>(at++, 48);
    memory.copy(at, digits, n);
    at += n;
  } else {
    for (let i = 0; i < point; i++) {
      store<u8>(at++, i < <i32>n ? load<u8>(digits + i) : 48);
    }
    if (<i32>n > point) {
      store<u8>(at++, 46);
      memory.copy(at, digits + point, <usize>(<i32>n - point));
      at += <usize>(<i32>n - point);
    }
  }
  textLength = <u32>(at - out);
  return out;
}

function writeExponent(start: usize, digits: usize, n: u32, e: i32): usize {
  let at = start;
  store<u8>(at++, load<u8>(digits));
  if (n > 1) {
    store<u8>(at++, 46);
    memory.copy(at, digits + 1, n - 1);
    at += n - 1;
  }
  store<u8>(at++, 101);
  store<u8>(at++, e < 0 ? 45 : 43);
  const size = e < 0 ? -e : e;
  if (size < 10) store<u8>(at++, 48);
  let divisor = 1;
  while (size / divisor >= 10) divisor *= 10;
  while (divisor > 0) {
    store<u8>(at++, 48 + <u8>((size / divisor) % 10));
    divisor /= 10;
  }
  return at;
}
