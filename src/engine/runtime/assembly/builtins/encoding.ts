import { builtinError, builtinErrorWith, failWith, operandFault } from "../builtin-error";
import { chargeFuel } from "../fuel";
import { termText, goKeys } from "../json-dump";
import { isPrintable } from "../unicode-print";
import { jsonFault } from "../json-fault";
import { parseJson } from "../json-parse";
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
import { textAscii, textBegin, textByte, textFinish, textInteger, textValue } from "./text";
import { badLength, badPtr, QUERY, unescapeIn } from "./uri-escape";

export function builtin_json_unmarshal(text: Value): Value {
  if (!wantString(text, 1)) return UNDEFINED;
  const v = parseJson(stringPtr(text), stringLength(text));
  return v == UNDEFINED ? failWith(jsonFault(stringPtr(text), stringLength(text)), false) : v;
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

/** Offset of the byte that made the last decode64 fail. */
export let illegalByte: u32 = 0;

function illegal(at: u32): Value {
  illegalByte = at;
  return UNDEFINED;
}

/** Decoded bytes; undefined for what Go's base64 refuses, at the offset it names. Line ends are skipped. */
export function decode64(text: Value, url: bool): Value {
  const ptr = stringPtr(text);
  const n = stringLength(text);
  const out = alloc(<usize>(n / 4) * 3 + 6);
  let to = out;
  let i: u32 = 0;
  while (true) {
    let word: u32 = 0;
    let digits: u32 = 0;
    while (digits < 4) {
      while (i < n && isLineEnd(load<u8>(ptr + i))) i++;
      if (i == n) {
        if (digits == 0) return rawBytes(out, to);
        return illegal(i - digits);
      }
      const c = <u32>load<u8>(ptr + i);
      const b = bitsOf(c, url);
      if (b < 0) break;
      i++;
      word |= <u32>b << (18 - 6 * digits);
      digits++;
    }
    if (digits < 4 && !readPadding(ptr, n, i, digits)) return UNDEFINED;
    store<u8>(to++, <u8>(word >>> 16));
    if (digits > 2) store<u8>(to++, <u8>(word >>> 8));
    if (digits > 3) store<u8>(to++, <u8>word);
    if (digits < 4) break;
  }
  return rawBytes(out, to);
}

function isLineEnd(c: u32): bool {
  return c == 10 || c == 13;
}

function rawBytes(from: usize, to: usize): Value {
  return newString(from, <u32>(to - from));
}

/** `=` at `i` after two digits or three, a second one after two, then the end. */
function readPadding(ptr: usize, n: u32, i: u32, digits: u32): bool {
  illegalByte = i;
  if (load<u8>(ptr + i) != 61 || digits < 2) return false;
  let at = i + 1;
  if (digits == 2) {
    while (at < n && isLineEnd(load<u8>(ptr + at))) at++;
    illegalByte = at;
    if (at == n || load<u8>(ptr + at) != 61) return false;
    at++;
  }
  while (at < n && isLineEnd(load<u8>(ptr + at))) at++;
  illegalByte = at;
  return at == n;
}

/** Base64url with its padding or without, as OPA reads tokens; undefined with an error. */
export function decodeUrl(text: Value): Value {
  const n = stringLength(text);
  const ptr = stringPtr(text);
  let whole = text;
  if (n > 0 && load<u8>(ptr + n - 1) != 61 && n % 4 != 0) {
    if (n % 4 == 1) return builtinErrorWith("illegal base64url string: ", ptr, n, "");
    const out = alloc(<usize>n + 2);
    memory.copy(out, ptr, n);
    store<u8>(out + n, 61);
    store<u8>(out + n + 1, 61);
    whole = newString(out, n + 4 - (n % 4));
  }
  const bytes = decode64(whole, true);
  return bytes == UNDEFINED ? illegalData() : bytes;
}

/** Go's words for the last failure. */
export function illegalData(): Value {
  textBegin();
  textAscii("illegal base64 data at input byte ");
  textInteger(illegalByte);
  return failWith(textFinish(), false);
}

/**
 * A string of decoded bytes. Those that are no UTF-8 stay as they are, as in Go:
 * such a string is marked, and zeros follow it, so that no rune reaches past its end.
 */
export function rawText(v: Value): Value {
  const ptr = stringPtr(v);
  const n = stringLength(v);
  let i: u32 = 0;
  while (i < n) {
    const size = validSize(ptr + i, n - i);
    if (size == 0) break;
    i += size;
  }
  if (i == n) return v;
  const out = alloc(<usize>n + 4);
  memory.copy(out, ptr, n);
  store<u32>(out + n, 0);
  const raw = newString(out, n);
  store<u8>(raw, 1, 1);
  return raw;
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
  const v = decode64(text, false);
  return v == UNDEFINED ? illegalData() : rawText(v);
}
export function builtin_base64url_decode(text: Value): Value {
  if (!wantString(text, 1)) return UNDEFINED;
  const v = decodeUrl(text);
  return v == UNDEFINED ? UNDEFINED : rawText(v);
}
export function builtin_base64_is_valid(text: Value): Value {
  return toBoolean(typeOf(text) == TYPE_STRING && decode64(text, false) != UNDEFINED);
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
/** Go's wording for a byte that is no hexadecimal digit: the byte as a rune. */
function illegalHex(c: u32): Value {
  textBegin();
  textAscii("encoding/hex: invalid byte: U+00");
  textByte(hexDigit(c >>> 4));
  textByte(hexDigit(c & 15));
  if (isPrintable(c)) {
    textAscii(" '");
    if (c < 128) textByte(c);
    else {
      textByte(0xc0 | (c >>> 6));
      textByte(0x80 | (c & 63));
    }
    textByte(39);
  }
  return failWith(textFinish(), false);
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
  if (n & 1 && nibble(load<u8>(stringPtr(text) + n - 1)) < 0) return illegalHex(load<u8>(stringPtr(text) + n - 1));
  if (n & 1) return builtinError("encoding/hex: odd length hex string");
  return rawText(newString(out, n / 2));
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

function badEscape(): Value {
  const quoted = termText(newString(badPtr, badLength));
  textBegin();
  textAscii("invalid URL escape ");
  textValue(quoted);
  return failWith(textFinish(), false);
}

export function builtin_urlquery_decode(text: Value): Value {
  if (!wantString(text, 1)) return UNDEFINED;
  const v = unescapeIn(stringPtr(text), stringLength(text), QUERY);
  return v == UNDEFINED ? badEscape() : rawText(v);
}

/** Keys sorted as text; a key that is no string is its JSON. */
export function builtin_urlquery_encode_object(v: Value): Value {
  if (!wantObject(v, 1)) return UNDEFINED;
  const fields = goKeys(v);
  objectSort(fields);
  textBegin();
  let some = false;
  for (let i: u32 = 0; i < objectLength(fields); i++) {
    const value = objectValueAt(fields, i);
    const type = typeOf(value);
    const list = type == TYPE_ARRAY || type == TYPE_SET;
    const n: u32 = list ? count(value) : 1;
    for (let k: u32 = 0; k < n; k++) {
      const item = list ? arrayAt(value, k) : value;
      if (typeOf(item) != TYPE_STRING) {
        return operandFault(1, "values must be string, array[string], or set[string]");
      }
      if (some) textByte(38);
      some = true;
      escapeInto(objectKeyAt(fields, i));
      textByte(61);
      escapeInto(item);
    }
  }
  return textFinish();
}

// More fields than this Go refuses.
const MOST_FIELDS: u32 = 10000;

export function builtin_urlquery_decode_object(text: Value): Value {
  if (!wantString(text, 1)) return UNDEFINED;
  const all = newObject(0);
  const ptr = stringPtr(text);
  const n = stringLength(text);
  chargeFuel(1 + <i32>(n >>> 4));
  let fields: u32 = 1;
  for (let i: u32 = 0; i < n; i++) if (load<u8>(ptr + i) == 38) fields++;
  if (fields > MOST_FIELDS) return builtinError("number of URL query parameters exceeded limit");
  let from: u32 = 0;
  let semicolon = false;
  let escape = false;
  while (from < n) {
    let to = from;
    while (to < n && load<u8>(ptr + to) != 38) to++;
    // Of several errors Go tells the last semicolon, else the first escape.
    if (hasSemicolon(ptr + from, to - from)) semicolon = true;
    else if (to > from && !addPair(all, ptr + from, to - from, !escape && !semicolon)) escape = true;
    from = to + 1;
  }
  if (semicolon) return builtinError("invalid semicolon separator in query");
  return escape ? UNDEFINED : all;
}

function hasSemicolon(ptr: usize, n: u32): bool {
  for (let i: u32 = 0; i < n; i++) if (load<u8>(ptr + i) == 59) return true;
  return false;
}

/** False, with an error where it is to be told, when an escape is wrong. */
function addPair(all: Value, ptr: usize, n: u32, tell: bool): bool {
  let cut: u32 = 0;
  while (cut < n && load<u8>(ptr + cut) != 61) cut++;
  const key = unescapeIn(ptr, cut, QUERY);
  const value = key == UNDEFINED ? UNDEFINED : unescapeIn(ptr + min(cut + 1, n), n - min(cut + 1, n), QUERY);
  if (value == UNDEFINED) {
    if (tell) badEscape();
    return false;
  }
  const name = rawText(key);
  let list = objectGet(all, name);
  if (list == UNDEFINED) {
    list = newArray(1);
    objectInsert(all, name, list);
  }
  arrayAppend(list, rawText(value));
  return true;
}
