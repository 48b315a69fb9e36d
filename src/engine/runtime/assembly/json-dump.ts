import { skipPlain } from "./scan";
import { abortDepth, chargeFuel } from "./fuel";
import { utf8SizeWithin } from "./json-text";
import { escapeLength, escapeSize, goEscape } from "./go-quote";
import { alloc, reserve, setHeapTop } from "./memory";
import { isI64, toI64 } from "./number";
import {
  newObject,
  objectInsert,
  objectKeyAt,
  objectLength,
  objectSort,
  objectValueAt,
} from "./object";
import {
  arrayAppend,
  arrayAt,
  count,
  FALSE,
  isString,
  newArray,
  newString,
  NULL,
  stringLength,
  stringPtr,
  TRUE,
  TYPE_ARRAY,
  TYPE_NUMBER,
  TYPE_OBJECT,
  TYPE_SET,
  TYPE_STRING,
  typeOf,
  Value,
} from "./value";

// Writes a value as JSON or in Rego's syntax into one buffer that grows by
// moving. Nothing else is allocated while it is open: values are put in order
// before the first byte.

let out: usize = 0;
let at: usize = 0;
let room: usize = 0;
let rego: bool = false;
// Strings as Go quotes them, or JSON as Go marshals it.
let asGo: bool = false;
let depth: i32 = 0;
/** Whether the value in hand has an object with a key that is no string. */
let hasOtherKeys: bool = false;

const MAX_DEPTH = 3000;

/** Puts a value in order at every depth. */
export function rt_freeze(v: Value): void {
  if (v < 16 || v & 1) return;
  const type = typeOf(v);
  if (type < TYPE_ARRAY) return;
  if (++depth > MAX_DEPTH) {
    depth = 0;
    abortDepth();
  }
  chargeFuel(1);
  if (type == TYPE_OBJECT) {
    objectSort(v);
    const n = objectLength(v);
    for (let i: u32 = 0; i < n; i++) {
      const key = objectKeyAt(v, i);
      if (!isString(key)) hasOtherKeys = true;
      rt_freeze(key);
      rt_freeze(objectValueAt(v, i));
    }
  } else {
    const n = count(v);
    for (let i: u32 = 0; i < n; i++) rt_freeze(arrayAt(v, i));
  }
  depth--;
}

/** The text of a value as OPA prints a term. */
export function termText(v: Value): Value {
  asGo = true;
  const text = dump(v, true);
  asGo = false;
  return text;
}

/** The value as Go has it before it makes JSON: keys are strings at every depth. */
export function goKeys(v: Value): Value {
  asGo = true;
  depth = 0;
  rt_freeze(v);
  const keyed = withTextKeys(v);
  asGo = false;
  return keyed;
}

/** JSON as Go's encoding/json writes it: `<`, `>`, `&`, U+2028 and U+2029 escaped. */
export function marshalText(v: Value): Value {
  const before = asGo;
  asGo = true;
  const text = dump(v, false);
  asGo = before;
  return text;
}

/** The text of a value as a string value; NUL-terminated after its end. */
export function dumpText(v: Value, withRego: bool): Value {
  // An evaluation that ended in the middle of the others leaves it set.
  asGo = false;
  return dump(v, withRego);
}

function dump(v: Value, withRego: bool): Value {
  depth = 0;
  hasOtherKeys = false;
  rt_freeze(v);
  if (hasOtherKeys && !withRego) v = withTextKeys(v);
  rego = withRego;
  room = 256;
  out = alloc(room);
  at = out;
  write(v);
  ensure(1);
  store<u8>(at, 0);
  setHeapTop(at + 1);
  return newString(out, <u32>(at - out));
}

/**
 * The value with the JSON text of every key in its place, in the order of the
 * texts; of two keys with one text the later stays.
 */
function withTextKeys(v: Value): Value {
  if (v < 16 || v & 1) return v;
  const type = typeOf(v);
  if (type < TYPE_ARRAY) return v;
  if (type == TYPE_OBJECT) {
    const n = objectLength(v);
    const object = newObject(n);
    for (let i: u32 = 0; i < n; i++) {
      const key = objectKeyAt(v, i);
      const text = isString(key) ? key : marshalText(key);
      objectInsert(object, text, withTextKeys(objectValueAt(v, i)));
    }
    objectSort(object);
    return object;
  }
  const n = count(v);
  const items = newArray(n);
  for (let i: u32 = 0; i < n; i++) {
    arrayAppend(items, withTextKeys(arrayAt(v, i)));
  }
  return items;
}

function ensure(more: usize): void {
  const used = at - out;
  if (used + more <= room) return;
  // The buffer is at the top of the heap: it grows in place.
  room = (used + more) * 2;
  reserve(out, room);
  setHeapTop(out + room);
}

@inline
function byte(c: u32): void {
  ensure(1);
  store<u8>(at++, <u8>c);
}

function bytes(ptr: usize, length: usize): void {
  ensure(length);
  memory.copy(at, ptr, length);
  at += length;
}

function ascii(text: string): void {
  const n = text.length;
  ensure(<usize>n);
  for (let i = 0; i < n; i++) store<u8>(at++, <u8>text.charCodeAt(i));
}

function write(v: Value): void {
  if (v == NULL) return ascii("null");
  if (v == TRUE) return ascii("true");
  if (v == FALSE) return ascii("false");
  switch (typeOf(v)) {
    case TYPE_NUMBER:
      return writeNumber(v);
    case TYPE_STRING:
      return writeString(stringPtr(v), stringLength(v));
    case TYPE_ARRAY:
      return writeItems(v, 91, 93);
    case TYPE_SET:
      if (!rego) return writeItems(v, 91, 93);
      if (count(v) == 0) return ascii("set()");
      return writeItems(v, 123, 125);
    case TYPE_OBJECT:
      return writeObject(v);
    default:
      return;
  }
}

function writeNumber(v: Value): void {
  if (!isI64(v)) {
    bytes(<usize>load<u32>(v, 8), <usize>load<u32>(v, 4));
    return;
  }
  const n = toI64(v);
  let size = n < 0 ? <u64>-n : <u64>n;
  ensure(24);
  if (n < 0) store<u8>(at++, 45);
  let digits: usize = 1;
  for (let rest = size / 10; rest > 0; rest /= 10) digits++;
  for (let i = digits; i > 0; i--) {
    store<u8>(at + i - 1, 48 + <u8>(size % 10));
    size /= 10;
  }
  at += digits;
}

function hex(digit: u32): u32 {
  return digit < 10 ? 48 + digit : 87 + digit;
}

/** A string as Go's strconv.Quote writes it. */
function writeQuoted(ptr: usize, length: u32): void {
  byte(34);
  for (let i: u32 = 0; i < length; i += escapeSize()) {
    ensure(10);
    goEscape(at, ptr + i, length - i);
    at += escapeLength();
  }
  byte(34);
}

/** A string as Go's encoding/json writes it. */
function writeMarshalled(ptr: usize, length: u32): void {
  byte(34);
  for (let i: u32 = 0; i < length; i++) {
    const c = <u32>load<u8>(ptr + i);
    const wide = c == 0xe2 && length - i > 2 && load<u8>(ptr + i, 1) == 0x80 && (load<u8>(ptr + i, 2) & 0xfe) == 0xa8;
    if (wide) {
      ascii("\\u202");
      byte(hex(load<u8>(ptr + i, 2) & 15));
      i += 2;
    } else if (c >= 128) {
      // What is no UTF-8 is written as U+FFFD, byte by byte.
      const size = utf8SizeWithin(ptr + i, length - i);
      if (size == 0) ascii("\\ufffd");
      else {
        bytes(ptr + i, size);
        i += size - 1;
      }
    } else if (c == 60 || c == 62 || c == 38) writeUnicode(c);
    else if (c < 32 || c == 34 || c == 92) writeEscape(c);
    else byte(c);
  }
  byte(34);
}

function writeUnicode(c: u32): void {
  ascii("\\u00");
  byte(hex(c >>> 4));
  byte(hex(c & 15));
}

function writeEscape(c: u32): void {
  const short: u32 = c == 34 || c == 92 ? c : c == 10 ? 110 : c == 13 ? 114 : c == 9 ? 116 : c == 8 ? 98 : c == 12 ? 102 : 0;
  if (short == 0) return writeUnicode(c);
  byte(92);
  byte(short);
}

function writeString(ptr: usize, length: u32): void {
  if (asGo) return rego ? writeQuoted(ptr, length) : writeMarshalled(ptr, length);
  byte(34);
  let from: usize = ptr;
  const stop = ptr + length;
  for (let p = skipPlain(ptr, stop); p < stop; p = skipPlain(p + 1, stop)) {
    const c = <u32>load<u8>(p);
    if (c >= 32 && c != 34 && c != 92) continue;
    bytes(from, p - from);
    from = p + 1;
    writeEscape(c);
  }
  bytes(from, stop - from);
  byte(34);
}

function writeItems(v: Value, open: u32, close: u32): void {
  byte(open);
  const n = count(v);
  chargeFuel(<i32>n);
  for (let i: u32 = 0; i < n; i++) {
    if (i > 0) separator();
    write(arrayAt(v, i));
  }
  byte(close);
}

/** JSON is written without blanks, Rego's syntax as OPA prints it. */
function separator(): void {
  byte(44);
  if (rego) byte(32);
}

function writeObject(v: Value): void {
  byte(123);
  const n = objectLength(v);
  chargeFuel(<i32>n);
  for (let i: u32 = 0; i < n; i++) {
    if (i > 0) separator();
    const key = objectKeyAt(v, i);
    write(key);
    byte(58);
    if (rego) byte(32);
    write(objectValueAt(v, i));
  }
  byte(125);
}
