import {
  Big,
  bigBit,
  bigBits,
  bigFromDigits,
  bigHasLowBits,
  bigIsZero,
  bigLow64,
  bigMultiply,
  bigPowerOfTen,
  bigQuotient,
  bigRemainder,
  bigShiftLeft,
  bigShiftRight,
} from "./big-integer";
import { alloc } from "./memory";

// Reads the text of a JSON number: sign, significant digits, power of ten.
// The digits are copied without the point, leading and trailing zeros.

let negative: bool = false;
let digits: usize = 0;
let length: u32 = 0;
let power: i32 = 0;

export function decimalNegative(): bool {
  return negative;
}
export function decimalDigits(): usize {
  return digits;
}
/** 0 for zero. */
export function decimalLength(): u32 {
  return length;
}
/** The value is digits × 10^power. */
export function decimalPower(): i32 {
  return power;
}

export function readDecimal(ptr: usize, size: u32): void {
  let p = ptr;
  const end = ptr + size;
  negative = false;
  if (p < end && load<u8>(p) == 45) {
    negative = true;
    p++;
  }
  const buffer = alloc(size + 1);
  let n: u32 = 0;
  let point: i32 = 0;
  let fraction = false;
  while (p < end) {
    const c = load<u8>(p);
    if (c >= 48 && c <= 57) {
      if (n > 0 || c != 48) store<u8>(buffer + n++, c);
      if (fraction) point--;
    } else if (c == 46) {
      fraction = true;
    } else {
      break;
    }
    p++;
  }
  let exponent: i64 = 0;
  if (p < end && (load<u8>(p) | 32) == 101) {
    p++;
    let minus = false;
    if (p < end && (load<u8>(p) == 45 || load<u8>(p) == 43)) minus = load<u8>(p++) == 45;
    while (p < end) {
      if (exponent < 100000000) exponent = exponent * 10 + <i64>(load<u8>(p) - 48);
      p++;
    }
    if (minus) exponent = -exponent;
  }
  while (n > 0 && load<u8>(buffer + n - 1) == 48) {
    n--;
    point++;
  }
  digits = buffer;
  length = n;
  power = n == 0 ? 0 : <i32>(exponent + <i64>point);
  if (n == 0) negative = false;
}

/** The last decimal read, which must have a power from 0, as a big number. */
export function decimalToBig(): Big {
  const whole = bigFromDigits(digits, length);
  return power > 0 ? bigMultiply(whole, bigPowerOfTen(<u32>power)) : whole;
}

/** The float64 nearest to the last decimal read, a half to an even one, as Go's ParseFloat. */
export function decimalToF64(): f64 {
  const size = <i32>length + power;
  if (length == 0 || size < -330) return negative ? -0.0 : 0;
  if (size > 310) return negative ? -Infinity : Infinity;
  let whole = bigFromDigits(digits, length);
  // The value is whole × 2^-shift, and a little more where something is left.
  let shift: i32 = 0;
  let left = false;
  if (power >= 0) {
    whole = bigMultiply(whole, bigPowerOfTen(<u32>power));
  } else {
    const divisor = bigPowerOfTen(<u32>-power);
    shift = max(0, <i32>bigBits(divisor) - <i32>bigBits(whole) + 66);
    left = !bigIsZero(bigRemainder(bigShiftLeft(whole, <u32>shift), divisor));
    whole = bigQuotient();
  }
  // The power of two of the last bit that a float64 keeps.
  const unit = max(<i32>bigBits(whole) - 53 - shift, -1074);
  const drop = unit + shift;
  let mantissa: u64;
  if (drop <= 0) {
    mantissa = bigLow64(whole) << <u64>-drop;
  } else {
    mantissa = bigLow64(bigShiftRight(whole, <u32>drop));
    const below = left || bigHasLowBits(whole, <u32>(drop - 1));
    if (bigBit(whole, <u32>(drop - 1)) && (below || (mantissa & 1) == 1)) mantissa++;
  }
  const scale = unit < -1022
    ? reinterpret<f64>(<u64>1 << <u64>(unit + 1074))
    : reinterpret<f64>(<u64>(unit + 1023) << 52);
  const x = <f64>mantissa * scale;
  return negative ? -x : x;
}
