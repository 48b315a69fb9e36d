import { dtoa_buffered } from "util/number";
import {
  bigDigits,
  bigDigitsLength,
  bigFromU64,
  bigMultiply,
  bigPowerOfTen,
  bigShiftLeft,
  bigShiftRight,
} from "../big-integer";
import { decimalDigits, decimalLength, decimalPower, decimalToF64, readDecimal } from "../decimal";
import { alloc } from "../memory";
import { numberTextLength, numberTextPtr } from "../number";
import { newString, UNDEFINED, Value } from "../value";
import { fillWithZeros, minus, plus, precision, sharp, space, width, zero } from "./sprintf-flags";

// Go's verbs for a float64, as fmt and strconv write it.

/** Significant digits, without zeros at the end: the value is 0.digits × 10^point. */
let digits: usize = 0;
let count: i32 = 0;
let point: i32 = 0;

/** Where the text stands that is being written, and its end. */
let start: usize = 0;
let at: usize = 0;

function put(c: u32): void {
  store<u8>(at++, <u8>c);
}

/** The text under a verb; UNDEFINED for one that floats do not have. */
export function formatFloat(v: Value, verb: u32): Value {
  const lower = verb | 32;
  const upper = verb < 97;
  const x = nearest(v);
  fillWithZeros(true);
  if (!isFinite(x)) return infinite(x < 0);
  let prec = precision;
  const room = max(prec, 0) + 400;
  switch (lower) {
    case 101: // e
    case 102: // f
      if (prec < 0) prec = 6;
      begin(room);
      readExact(x, prec, lower);
      if (lower == 101) writeExponent(prec, upper);
      else writePlain(prec);
      break;
    case 103: // g
    case 118: // v
      begin(room);
      writeGeneral(v, x, prec, upper);
      break;
    case 98: // b
      if (upper) return UNDEFINED;
      begin(room);
      writeBinary(x);
      break;
    case 120: // x
      begin(room);
      writeHex(x, prec, upper);
      break;
    default:
      return UNDEFINED;
  }
  if (sharp && lower != 98) {
    const counts = verb == 120 || lower == 103 || lower == 118;
    writePoint(counts ? (prec < 0 ? 6 : prec) : 0, lower == 120);
  }
  return signed(isNegative(v));
}

function begin(room: i32): void {
  start = alloc(<usize>room);
  at = start;
}

/** A sign or none, zeros behind it where the width wants them, and the digits. */
function signed(negative: bool): Value {
  const sign: u32 = negative ? 45 : plus ? 43 : space ? 32 : 0;
  const n = <i32>(at - start);
  if (!sign) return newString(start, <u32>n);
  const zeros = zero && !minus ? max(width - n - 1, 0) : 0;
  const out = alloc(<usize>(n + zeros + 1));
  store<u8>(out, <u8>sign);
  memory.fill(out + 1, 48, <usize>zeros);
  memory.copy(out + 1 + zeros, start, <usize>n);
  return newString(out, <u32>(n + zeros + 1));
}

function infinite(negative: bool): Value {
  fillWithZeros(false);
  begin(8);
  put(negative ? 45 : space && !plus ? 32 : 43);
  put(73);
  put(110);
  put(102);
  return newString(start, 4);
}

function nearest(v: Value): f64 {
  readDecimal(numberTextPtr(v), numberTextLength());
  return decimalToF64();
}

/** Also of a zero. */
function isNegative(v: Value): bool {
  return load<u8>(numberTextPtr(v)) == 45;
}

/** Takes the digits of the decimal that was read last. */
function takeDecimal(): void {
  digits = decimalDigits();
  count = <i32>decimalLength();
  point = count == 0 ? 0 : count + decimalPower();
}

/** All digits of a float64, rounded to as many as a verb shows. */
function readExact(x: f64, prec: i32, lower: u32): void {
  takeExact(x);
  round(lower == 101 ? prec + 1 : lower == 102 ? point + prec : max(prec, 1));
}

/** The exact decimal of a float64. */
function takeExact(x: f64): void {
  const bits = reinterpret<u64>(x);
  const e = <i32>((bits >>> 52) & 0x7ff) - 1075;
  const m = bigFromU64((bits & 0xfffffffffffff) | (e > -1075 ? 0x10000000000000 : 0));
  // m / 2^k = m × 10^k / 2^k × 10^-k, and 10^k / 2^k is whole.
  const k = <u32>min(max(-e, 0), 1074);
  const whole = k == 0 ? bigShiftLeft(m, <u32>e) : bigShiftRight(bigMultiply(m, bigPowerOfTen(k)), k);
  digits = bigDigits(whole);
  count = <i32>bigDigitsLength();
  point = count - <i32>k;
  dropZeros();
}

function dropZeros(): void {
  while (count > 0 && load<u8>(digits + count - 1) == 48) count--;
  if (count == 0) point = 0;
}

/** The shortest decimal that is read as the same float64. */
function readShortest(v: Value, x: f64): void {
  readDecimal(numberTextPtr(v), numberTextLength());
  // So many digits no two of them have one float64, but where it has fewer bits.
  if (decimalLength() > 15 || abs(x) <= 1e-300) {
    const utf16 = alloc(64);
    const n = dtoa_buffered(utf16, x);
    const text = alloc(n);
    for (let i: u32 = 0; i < n; i++) store<u8>(text + i, load<u8>(utf16 + i * 2));
    readDecimal(text, n);
  }
  takeDecimal();
}

/** To so many digits, a half to an even one. */
function round(keep: i32): void {
  if (keep < 0 || keep >= count) return;
  const next = load<u8>(digits + keep);
  const isHalf = next == 53 && keep + 1 == count;
  const up = isHalf ? keep > 0 && (load<u8>(digits + keep - 1) & 1) == 1 : next >= 53;
  count = keep;
  if (up) {
    while (count > 0 && load<u8>(digits + count - 1) == 57) count--;
    if (count > 0) {
      store<u8>(digits + count - 1, load<u8>(digits + count - 1) + 1);
      return;
    }
    store<u8>(digits, 49);
    count = 1;
    point++;
    return;
  }
  dropZeros();
}

function digit(i: i32): u32 {
  return i >= 0 && i < count ? load<u8>(digits + i) : 48;
}

function writeExponent(prec: i32, upper: bool): void {
  put(digit(0));
  if (prec > 0) {
    put(46);
    for (let i = 1; i <= prec; i++) put(digit(i));
  }
  put(upper ? 69 : 101);
  putSigned(count == 0 ? 0 : point - 1, 2);
}

function writePlain(prec: i32): void {
  for (let i = 0; i < point; i++) put(digit(i));
  if (point <= 0) put(48);
  if (prec > 0) {
    put(46);
    for (let i = 0; i < prec; i++) put(digit(point + i));
  }
}

function writeGeneral(v: Value, x: f64, prec: i32, upper: bool): void {
  const shortest = prec < 0;
  if (shortest) readShortest(v, x);
  else readExact(x, prec, 103);
  let shown = shortest ? count : max(prec, 1);
  // Go takes 6 for the shortest, and no more than there are digits before the point.
  const most = shortest ? 6 : shown > count && count >= point ? count : shown;
  if (point - 1 < -4 || point - 1 >= most) {
    if (shown > count) shown = count;
    writeExponent(max(shown - 1, 0), upper);
  } else {
    writePlain(max(count - point, 0));
  }
}

/** A whole number with its sign, of at least so many digits: one or two. */
function putSigned(n: i32, least: i32): void {
  put(n < 0 ? 45 : 43);
  const size = abs(n);
  if (size >= 1000) put(48 + size / 1000);
  if (size >= 100) put(48 + ((size / 100) % 10));
  if (least == 2 || size >= 10) put(48 + ((size / 10) % 10));
  put(48 + (size % 10));
}

/** `4503599627370496p-52`. */
function writeBinary(x: f64): void {
  const bits = reinterpret<u64>(x);
  const e = <i32>((bits >>> 52) & 0x7ff);
  let mantissa = (bits & 0xfffffffffffff) | (e > 0 ? 0x10000000000000 : 0);
  let scale: u64 = 1;
  while (mantissa / scale >= 10) scale *= 10;
  for (; scale > 0; scale /= 10) {
    put(48 + <u32>((mantissa / scale) % 10));
  }
  put(112);
  putSigned(max(e, 1) - 1075, 1);
}

/** `0x1.8p+01`. */
function writeHex(x: f64, prec: i32, upper: bool): void {
  const bits = reinterpret<u64>(x);
  const biased = <i32>((bits >>> 52) & 0x7ff);
  let exponent = max(biased, 1) - 1023;
  let mantissa = ((bits & 0xfffffffffffff) | (biased > 0 ? 0x10000000000000 : 0)) << 8;
  if (mantissa == 0) exponent = 0;
  const one: u64 = 1 << 60;
  while (mantissa != 0 && (mantissa & one) == 0) {
    mantissa <<= 1;
    exponent--;
  }
  if (prec >= 0 && prec < 15) {
    const shift = <u64>(prec * 4);
    const rest = (mantissa << shift) & (one - 1);
    mantissa >>>= 60 - shift;
    if ((rest | (mantissa & 1)) > <u64>1 << 59) mantissa++;
    mantissa <<= 60 - shift;
    if (mantissa & (<u64>1 << 61)) {
      mantissa >>>= 1;
      exponent++;
    }
  }
  put(48);
  put(upper ? 88 : 120);
  put(48 + (<u32>(mantissa >>> 60) & 1));
  mantissa <<= 4;
  if (prec > 0 || (prec < 0 && mantissa != 0)) {
    put(46);
    for (let i = 0; prec < 0 ? mantissa != 0 : i < prec; i++) {
      const d = <u32>(mantissa >>> 60) & 15;
      put(d < 10 ? 48 + d : (upper ? 55 : 87) + d);
      mantissa <<= 4;
    }
  }
  put(upper ? 80 : 112);
  putSigned(exponent, 2);
}

/** A point where there is none, and zeros up to so many digits, before any exponent. */
function writePoint(wanted: i32, isHex: bool): void {
  const n = <i32>(at - start);
  let left = wanted;
  let end = n;
  let hasPoint = false;
  let seen = false;
  for (let i = 0; i < n; i++) {
    const c = load<u8>(start + i);
    const letter = c | 32;
    if (c == 46) {
      hasPoint = true;
    } else if (letter == 112 || (letter == 101 && !isHex)) {
      end = i;
      break;
    } else {
      if (c != 48) seen = true;
      if (seen) left--;
    }
  }
  if (!hasPoint && end == 1 && load<u8>(start) == 48) left--;
  const zeros = max(left, 0);
  const added = zeros + (hasPoint ? 0 : 1);
  const out = alloc(<usize>(n + added));
  memory.copy(out, start, <usize>end);
  if (!hasPoint) store<u8>(out + end, 46);
  memory.fill(out + end + added - zeros, 48, <usize>zeros);
  memory.copy(out + end + added, start + end, <usize>(n - end));
  start = out;
  at = out + n + added;
}
