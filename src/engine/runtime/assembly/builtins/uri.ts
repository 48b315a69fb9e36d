import { failWith } from "../builtin-error";
import { chargeFuel } from "../fuel";
import { termText } from "../json-dump";
import { newObject, objectInsert } from "../object";
import {
  FALSE,
  newString,
  stringLength,
  stringPtr,
  toBoolean,
  TYPE_STRING,
  typeOf,
  UNDEFINED,
  Value,
} from "../value";
import { wantString } from "./operand";
import { asciiString, textAscii, textBegin, textByte, textBytes, textFinish, textValue } from "./text";
import { addressReason, addressRestLength, addressRestPtr, isIpv6 } from "./uri-address";
import { badHost, badLength, badPtr, FRAGMENT, HOST, isEscapeOf, PATH, unescapeIn, USER, ZONE } from "./uri-escape";

// uri.parse and uri.is_valid: a URI as Go's net/url takes it apart.

let scheme: Value = UNDEFINED;
let host: Value = UNDEFINED;
let path: Value = UNDEFINED;
let rawPath: Value = UNDEFINED;
let rawQuery: Value = UNDEFINED;
let fragment: Value = UNDEFINED;
// Why the last text is no URI.
let fault: Value = UNDEFINED;

function quote(ptr: usize, n: u32): Value {
  return termText(newString(ptr, n));
}

function refuse(text: string): bool {
  fault = asciiString(text);
  return false;
}

/** Words around a quoted piece of the text. */
function refuseAbout(start: string, ptr: usize, n: u32, end: string): bool {
  const quoted = quote(ptr, n);
  textBegin();
  textAscii(start);
  textValue(quoted);
  textAscii(end);
  fault = textFinish();
  return false;
}

function refuseEscape(): bool {
  return badHost
    ? refuseAbout("invalid character ", badPtr, badLength, " in host name")
    : refuseAbout("invalid URL escape ", badPtr, badLength, "");
}

function findByte(ptr: usize, n: u32, c: u32): u32 {
  let i: u32 = 0;
  while (i < n && load<u8>(ptr + i) != c) i++;
  return i;
}

function findLast(ptr: usize, n: u32, c: u32): i32 {
  let i = <i32>n - 1;
  while (i >= 0 && load<u8>(ptr + i) != c) i--;
  return i;
}

function hasControl(ptr: usize, n: u32): bool {
  for (let i: u32 = 0; i < n; i++) if (load<u8>(ptr + i) < 32 || load<u8>(ptr + i) == 127) return true;
  return false;
}

/** Bytes of the scheme before the colon, 0 for none, -1 for a colon without one. */
function schemeLength(ptr: usize, n: u32): i32 {
  for (let i: u32 = 0; i < n; i++) {
    const c = <u32>load<u8>(ptr + i);
    if ((c | 32) - 97 <= 25) continue;
    if (c - 48 <= 9 || c == 43 || c == 45 || c == 46) {
      if (i == 0) return 0;
      continue;
    }
    return c == 58 ? (i == 0 ? -1 : <i32>i) : 0;
  }
  return 0;
}

function lowered(ptr: usize, n: u32): Value {
  textBegin();
  for (let i: u32 = 0; i < n; i++) {
    const c = <u32>load<u8>(ptr + i);
    textByte(c - 65 <= 25 ? c | 32 : c);
  }
  return textFinish();
}

function isWord(text: Value, word: string): bool {
  if (stringLength(text) != <u32>word.length) return false;
  for (let i = 0; i < word.length; i++) if (<i32>load<u8>(stringPtr(text) + i) != word.charCodeAt(i)) return false;
  return true;
}

/** A URI without its fragment. */
function read(start: usize, length: u32): bool {
  let ptr = start;
  let n = length;
  const empty = newString(ptr, 0);
  scheme = host = path = rawPath = rawQuery = fragment = empty;
  if (hasControl(ptr, n)) return refuse("net/url: invalid control character in URL");
  if (n == 1 && load<u8>(ptr) == 42) {
    path = newString(ptr, 1);
    rawPath = path;
    return true;
  }
  const before = schemeLength(ptr, n);
  if (before < 0) return refuse("missing protocol scheme");
  if (before > 0) {
    scheme = lowered(ptr, <u32>before);
    ptr += <u32>before + 1;
    n -= <u32>before + 1;
  }
  const mark = findByte(ptr, n, 63);
  if (mark < n) rawQuery = newString(ptr + mark + 1, n - mark - 1);
  n = mark;
  if (n == 0 || load<u8>(ptr) != 47) {
    if (before > 0) return true;
    const segment = findByte(ptr, n, 47);
    if (findByte(ptr, segment, 58) < segment) return refuse("first path segment in URL cannot contain colon");
  }
  const two = n >= 2 && load<u8>(ptr) == 47 && load<u8>(ptr, 1) == 47;
  const three = two && n >= 3 && load<u8>(ptr, 2) == 47;
  if (two && (before > 0 || !three)) {
    const size = findByte(ptr + 2, n - 2, 47);
    if (!readAuthority(ptr + 2, size)) return false;
    ptr += 2 + size;
    n -= 2 + size;
  }
  return readPath(ptr, n);
}

function readPath(ptr: usize, n: u32): bool {
  path = unescapeIn(ptr, n, PATH);
  if (path == UNDEFINED) return refuseEscape();
  const usual = isEscapeOf(stringPtr(path), stringLength(path), ptr, n, PATH);
  rawPath = usual ? path : newString(ptr, n);
  return true;
}

function readAuthority(ptr: usize, n: u32): bool {
  const at = findLast(ptr, n, 64);
  const from = <u32>(at + 1);
  if (!readHost(ptr + from, n - from)) return false;
  return at < 0 || checkUser(ptr, <u32>at);
}

/** What stands before the host is checked and not given. */
function checkUser(ptr: usize, n: u32): bool {
  for (let i: u32 = 0; i < n; i++) {
    const c = <u32>load<u8>(ptr + i);
    const alphanumeric = c - 48 <= 9 || ((c | 32) - 97 <= 25 && c < 128);
    if (!alphanumeric && !isUserMark(c)) return refuse("net/url: invalid userinfo");
  }
  const colon = findByte(ptr, n, 58);
  if (unescapeIn(ptr, colon, USER) == UNDEFINED) return refuseEscape();
  if (colon == n) return true;
  return unescapeIn(ptr + colon + 1, n - colon - 1, USER) != UNDEFINED || refuseEscape();
}

function isUserMark(c: u32): bool {
  switch (c) {
    case 45:
    case 46:
    case 95:
    case 58:
    case 126:
    case 33:
    case 36:
    case 38:
    case 39:
    case 40:
    case 41:
    case 42:
    case 43:
    case 44:
    case 59:
    case 61:
    case 37:
    case 64:
      return true;
    default:
      return false;
  }
}

/** Nothing, or a colon and digits. */
function isPort(ptr: usize, n: u32): bool {
  if (n == 0) return true;
  if (load<u8>(ptr) != 58) return false;
  for (let i: u32 = 1; i < n; i++) if (<u32>load<u8>(ptr + i) - 48 > 9) return false;
  return true;
}

function refusePort(ptr: usize, n: u32): bool {
  return refuseAbout("invalid port ", ptr, n, " after host");
}

function readHost(ptr: usize, n: u32): bool {
  const bracket = findLast(ptr, n, 91);
  if (bracket > 0) return refuse("invalid IP-literal");
  if (bracket == 0) return readLiteral(ptr, n);
  const first = findByte(ptr, n, 58);
  if (first < n) {
    const strict = isWord(scheme, "http") || isWord(scheme, "https");
    const colon = strict ? first : <u32>findLast(ptr, n, 58);
    if (!isPort(ptr + colon, n - colon)) return refusePort(ptr + colon, n - colon);
  }
  host = unescapeIn(ptr, n, HOST);
  return host != UNDEFINED || refuseEscape();
}

/** `[address]:port`; the address may have a zone after `%25`. */
function readLiteral(ptr: usize, n: u32): bool {
  const close = findLast(ptr, n, 93);
  if (close < 0) return refuse("missing ']' in host");
  const after = ptr + <u32>close + 1;
  const rest = n - <u32>close - 1;
  if (!isPort(after, rest)) return refusePort(after, rest);
  const name = ptr + 1;
  const size = <u32>close - 1;
  let zone: u32 = 0;
  while (zone < size && !isZoneMark(name + zone, size - zone)) zone++;
  const one = unescapeIn(name, zone, HOST);
  if (one == UNDEFINED) return refuseEscape();
  const two = unescapeIn(name + zone, size - zone, ZONE);
  if (two == UNDEFINED) return refuseEscape();
  textBegin();
  textByte(91);
  textValue(one);
  textValue(two);
  textByte(93);
  textBytes(after, rest);
  host = textFinish();
  const address = stringPtr(host) + 1;
  const length = stringLength(one) + stringLength(two);
  return isIpv6(address, length) || refuseAddress(address, length);
}

function isZoneMark(ptr: usize, n: u32): bool {
  return n >= 3 && load<u8>(ptr) == 37 && load<u8>(ptr, 1) == 50 && load<u8>(ptr, 2) == 53;
}

function refuseAddress(ptr: usize, n: u32): bool {
  const reason = addressReason();
  if (reason.length == 0) return refuse("invalid IP-literal");
  const whole = quote(ptr, n);
  const rest = addressRestLength() > 0 ? quote(addressRestPtr(), addressRestLength()) : UNDEFINED;
  textBegin();
  textAscii("invalid host: ParseAddr(");
  textValue(whole);
  textAscii("): ");
  textAscii(reason);
  if (rest != UNDEFINED) {
    textAscii(" (at ");
    textValue(rest);
    textByte(41);
  }
  fault = textFinish();
  return false;
}

/** Bytes of the text that Go's error quotes: without the fragment unless that is at fault. */
let told: u32 = 0;

function readUri(text: Value): bool {
  const ptr = stringPtr(text);
  const n = stringLength(text);
  chargeFuel(1 + <i32>(n >>> 4));
  told = findByte(ptr, n, 35);
  if (!read(ptr, told)) return false;
  if (told + 1 >= n) return true;
  fragment = unescapeIn(ptr + told + 1, n - told - 1, FRAGMENT);
  told = n;
  return fragment != UNDEFINED || refuseEscape();
}

export function builtin_uri_is_valid(text: Value): Value {
  if (typeOf(text) != TYPE_STRING || stringLength(text) == 0) return FALSE;
  return toBoolean(readUri(text));
}

function put(parts: Value, name: string, value: Value): void {
  if (stringLength(value) > 0) objectInsert(parts, asciiString(name), value);
}

export function builtin_uri_parse(text: Value): Value {
  if (!wantString(text, 1)) return UNDEFINED;
  if (!readUri(text)) {
    const why = fault;
    const quoted = quote(stringPtr(text), told);
    textBegin();
    textAscii("parse ");
    textValue(quoted);
    textAscii(": ");
    textValue(why);
    return failWith(textFinish(), false);
  }
  const parts = newObject(8);
  put(parts, "scheme", scheme);
  putHost(parts);
  put(parts, "path", path);
  put(parts, "raw_path", rawPath);
  put(parts, "raw_query", rawQuery);
  put(parts, "fragment", fragment);
  return parts;
}

function putHost(parts: Value): void {
  let ptr = stringPtr(host);
  let n = stringLength(host);
  const colon = findLast(ptr, n, 58);
  if (colon >= 0 && isPort(ptr + colon, n - <u32>colon)) {
    put(parts, "port", newString(ptr + colon + 1, n - <u32>colon - 1));
    n = <u32>colon;
  }
  if (n >= 2 && load<u8>(ptr) == 91 && load<u8>(ptr + n - 1) == 93) {
    ptr++;
    n -= 2;
  }
  put(parts, "hostname", newString(ptr, n));
}
