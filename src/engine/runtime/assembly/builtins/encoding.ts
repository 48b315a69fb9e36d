import { builtinError, builtinErrorWith } from "../builtin-error";
import { dumpText } from "../json-dump";
import { parseJson } from "../json-parse";
import { writeCodePoint } from "../json-text";
import { alloc } from "../memory";
import { newObject, objectInsert, objectKeyAt, objectLength, objectSort, objectValueAt, objectGet } from "../object";
import {
  arrayAppend,
  arrayAt,

  count,
  newArray,
  newString,
  stringLength,
  stringPtr,
  toBoolean,
  TYPE_ARRAY,
  TYPE_SET,
  TYPE_STRING,
  typeOf,
  UNDEFINED,
  Value,
} from "../value";
import { wantObject, wantString } from "./operand";
import { textAscii, textBegin, textByte, textFinish } from "./text";

export function builtin_json_marshal(v: Value): Value {
  return dumpText(v, false);
}

export function builtin_json_unmarshal(text: Value): Value {
  if (!wantString(text, 1)) return UNDEFINED;
  const v = parseJson(stringPtr(text), stringLength(text));
  return v == UNDEFINED ? builtinError("invalid JSON") : v;
}

export function builtin_json_is_valid(text: Value): Value {
  if (typeOf(text) != TYPE_STRING) return toBoolean(false);
  return toBoolean(parseJson(stringPtr(text), stringLength(text)) != UNDEFINED);
}

// Base64.

function symbol(i: u32, url: bool): u32 {
  if (i < 26) return 65 + i;
  if (i < 52) return 71 + i;
  if (i < 62) return i - 4;
  return i == 62 ? (url ? 45 : 43) : url ? 95 : 47;
}

function encode64(text: Value, url: bool, padded: bool): Value {
  const ptr = stringPtr(text);
  const n = stringLength(text);
  const out = alloc(<usize>((n + 2) / 3) * 4);
  let at = out;
  for (let i: u32 = 0; i < n; i += 3) {
    const left = n - i;
    const word =
      (<u32>load<u8>(ptr + i) << 16) |
      (left > 1 ? <u32>load<u8>(ptr + i + 1) << 8 : 0) |
      (left > 2 ? <u32>load<u8>(ptr + i + 2) : 0);
    store<u8>(at++, <u8>symbol(word >>> 18, url));
    store<u8>(at++, <u8>symbol((word >>> 12) & 63, url));
    if (left > 1) store<u8>(at++, <u8>symbol((word >>> 6) & 63, url));
    else if (padded) store<u8>(at++, 61);
    if (left > 2) store<u8>(at++, <u8>symbol(word & 63, url));
    else if (padded) store<u8>(at++, 61);
  }
  return newString(out, <u32>(at - out));
}

function bitsOf(c: u32, url: bool): i32 {
  if (c >= 65 && c <= 90) return <i32>c - 65;
  if (c >= 97 && c <= 122) return <i32>c - 71;
  if (c >= 48 && c <= 57) return <i32>c + 4;
  if (c == <u32>(url ? 45 : 43)) return 62;
  return c == <u32>(url ? 95 : 47) ? 63 : -1;
}

/** Decoded bytes, or undefined; line ends are skipped as Go does. */
/** Offset of the byte that made the last decode64 fail. */
export let illegalByte: u32 = 0;

export function decode64(text: Value, url: bool, needPadding: bool): Value {
  const ptr = stringPtr(text);
  let n = stringLength(text);
  const clean = alloc(n + 4);
  let m: u32 = 0;
  for (let i: u32 = 0; i < n; i++) {
    const c = load<u8>(ptr + i);
    if (c != 10 && c != 13) store<u8>(clean + m++, c);
  }
  let padding: u32 = 0;
  while (m > 0 && padding < 2 && load<u8>(clean + m - 1) == 61) {
    m--;
    padding++;
  }
  illegalByte = m;
  if (needPadding ? (m + padding) % 4 != 0 : padding > 0 && (m + padding) % 4 != 0) return UNDEFINED;
  const out = alloc(m);
  let at = out;
  let word: u32 = 0;
  let bits: u32 = 0;
  for (let i: u32 = 0; i < m; i++) {
    const b = bitsOf(load<u8>(clean + i), url);
    if (b < 0) {
      illegalByte = i;
      return UNDEFINED;
    }
    word = (word << 6) | <u32>b;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      store<u8>(at++, <u8>(word >>> bits));
    }
  }
  if (m % 4 == 1) return UNDEFINED;
  n = <u32>(at - out);
  return newString(out, n);
}

/** Bytes that are no UTF-8 become U+FFFD, as when Go makes JSON of a string. */
export function validText(v: Value): Value {
  const ptr = stringPtr(v);
  const n = stringLength(v);
  let i: u32 = 0;
  while (i < n) {
    const size = validSize(ptr + i, n - i);
    if (size == 0) break;
    i += size;
  }
  if (i == n) return v;
  const out = alloc(<usize>n * 3);
  let at = out;
  i = 0;
  while (i < n) {
    const size = validSize(ptr + i, n - i);
    if (size == 0) {
      at = writeCodePoint(at, 0xfffd);
      i++;
    } else {
      memory.copy(at, ptr + i, size);
      at += size;
      i += size;
    }
  }
  return newString(out, <u32>(at - out));
}

function validSize(at: usize, left: u32): u32 {
  const c = <u32>load<u8>(at);
  const wanted: u32 = c < 128 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
  if (wanted > left) return 0;
  return sizeWithin(at, left);
}

import { utf8SizeWithin as sizeWithin } from "../json-text";

export function builtin_base64_encode(text: Value): Value {
  return wantString(text, 1) ? encode64(text, false, true) : UNDEFINED;
}
export function builtin_base64url_encode(text: Value): Value {
  return wantString(text, 1) ? encode64(text, true, true) : UNDEFINED;
}
export function builtin_base64url_encode_no_pad(text: Value): Value {
  return wantString(text, 1) ? encode64(text, true, false) : UNDEFINED;
}
export function builtin_base64_decode(text: Value): Value {
  if (!wantString(text, 1)) return UNDEFINED;
  const v = decode64(text, false, true);
  return v == UNDEFINED ? builtinError("illegal base64 data at input byte 0") : validText(v);
}
export function builtin_base64url_decode(text: Value): Value {
  if (!wantString(text, 1)) return UNDEFINED;
  const v = decode64(text, true, false);
  return v == UNDEFINED ? builtinError("illegal base64 data at input byte 0") : validText(v);
}
export function builtin_base64_is_valid(text: Value): Value {
  if (!wantString(text, 1)) return UNDEFINED;
  return toBoolean(decode64(text, false, true) != UNDEFINED);
}

// Hexadecimal.

export function hexOf(ptr: usize, n: u32): Value {
  const out = alloc(<usize>n * 2);
  for (let i: u32 = 0; i < n; i++) {
    const c = <u32>load<u8>(ptr + i);
    store<u8>(out + i * 2, <u8>digit(c >>> 4));
    store<u8>(out + i * 2 + 1, <u8>digit(c & 15));
  }
  return newString(out, n * 2);
}
function digit(d: u32): u32 {
  return d < 10 ? 48 + d : 87 + d;
}
function nibble(c: u32): i32 {
  if (c >= 48 && c <= 57) return <i32>c - 48;
  const lower = c | 32;
  return lower >= 97 && lower <= 102 ? <i32>lower - 87 : -1;
}

export function builtin_hex_encode(text: Value): Value {
  return wantString(text, 1) ? hexOf(stringPtr(text), stringLength(text)) : UNDEFINED;
}
/** Go's wording for a byte that is no hexadecimal digit. */
function illegalHex(c: u32): Value {
  textBegin();
  textAscii("encoding/hex: invalid byte: U+00");
  textByte(hexDigit(c >>> 4));
  textByte(hexDigit(c & 15));
  textAscii(" '");
  textByte(c);
  textByte(39);
  const text = textFinish();
  return builtinErrorWith("", stringPtr(text), stringLength(text), "");
}

function hexDigit(d: u32): u32 {
  return d < 10 ? 48 + d : 55 + d;
}

export function builtin_hex_decode(text: Value): Value {
  if (!wantString(text, 1)) return UNDEFINED;
  const n = stringLength(text);
  const out = alloc(n / 2 + 1);
  for (let i: u32 = 0; i + 1 < n; i += 2) {
    const high = nibble(load<u8>(stringPtr(text) + i));
    const low = nibble(load<u8>(stringPtr(text) + i + 1));
    if (high < 0 || low < 0) return illegalHex(load<u8>(stringPtr(text) + i + (high < 0 ? 0 : 1)));
    store<u8>(out + i / 2, <u8>((high << 4) | low));
  }
  if (n & 1) return builtinError("encoding/hex: odd length hex string");
  return validText(newString(out, n / 2));
}

// URL queries.

function isPlain(c: u32): bool {
  return (
    (c >= 48 && c <= 57) || (c >= 65 && c <= 90) || (c >= 97 && c <= 122) ||
    c == 45 || c == 46 || c == 95 || c == 126
  );
}

function escapeInto(text: Value): void {
  const n = stringLength(text);
  for (let i: u32 = 0; i < n; i++) {
    const c = <u32>load<u8>(stringPtr(text) + i);
    if (isPlain(c)) textByte(c);
    else if (c == 32) textByte(43);
    else {
      textByte(37);
      textByte(upperDigit(c >>> 4));
      textByte(upperDigit(c & 15));
    }
  }
}
function upperDigit(d: u32): u32 {
  return d < 10 ? 48 + d : 55 + d;
}

export function builtin_urlquery_encode(text: Value): Value {
  if (!wantString(text, 1)) return UNDEFINED;
  textBegin();
  escapeInto(text);
  return textFinish();
}

function unescape(ptr: usize, n: u32): Value {
  const out = alloc(n);
  let at = out;
  for (let i: u32 = 0; i < n; i++) {
    const c = <u32>load<u8>(ptr + i);
    if (c == 43) store<u8>(at++, 32);
    else if (c == 37) {
      if (i + 2 >= n) return UNDEFINED;
      const high = nibble(load<u8>(ptr + i + 1));
      const low = nibble(load<u8>(ptr + i + 2));
      if (high < 0 || low < 0) return UNDEFINED;
      store<u8>(at++, <u8>((high << 4) | low));
      i += 2;
    } else store<u8>(at++, <u8>c);
  }
  return newString(out, <u32>(at - out));
}

export function builtin_urlquery_decode(text: Value): Value {
  if (!wantString(text, 1)) return UNDEFINED;
  const v = unescape(stringPtr(text), stringLength(text));
  return v == UNDEFINED ? builtinError("invalid URL escape") : validText(v);
}

export function builtin_urlquery_encode_object(v: Value): Value {
  if (!wantObject(v, 1)) return UNDEFINED;
  objectSort(v);
  textBegin();
  let some = false;
  for (let i: u32 = 0; i < objectLength(v); i++) {
    const key = objectKeyAt(v, i);
    const value = objectValueAt(v, i);
    const type = typeOf(value);
    const list = type == TYPE_ARRAY || type == TYPE_SET;
    if (!wantString(key, 1) || (!list && !wantString(value, 1))) return UNDEFINED;
    const n: u32 = list ? count(value) : 1;
    for (let k: u32 = 0; k < n; k++) {
      if (some) textByte(38);
      some = true;
      escapeInto(key);
      textByte(61);
      const item = list ? arrayAt(value, k) : value;
      if (!wantString(item, 1)) return UNDEFINED;
      escapeInto(item);
    }
  }
  return textFinish();
}

export function builtin_urlquery_decode_object(text: Value): Value {
  if (!wantString(text, 1)) return UNDEFINED;
  const all = newObject(0);
  const ptr = stringPtr(text);
  const n = stringLength(text);
  let from: u32 = 0;
  while (from < n) {
    let to = from;
    while (to < n && load<u8>(ptr + to) != 38) to++;
    if (to > from && !addPair(all, ptr + from, to - from)) return builtinError("invalid URL escape");
    from = to + 1;
  }
  return all;
}

function addPair(all: Value, ptr: usize, n: u32): bool {
  let cut: u32 = 0;
  while (cut < n && load<u8>(ptr + cut) != 61) {
    if (load<u8>(ptr + cut) == 59) return false;
    cut++;
  }
  const key = unescape(ptr, cut);
  const value = cut < n ? unescape(ptr + cut + 1, n - cut - 1) : newString(ptr, 0);
  if (key == UNDEFINED || value == UNDEFINED) return false;
  let list = objectGet(all, key);
  if (list == UNDEFINED) {
    list = newArray(1);
    objectInsert(all, key, list);
  }
  arrayAppend(list, value);
  return true;
}

