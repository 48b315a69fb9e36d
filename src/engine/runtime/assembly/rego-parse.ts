import { chargeFuel } from "./fuel";
import {
  cursor,
  MAX_DEPTH,
  moveCursor,
   openText,
  parseNumber,
  parseString,
  peek,
  skipBlank,
  textEnd,
  word,
} from "./json-text";
import { newObject, objectInsert } from "./object";
import { newSet, setAdd } from "./set";
import { arrayAppend, FALSE, newArray, NULL, TRUE, UNDEFINED, Value } from "./value";

// A recursive reader of values in Rego's syntax: JSON with sets, keys of any
// type and a comma before the end of a collection.

let depth: i32 = 0;

/** Reads one value; undefined when the text is not well formed. */
export function parseRego(ptr: usize, length: u32): Value {
  openText(ptr, ptr + length);
  depth = 0;
  chargeFuel(<i32>(length >>> 4));
  const v = parseValue();
  if (v == UNDEFINED) return UNDEFINED;
  skipBlank();
  return cursor() == textEnd() ? v : UNDEFINED;
}

/** Takes one character. */
@inline
function take(): u32 {
  const c = peek();
  moveCursor(cursor() + 1);
  return c;
}

function parseValue(): Value {
  skipBlank();
  const c = peek();
  if (c == 34) return parseString();
  if (c == 123) return parseBraces();
  if (c == 91) return parseArray();
  if (c == 45 || (c >= 48 && c <= 57)) return parseNumber();
  if (c == 116) return word(0x65757274, 4) ? TRUE : UNDEFINED;
  if (c == 110) return word(0x6c6c756e, 4) ? NULL : UNDEFINED;
  if (c == 102) {
    const at = cursor();
    if (textEnd() - at >= 5 && load<u8>(at, 4) == 101 && word(0x736c6166, 5)) return FALSE;
    return UNDEFINED;
  }
  return c == 115 ? parseEmptySet() : UNDEFINED;
}

function parseEmptySet(): Value {
  const at = cursor();
  if (textEnd() - at < 5 || load<u8>(at, 4) != 41 || !word(0x28746573, 5)) return UNDEFINED;
  return newSet(0);
}

function parseArray(): Value {
  if (++depth > MAX_DEPTH) return UNDEFINED;
  take();
  const array = newArray(4);
  while (!closes(93)) {
    const item = parseValue();
    if (item == UNDEFINED) return UNDEFINED;
    arrayAppend(array, item);
    if (!separates(93)) return UNDEFINED;
  }
  depth--;
  return array;
}

/** Takes the end of a collection if it is there. */
function closes(close: u32): bool {
  skipBlank();
  if (peek() != close) return false;
  take();
  return true;
}

/** Takes a comma; the end of the collection may stand there as well. */
function separates(close: u32): bool {
  skipBlank();
  const c = peek();
  if (c == 44) take();
  return c == 44 || c == close;
}

function parseBraces(): Value {
  if (++depth > MAX_DEPTH) return UNDEFINED;
  take();
  if (closes(125)) {
    depth--;
    return newObject(0);
  }
  const first = parseValue();
  if (first == UNDEFINED) return UNDEFINED;
  skipBlank();
  const v = peek() == 58 ? parseObjectRest(first) : parseSetRest(first);
  depth--;
  return v;
}

function parseObjectRest(first: Value): Value {
  const object = newObject(8);
  let key = first;
  while (true) {
    skipBlank();
    if (take() != 58) return UNDEFINED;
    const value = parseValue();
    if (value == UNDEFINED) return UNDEFINED;
    objectInsert(object, key, value);
    if (!separates(125)) return UNDEFINED;
    if (closes(125)) return object;
    key = parseValue();
    if (key == UNDEFINED) return UNDEFINED;
  }
}

function parseSetRest(first: Value): Value {
  const set = newSet(4);
  setAdd(set, first);
  while (true) {
    if (!separates(125)) return UNDEFINED;
    if (closes(125)) return set;
    const item = parseValue();
    if (item == UNDEFINED) return UNDEFINED;
    setAdd(set, item);
  }
}
