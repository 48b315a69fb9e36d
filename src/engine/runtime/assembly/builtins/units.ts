import { floatFromDecimal, floatMultiply, floatTruncate, makeFloat } from "../big-float";
import { Big, bigFromDigits, bigFromU64, bigIsZero, bigMulAdd, bigMultiply, bigPowerOfTen, bigQuotient, bigRemainder, bigShiftLeft, bigCompare } from "../big-integer";
import { builtinError, builtinErrorWith } from "../builtin-error";
import { decimalDigits, decimalLength, decimalNegative, decimalPower, readDecimal } from "../decimal";
import { alloc } from "../memory";
import { fromBig, fromText, numberTextLength, numberTextPtr } from "../number";
import { newString, stringLength, stringPtr, UNDEFINED, Value } from "../value";
import { wantString } from "./operand";
import { builtin_lower } from "./strings";

// units.parse and units.parse_bytes: an amount and a unit, as Kubernetes and
// disk makers write them.

const MAX_EXPONENT_DIGITS: u32 = 6;

let amount: usize = 0;
let amountLength: u32 = 0;
let unit: usize = 0;
let unitLength: u32 = 0;

@inline
function isDigit(c: u32): bool {
  return c - 48 <= 9;
}

/** Splits text into amount and unit; false when the exponent is too long. */
function split(text: usize, length: u32): bool {
  let cut = length;
  for (let i: u32 = 0; i < length; i++) {
    const c = load<u8>(text + i);
    const exponent = (c | 32) == 101;
    if (!isDigit(c) && c != 46 && !exponent && c != 43 && c != 45) {
      cut = i;
      break;
    }
    if (!exponent) continue;
    const next = i + 1 < length ? <u32>load<u8>(text + i + 1) : 0;
    if (!isDigit(next) && next != 43 && next != 45) {
      cut = i;
      break;
    }
    if (next == 43 || next == 45) i++;
    let digits: u32 = 0;
    while (i + 1 + digits < length && isDigit(load<u8>(text + i + 1 + digits))) digits++;
    if (digits > MAX_EXPONENT_DIGITS) return false;
  }
  amount = text;
  amountLength = cut;
  unit = text + cut;
  unitLength = length - cut;
  return true;
}

/** The text without quotation marks, in lower case where asked. */
function cleaned(given: Value, lower: bool): Value {
  const text = lower ? builtin_lower(given) : given;
  const n = stringLength(text);
  const out = alloc(n + 1);
  let size: u32 = 0;
  for (let i: u32 = 0; i < n; i++) {
    const c = <u32>load<u8>(stringPtr(text) + i);
    if (c != 34) store<u8>(out + size++, <u8>c);
  }
  return newString(out, size);
}

function hasBlank(text: Value): bool {
  for (let i: u32 = 0; i < stringLength(text); i++) if (load<u8>(stringPtr(text) + i) == 32) return true;
  return false;
}

/** One number in Go's decimal syntax: [sign] digits [. digits] [e [sign] digits]. */
function isNumber(ptr: usize, n: u32): bool {
  let i: u32 = 0;
  if (i < n && (load<u8>(ptr) == 43 || load<u8>(ptr) == 45)) i++;
  let digits: u32 = 0;
  while (i < n && isDigit(load<u8>(ptr + i))) {
    i++;
    digits++;
  }
  if (i < n && load<u8>(ptr + i) == 46) {
    i++;
    while (i < n && isDigit(load<u8>(ptr + i))) {
      i++;
      digits++;
    }
  }
  if (digits == 0) return false;
  if (i < n && (load<u8>(ptr + i) | 32) == 101) {
    i++;
    if (i < n && (load<u8>(ptr + i) == 43 || load<u8>(ptr + i) == 45)) i++;
    const from = i;
    while (i < n && isDigit(load<u8>(ptr + i))) i++;
    if (i == from) return false;
  }
  return i == n;
}

function readAmount(): void {
  // The decimal reader takes no plus sign.
  const plus = load<u8>(amount) == 43;
  readDecimal(plus ? amount + 1 : amount, plus ? amountLength - 1 : amountLength);
}

/** 1024^n or 1000^n by the letter of its prefix, 0 when there is none. */
function prefixPower(c: u32): u32 {
  const lower = c | 32;
  return lower == 107 ? 1 : lower == 109 ? 2 : lower == 103 ? 3 : lower == 116 ? 4 : lower == 112 ? 5 : lower == 101 ? 6 : 0;
}

function power(base: u32, n: u32): Big {
  let product = bigFromU64(1);
  for (let i: u32 = 0; i < n; i++) product = bigMulAdd(product, base, 0);
  return product;
}

export function builtin_units_parse_bytes(text: Value): Value {
  if (!wantString(text, 1)) return UNDEFINED;
  const s = cleaned(text, true);
  if (hasBlank(s)) return builtinError("units.parse_bytes: spaces not allowed in resource strings");
  if (!split(stringPtr(s), stringLength(s))) return builtinError("units.parse_bytes: exponent too large");
  if (amountLength == 0) return builtinError("units.parse_bytes: no byte amount provided");
  const factor = bytesFactor();
  if (factor == 0) return builtinErrorWith("units.parse_bytes: byte unit ", unit, unitLength, " not recognized");
  if (!isNumber(amount, amountLength)) return builtinError("units.parse_bytes: could not parse byte amount to a number");
  readAmount();
  const negative = decimalNegative();
  const f = floatFromDecimal(decimalDigits(), decimalLength(), decimalPower(), negative);
  const up = clz<u64>(factor);
  const product = floatMultiply(f, makeFloat(factor << up, -<i32>up, false));
  return fromBig(floatTruncate(product), negative);
}

function bytesFactor(): u64 {
  if (unitLength == 0) return 1;
  const n = prefixPower(load<u8>(unit));
  if (n == 0) return 0;
  const second = unitLength > 1 ? <u32>load<u8>(unit, 1) : 0;
  const third = unitLength > 2 ? <u32>load<u8>(unit, 2) : 0;
  const binary = second == 105 && (unitLength == 2 || (unitLength == 3 && third == 98));
  const decimal = unitLength == 1 || (unitLength == 2 && second == 98);
  if (!binary && !decimal) return 0;
  let factor: u64 = 1;
  for (let i: u32 = 0; i < n; i++) factor *= binary ? 1024 : 1000;
  return factor;
}

// What 0.001 is as float64: MILLI / 2^60.
const MILLI: u64 = 1152921504606847;
const MILLI_BITS: u32 = 60;

export function builtin_units_parse(text: Value): Value {
  if (!wantString(text, 1)) return UNDEFINED;
  const s = cleaned(text, false);
  if (hasBlank(s)) return builtinError("units.parse: spaces not allowed in resource strings");
  if (!split(stringPtr(s), stringLength(s))) return builtinError("units.parse: exponent too large");
  if (amountLength == 0) return builtinError("units.parse: no amount provided");
  for (let i: u32 = 1; i < unitLength; i++) {
    const c = <u32>load<u8>(unit + i);
    if (c - 65 <= 25) store<u8>(unit + i, <u8>(c | 32));
  }
  const milli = unitLength == 1 && load<u8>(unit) == 109;
  const factor = milli ? bigFromU64(MILLI) : unitsFactor();
  if (factor == 0) return builtinErrorWith("units.parse: unit ", unit, unitLength, " not recognized");
  if (!isNumber(amount, amountLength)) return builtinError("units.parse: could not parse amount to a number");
  readAmount();
  const negative = decimalNegative();
  const exponent = decimalPower();
  let above = bigMultiply(bigFromDigits(decimalDigits(), decimalLength()), factor);
  if (exponent > 0) above = bigMultiply(above, bigPowerOfTen(<u32>exponent));
  let below = exponent < 0 ? bigPowerOfTen(<u32>-exponent) : bigFromU64(1);
  if (milli) below = bigShiftLeft(below, MILLI_BITS);
  if (bigIsZero(bigRemainder(above, below))) return fromBig(bigQuotient(), negative);
  return fraction(above, below, negative);
}

function unitsFactor(): Big {
  if (unitLength == 0) return bigFromU64(1);
  const n = prefixPower(load<u8>(unit));
  if (n == 0 || unitLength > 2) return 0;
  if (unitLength == 1) return power(1000, n);
  return load<u8>(unit, 1) == 105 ? power(1024, n) : 0;
}

/** above / below with ten places, rounded half away from zero. */
function fraction(above: Big, below: Big, negative: bool): Value {
  const rest = bigRemainder(bigMultiply(above, bigPowerOfTen(10)), below);
  let digits = bigQuotient();
  if (bigCompare(bigShiftLeft(rest, 1), below) >= 0) digits = bigMulAdd(digits, 1, 1);
  const whole = fromBig(digits, false);
  const ptr = numberTextPtr(whole);
  const n = numberTextLength();
  const size = max<u32>(n, 11);
  const out = alloc(size + 2);
  let at = out;
  if (negative) store<u8>(at++, 45);
  for (let i: u32 = 0; i < size; i++) {
    if (i == size - 10) store<u8>(at++, 46);
    const missing = size - n;
    store<u8>(at++, i < missing ? 48 : load<u8>(ptr + (i - missing)));
  }
  return fromText(out, <u32>(at - out));
}
