import { failWith } from "../builtin-error";
import { compareBytes } from "../compare";
import { fromI64 } from "../number";
import { newString, stringLength, stringPtr, toBoolean, TYPE_STRING, typeOf, UNDEFINED, Value } from "../value";
import { wantString } from "./operand";
import { textAscii, textBegin, textFinish, textValue } from "./text";

// The last version read.
let major: i64 = 0;
let minor: i64 = 0;
let patch: i64 = 0;
// What follows the hyphen.
let before: Value = UNDEFINED;

function findByte(ptr: usize, n: u32, c: u32): u32 {
  let i: u32 = 0;
  while (i < n && load<u8>(ptr + i) != c) i++;
  return i;
}

/** Identifiers of letters, digits and hyphens with dots between them. */
function isIdentifiers(ptr: usize, n: u32): bool {
  let empty = true;
  for (let i: u32 = 0; i < n; i++) {
    const c = <u32>load<u8>(ptr + i);
    if (c == 46) {
      if (empty) return false;
      empty = true;
    } else if (c == 45 || c - 48 <= 9 || (c | 32) - 97 <= 25) empty = false;
    else return false;
  }
  return n == 0 || !empty;
}

let integer: i64 = 0;

/** Digits with a sign or without that fit 64 bits. */
function readInteger(ptr: usize, n: u32): bool {
  const sign = n > 0 ? <u32>load<u8>(ptr) : 0;
  let i: u32 = sign == 43 || sign == 45 ? 1 : 0;
  if (i == n) return false;
  const most: u64 = sign == 45 ? 0x8000000000000000 : 0x7fffffffffffffff;
  let size: u64 = 0;
  for (; i < n; i++) {
    const d = <u64>load<u8>(ptr + i) - 48;
    if (d > 9) return false;
    if (size > (most - d) / 10) return false;
    size = size * 10 + d;
  }
  integer = sign == 45 ? -(<i64>size) : <i64>size;
  return true;
}

function readVersion(text: Value): bool {
  let ptr = stringPtr(text);
  let n = stringLength(text);
  if (n > 0 && load<u8>(ptr) == 118) {
    ptr++;
    n--;
  }
  const plus = findByte(ptr, n, 43);
  if (plus < n && !isIdentifiers(ptr + plus + 1, n - plus - 1)) return false;
  n = plus;
  const hyphen = findByte(ptr, n, 45);
  before = hyphen < n ? newString(ptr + hyphen + 1, n - hyphen - 1) : newString(ptr, 0);
  if (!isIdentifiers(stringPtr(before), stringLength(before))) return false;
  n = hyphen;
  const one = findByte(ptr, n, 46);
  if (one == n) return false;
  const two = one + 1 + findByte(ptr + one + 1, n - one - 1, 46);
  if (two == n || findByte(ptr + two + 1, n - two - 1, 46) < n - two - 1) return false;
  if (!readInteger(ptr, one)) return false;
  major = integer;
  if (!readInteger(ptr + one + 1, two - one - 1)) return false;
  minor = integer;
  if (!readInteger(ptr + two + 1, n - two - 1)) return false;
  patch = integer;
  return true;
}

function invalid(operand: string, text: Value): Value {
  textBegin();
  textAscii(operand);
  textAscii(": string ");
  const quoted = termText(text);
  textValue(quoted);
  textAscii(" is not a valid SemVer");
  return failWith(textFinish(), false);
}

import { termText } from "../json-dump";

export function builtin_semver_is_valid(text: Value): Value {
  return toBoolean(typeOf(text) == TYPE_STRING && readVersion(text));
}

export function builtin_semver_compare(a: Value, b: Value): Value {
  if (!wantString(a, 1) || !wantString(b, 2)) return UNDEFINED;
  if (!readVersion(a)) return invalid("operand 1", a);
  const majorA = major;
  const minorA = minor;
  const patchA = patch;
  const beforeA = before;
  if (!readVersion(b)) return invalid("operand 2", b);
  if (majorA != major) return fromI64(majorA > major ? 1 : -1);
  if (minorA != minor) return fromI64(minorA > minor ? 1 : -1);
  if (patchA != patch) return fromI64(patchA > patch ? 1 : -1);
  return fromI64(compareBefore(beforeA, before));
}

/** Identifiers in turn; a version without them is the later one. */
function compareBefore(a: Value, b: Value): i32 {
  let p = stringPtr(a);
  let n = stringLength(a);
  let q = stringPtr(b);
  let m = stringLength(b);
  if (compareBytes(p, n, q, m) == 0) return 0;
  if (n == 0) return 1;
  if (m == 0) return -1;
  while (n > 0 && m > 0) {
    const i = findByte(p, n, 46);
    const j = findByte(q, m, 46);
    const order = compareIdentifiers(p, i, q, j);
    if (order != 0) return order;
    const stepA = min(i + 1, n);
    const stepB = min(j + 1, m);
    p += stepA;
    n -= stepA;
    q += stepB;
    m -= stepB;
  }
  return n > 0 ? 1 : m > 0 ? -1 : 0;
}

function isDigits(ptr: usize, n: u32): bool {
  for (let i: u32 = 0; i < n; i++) if (<u32>load<u8>(ptr + i) - 48 > 9) return false;
  return n > 0;
}

/** Numbers come before words; a number beyond 64 bits counts as the greatest. */
function compareIdentifiers(p: usize, n: u32, q: usize, m: u32): i32 {
  const numberA = isDigits(p, n);
  const numberB = isDigits(q, m);
  if (numberA != numberB) return numberA ? -1 : 1;
  if (!numberA) return compareBytes(p, n, q, m);
  const a = readInteger(p, n) ? integer : i64.MAX_VALUE;
  const b = readInteger(q, m) ? integer : i64.MAX_VALUE;
  return a > b ? 1 : a < b ? -1 : 0;
}
