import { builtinError, failWith, typeName } from "../builtin-error";
import { rt_equal } from "../compare";
import { chargeFuel } from "../fuel";
import { termText } from "../json-dump";
import { heapTop } from "../memory";
import { asI64, fitsInt, fromI64 } from "../number";
import { objectCopy, objectDelete, objectGet, objectInsert, objectKeyAt, objectValueAt } from "../object";
import { newSet, setAdd, setDelete, setGet, setHas } from "../set";
import {
  arrayAppend,
  arrayAt,
  arrayLength,
  content,
  count,
  growItems,
  newArray,
  stringLength,
  stringPtr,
  TYPE_ARRAY,
  TYPE_NUMBER,
  TYPE_OBJECT,
  TYPE_SET,
  TYPE_STRING,
  typeOf,
  UNDEFINED,
  Value,
} from "../value";
import { readPath } from "./json-paths";
import { wantArray } from "./operand";
import { asciiString, textAscii, textBegin, textFinish, textValue } from "./text";

// json.patch: RFC 6902 over any value, with OPA's sets and paths. What a patch
// writes to it has copied before; a copy is known by standing above the place
// where the heap ended when the patch began.

let base: usize = 0;
// The document; undefined once it has been removed whole.
let root: Value = UNDEFINED;

export function builtin_json_patch(source: Value, operations: Value): Value {
  if (!wantArray(operations, 2)) return UNDEFINED;
  base = heapTop();
  root = source;
  for (let i: u32 = 0; i < arrayLength(operations); i++) {
    chargeFuel(4);
    if (!apply(arrayAt(operations, i))) return UNDEFINED;
  }
  return root;
}

function fail(text: string): bool {
  builtinError(text);
  return false;
}

/** An error with terms in it: before, first, between, second, after. */
function failAbout(before: string, first: Value, between: string, second: Value, after: string): bool {
  return failOver(before, termText(first), between, second, after);
}

function failOver(before: string, one: Value, between: string, second: Value, after: string): bool {
  const two = second == UNDEFINED ? UNDEFINED : termText(second);
  textBegin();
  textAscii(before);
  textValue(one);
  textAscii(between);
  if (two != UNDEFINED) textValue(two);
  textAscii(after);
  failWith(textFinish(), false);
  return false;
}

function attribute(operation: Value, name: string): Value {
  return objectGet(operation, asciiString(name));
}

function apply(operation: Value): bool {
  if (typeOf(operation) != TYPE_OBJECT) {
    return fail("must be an array of JSON-Patch objects, but at least one element is not an object");
  }
  const pathText = attribute(operation, "path");
  if (pathText == UNDEFINED) return fail("missing required attribute 'path'");
  const op = attribute(operation, "op");
  if (op == UNDEFINED) return fail("missing required attribute 'op'");
  if (typeOf(op) != TYPE_STRING) {
    textBegin();
    textAscii("attribute 'op' must be a string but found: ");
    textAscii(typeName(op));
    failWith(textFinish(), false);
    return false;
  }
  const path = readPath(pathText);
  if (path == UNDEFINED) return false;
  if (is(op, "add")) {
    const value = attribute(operation, "value");
    return value == UNDEFINED ? fail("missing required attribute 'value'") : insertAtPath(path, value);
  }
  if (is(op, "remove")) return deleteAtPath(path);
  if (is(op, "replace")) {
    if (!deleteAtPath(path)) return false;
    const value = attribute(operation, "value");
    return value == UNDEFINED ? fail("missing required attribute 'value'") : insertAtPath(path, value);
  }
  if (is(op, "move") || is(op, "copy")) return transfer(operation, path, is(op, "move"));
  if (is(op, "test")) return testAt(operation, path);
  textBegin();
  textAscii("unrecognized op: '");
  textValue(op);
  textAscii("'");
  failWith(textFinish(), false);
  return false;
}

function is(text: Value, word: string): bool {
  const n = <u32>word.length;
  if (stringLength(text) != n) return false;
  for (let i: u32 = 0; i < n; i++) if (<i32>load<u8>(stringPtr(text) + i) != word.charCodeAt(i)) return false;
  return true;
}

function transfer(operation: Value, path: Value, move: bool): bool {
  const fromText = attribute(operation, "from");
  if (fromText == UNDEFINED) return fail("missing required attribute 'from'");
  const from = readPath(fromText);
  if (from == UNDEFINED) return false;
  const found = find(from, arrayLength(from));
  if (found == UNDEFINED) return false;
  if (move && !deleteAtPath(from)) return false;
  return insertAtPath(path, move ? found : detached(found));
}

/** A value that nothing else will write to: what the patch made is copied. */
function detached(v: Value): Value {
  if (!isOurs(v)) return v;
  const n = count(v);
  chargeFuel(1 + <i32>n);
  const type = typeOf(v);
  if (type == TYPE_OBJECT) {
    const copy = objectCopy(v);
    for (let i: u32 = 0; i < n; i++) objectInsert(copy, objectKeyAt(v, i), detached(objectValueAt(v, i)));
    return copy;
  }
  const copy = type == TYPE_SET ? newSet(n) : newArray(n);
  for (let i: u32 = 0; i < n; i++) {
    if (type == TYPE_SET) setAdd(copy, arrayAt(v, i));
    else arrayAppend(copy, detached(arrayAt(v, i)));
  }
  return copy;
}

function testAt(operation: Value, path: Value): bool {
  const found = find(path, arrayLength(path));
  if (found == UNDEFINED) return false;
  const value = attribute(operation, "value");
  if (value == UNDEFINED) return fail("missing required attribute 'value'");
  if (rt_equal(found, value)) return true;
  return failAbout("value from EditTree != patch value.\n\nExpected: ", value, "\n\nFound: ", found, "");
}

function isComposite(v: Value): bool {
  return typeOf(v) >= TYPE_ARRAY;
}

function isOurs(v: Value): bool {
  return isComposite(v) && <usize>v >= base;
}

/** The container itself when the patch made it, else a copy that it may write to. */
function owned(v: Value): Value {
  if (isOurs(v)) return v;
  const n = count(v);
  chargeFuel(1 + <i32>(n >> 2));
  if (typeOf(v) == TYPE_OBJECT) return objectCopy(v);
  const copy = typeOf(v) == TYPE_SET ? newSet(n + 1) : newArray(n + 1);
  memory.copy(content(copy), content(v), <usize>n << 2);
  store<u32>(copy, n, 4);
  return copy;
}

// An index may be a number or text; `-` is the place after the last element.
let index: i64 = 0;

function readIndex(key: Value, length: u32): bool {
  const type = typeOf(key);
  if (type == TYPE_NUMBER) {
    if (!fitsInt(key)) return fail("invalid number type for indexing");
    index = asI64(key);
    return true;
  }
  if (type != TYPE_STRING) return fail("invalid type for indexing");
  const ptr = stringPtr(key);
  const n = stringLength(key);
  if (n == 1 && load<u8>(ptr) == 45) {
    index = length;
    return true;
  }
  if (!readInteger(ptr, n)) return fail("invalid string for indexing");
  if (n > 1 && load<u8>(ptr) == 48) return fail("leading zeros are not allowed in JSON paths");
  return true;
}

/** Decimal digits with a sign or without, zeros after a point or none, within 64 bits. */
function readInteger(ptr: usize, n: u32): bool {
  let i: u32 = 0;
  const sign = n > 0 ? <u32>load<u8>(ptr) : 0;
  if (sign == 45 || sign == 43) i++;
  if (i == n || n - i > 19) return false;
  let size: u64 = 0;
  let point = false;
  for (; i < n; i++) {
    const c = <u64>load<u8>(ptr + i);
    if (c == 46 && !point) point = true;
    else if (c - 48 > 9 || (point && c != 48)) return false;
    else if (!point) size = size * 10 + c - 48;
  }
  const most: u64 = sign == 45 ? 0x8000000000000000 : 0x7fffffffffffffff;
  if (size > most) return false;
  index = sign == 45 ? -(<i64>size) : <i64>size;
  return true;
}

/** One step down; undefined with an error. */
function step(v: Value, key: Value): Value {
  const type = typeOf(v);
  if (type == TYPE_OBJECT) {
    const found = objectGet(v, key);
    if (found == UNDEFINED) failAbout("path ", key, " does not exist in object term ", v, "");
    return found;
  }
  if (type == TYPE_SET) {
    const found = setGet(v, key);
    if (found == UNDEFINED) failOver("path ", typeOf(key) == TYPE_STRING ? key : termText(key), " does not exist in set term ", v, "");
    return found;
  }
  if (type == TYPE_ARRAY) {
    if (!readIndex(key, arrayLength(v))) return UNDEFINED;
    if (index >= 0 && index < <i64>arrayLength(v)) return arrayAt(v, <u32>index);
    failAbout("path ", fromI64(index), " does not exist in array term ", v, "");
    return UNDEFINED;
  }
  failAbout("expected composite type for path ", key, ", found value: ", v, goType(v));
  return UNDEFINED;
}

function goType(v: Value): string {
  const type = typeOf(v);
  if (type == TYPE_NUMBER) return " (type: ast.Number)";
  if (type == TYPE_STRING) return " (type: ast.String)";
  return type == 0 ? " (type: ast.Null)" : " (type: ast.Boolean)";
}

/** What the first `depth` segments lead to; undefined with an error. */
function find(path: Value, depth: u32): Value {
  let at = root;
  if (at == UNDEFINED) return missing();
  for (let i: u32 = 0; i < depth; i++) {
    at = step(at, arrayAt(path, i));
    if (at == UNDEFINED) return UNDEFINED;
  }
  return at;
}

function missing(): Value {
  return builtinError("nil value encountered where composite value was expected");
}

/** The container at the end of all but the last segment, ready to be written to. */
function writable(path: Value): Value {
  const depth = arrayLength(path) - 1;
  const found = find(path, depth);
  if (found == UNDEFINED || !isComposite(found)) return found;
  root = owned(root);
  let at = root;
  for (let i: u32 = 0; i < depth; i++) {
    const key = arrayAt(path, i);
    const child = step(at, key);
    const next = owned(child);
    if (next != child) putBack(at, key, child, next);
    at = next;
  }
  return at;
}

function putBack(container: Value, key: Value, old: Value, next: Value): void {
  const type = typeOf(container);
  if (type == TYPE_OBJECT) objectInsert(container, key, next);
  else if (type == TYPE_ARRAY) store<u32>(content(container) + (<usize>index << 2), next);
  else {
    setDelete(container, old);
    setAdd(container, next);
  }
}

function insertAtPath(path: Value, value: Value): bool {
  const n = arrayLength(path);
  if (n == 0) {
    root = value;
    return true;
  }
  const container = writable(path);
  if (container == UNDEFINED) return false;
  const key = arrayAt(path, n - 1);
  const type = typeOf(container);
  if (type == TYPE_OBJECT) {
    objectInsert(container, key, value);
    return true;
  }
  if (type == TYPE_SET) {
    if (!rt_equal(key, value)) return failAbout("set key ", key, " does not equal value to be inserted ", value, "");
    setAdd(container, value);
    return true;
  }
  if (type != TYPE_ARRAY) return notComposite(container);
  if (!readIndex(key, arrayLength(container))) return false;
  if (index < 0 || index > <i64>arrayLength(container)) return fail("index for array insertion out of bounds");
  insertItem(container, <u32>index, value);
  return true;
}

function notComposite(v: Value): bool {
  return failAbout("expected composite type, found value: ", v, goType(v), UNDEFINED, "");
}

function insertItem(array: Value, at: u32, value: Value): void {
  growItems(array, 2);
  const n = arrayLength(array);
  const slot = content(array) + (<usize>at << 2);
  memory.copy(slot + 4, slot, <usize>(n - at) << 2);
  chargeFuel(1 + <i32>((n - at) >> 4));
  store<u32>(slot, value);
  store<u32>(array, n + 1, 4);
}

function deleteAtPath(path: Value): bool {
  const n = arrayLength(path);
  if (n == 0) {
    if (root == UNDEFINED) return fail("deleted node encountered during delete operation");
    root = UNDEFINED;
    return true;
  }
  const container = writable(path);
  if (container == UNDEFINED) return false;
  const key = arrayAt(path, n - 1);
  const type = typeOf(container);
  if (type == TYPE_OBJECT || type == TYPE_SET) {
    const there = type == TYPE_OBJECT ? objectGet(container, key) != UNDEFINED : setHas(container, key);
    if (!there) return failAbout("cannot delete child key ", key, " that does not exist", UNDEFINED, "");
    if (type == TYPE_OBJECT) objectDelete(container, key);
    else setDelete(container, key);
    return true;
  }
  if (type != TYPE_ARRAY) return notComposite(container);
  if (!readIndex(key, arrayLength(container))) return false;
  if (index < 0 || index >= <i64>arrayLength(container)) return fail("index for array delete out of bounds");
  const slot = content(container) + (<usize>index << 2);
  const rest = arrayLength(container) - 1 - <u32>index;
  memory.copy(slot, slot + 4, <usize>rest << 2);
  chargeFuel(1 + <i32>(rest >> 4));
  store<u32>(container, arrayLength(container) - 1, 4);
  return true;
}
