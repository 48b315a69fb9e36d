import { bigBit, bigBits, bigIsZero } from "../big-integer";
import { writeCodePoint } from "../json-text";
import { alloc } from "../memory";
import { asI64, fromBig, isNegativeNumber, magnitude, numberTextLength, numberTextPtr } from "../number";
import { isPrintable } from "../unicode-print";
import { newString, stringLength, stringPtr, UNDEFINED, Value } from "../value";
import { fillWithZeros, minus, plus, plusV, precision, sharp, space, width, zero } from "./sprintf-flags";
import { quoteRune } from "./sprintf-quote";

// Go's verbs for integers, as fmt and math/big write them.

/** The text under a verb; UNDEFINED for one that integers do not have. */
export function formatInteger(v: Value, verb: u32, isBig: bool): Value {
  fillWithZeros(false);
  switch (verb) {
    case 100: // d
    case 118: // v
      return numeral(v, 10, verb, isBig);
    case 115: // s, which only big ones have
      return isBig ? numeral(v, 10, verb, isBig) : UNDEFINED;
    case 98: // b
      return numeral(v, 2, verb, isBig);
    case 111: // o
    case 79: // O
      return numeral(v, 8, verb, isBig);
    case 120: // x
    case 88: // X
      return numeral(v, 16, verb, isBig);
  }
  if (isBig) return UNDEFINED;
  switch (verb) {
    case 99: { // c
      fillWithZeros(true);
      const out = alloc(8);
      return newString(out, <u32>(writeCodePoint(out, validRune(asI64(v))) - out));
    }
    case 113: // q
      fillWithZeros(true);
      return quoteRune(validRune(asI64(v)));
    case 85: // U
      return codePoint(<u64>asI64(v));
    default:
      return UNDEFINED;
  }
}

function validRune(code: i64): u32 {
  const isRune = code >= 0 && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
  return isRune ? <u32>code : 0xfffd;
}

/** Go's %U: `U+002A`, with `#` the character too; a negative number as its 64 bits. */
function codePoint(code: u64): Value {
  let size: u32 = <u32>max(precision, 4);
  let needed: u32 = 1;
  while (needed < 16 && code >>> (<u64>needed << 2) != 0) needed++;
  size = max(size, needed);
  const out = alloc(<usize>size + 16);
  store<u8>(out, 85);
  store<u8>(out + 1, 43);
  for (let i: u32 = 0; i < size; i++) {
    const place = size - 1 - i;
    const digit = place > 15 ? 0 : <u32>(code >>> (<u64>place << 2)) & 15;
    store<u8>(out + 2 + i, <u8>hexDigit(digit, true));
  }
  let at = out + 2 + size;
  if (sharp && code <= 0x10ffff && validRune(code) == <u32>code && isPrintable(<u32>code)) {
    store<u8>(at, 32);
    store<u8>(at + 1, 39);
    at = writeCodePoint(at + 2, <u32>code);
    store<u8>(at++, 39);
  }
  return newString(out, <u32>(at - out));
}

export function hexDigit(d: u32, upper: bool): u32 {
  return d < 10 ? 48 + d : (upper ? 55 : 87) + d;
}

/** Sign, prefix, zeros and digits. */
function numeral(v: Value, base: u32, verb: u32, isBig: bool): Value {
  const sign: u32 = isNegativeNumber(v) ? 45 : plus || (isBig && plusV) ? 43 : space ? 32 : 0;
  if (precision == 0 && bigIsZero(magnitude(v))) return newString(0, 0);
  const digits = digitsOf(v, base, verb == 88);
  const n = <i32>stringLength(digits);
  // A precision turns zeros by the width off.
  const byWidth = zero && !minus && precision < 0 ? width - (sign ? 1 : 0) : 0;
  const zeros = max(max(precision, byWidth) - n, 0);
  const out = alloc(<usize>(n + zeros + 4));
  let at = out;
  if (sign) store<u8>(at++, <u8>sign);
  const first: u32 = zeros > 0 ? 48 : <u32>load<u8>(stringPtr(digits));
  at = writePrefix(at, base, verb, isBig && verb == 79 ? 48 : first);
  memory.fill(at, 48, <usize>zeros);
  at += zeros;
  memory.copy(at, stringPtr(digits), <usize>n);
  return newString(out, <u32>(at - out) + <u32>n);
}

/** What tells the base; its end. */
function writePrefix(at: usize, base: u32, verb: u32, first: u32): usize {
  let end = at;
  const letter: u32 = verb == 79 ? 111 : !sharp ? 0 : base == 2 ? 98 : base == 16 ? verb : 0;
  if (letter) {
    store<u8>(end++, 48);
    store<u8>(end++, <u8>letter);
  }
  if (sharp && base == 8 && first != 48) store<u8>(end++, 48);
  return end;
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
  const out = alloc(n);
  for (let i = n; i > 0; i--) {
    let d: u32 = 0;
    for (let k: u32 = 0; k < shift; k++) d |= bigBit(whole, (i - 1) * shift + k) << k;
    store<u8>(out + n - i, <u8>hexDigit(d, upper));
  }
  return newString(out, n);
}
