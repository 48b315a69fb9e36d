import { typeError, failWith, typeName } from "../builtin-error";
import { chargeFuel } from "../fuel";
import { newObject, objectGet, objectInsert, objectKeyAt, objectLength, objectSort, objectValueAt } from "../object";
import { newSet, setAdd, setAt, setLength } from "../set";
import {
  arrayAppend,
  arrayAt,
  arrayLength,
  count,
  newArray,
  newString,
  NULL,
  stringLength,
  stringPtr,
  TYPE_ARRAY,
  TYPE_OBJECT,
  TYPE_SET,
  TYPE_STRING,
  typeOf,
  UNDEFINED,
  Value,
} from "../value";
import { wantObject } from "./operand";
import { textAscii, textBegin, textByte, textFinish, textInteger } from "./text";

// json.filter and json.remove: paths become a tree of objects whose leaves are
// null, and the document is walked along it.

/** The segments of a path, a JSON pointer or an array; undefined with an error. */
export function readPath(path: Value): Value {
  if (typeOf(path) == TYPE_ARRAY) return path;
  if (typeOf(path) != TYPE_STRING) {
    textBegin();
    textAscii("operand 2 must be one of {set, array} containing string paths or array of path segments but got ");
    textAscii(typeName(path));
    return failWith(textFinish(), true);
  }
  const segments = newArray(0);
  const end = stringPtr(path) + stringLength(path);
  if (stringLength(path) == 0) return segments;
  let at = stringPtr(path);
  while (at < end && load<u8>(at) == 47) at++;
  while (true) {
    let stop = at;
    while (stop < end && load<u8>(stop) != 47) stop++;
    arrayAppend(segments, unescaped(at, <u32>(stop - at)));
    if (stop == end) return segments;
    at = stop + 1;
  }
}

/** `~1` is a slash, `~0` a tilde; the slash first, as in OPA. */
function unescaped(ptr: usize, n: u32): Value {
  let tilde = false;
  for (let i: u32 = 0; i < n; i++) if (load<u8>(ptr + i) == 126) tilde = true;
  if (!tilde) return newString(ptr, n);
  return replaced(replaced(newString(ptr, n), 49, 47), 48, 126);
}

function replaced(text: Value, digit: u32, by: u32): Value {
  const ptr = stringPtr(text);
  const n = stringLength(text);
  textBegin();
  for (let i: u32 = 0; i < n; i++) {
    const c = <u32>load<u8>(ptr + i);
    const hit = c == 126 && i + 1 < n && <u32>load<u8>(ptr + i + 1) == digit;
    textByte(hit ? by : c);
    if (hit) i++;
  }
  return textFinish();
}

/** The tree of an operand's paths; undefined with an error. */
function readTree(paths: Value): Value {
  const type = typeOf(paths);
  if (type != TYPE_ARRAY && type != TYPE_SET) return typeError(2, "one of {set, array}", paths);
  const tree = newObject(0);
  for (let i: u32 = 0; i < count(paths); i++) {
    const path = readPath(arrayAt(paths, i));
    if (path == UNDEFINED) return UNDEFINED;
    addPath(tree, path);
  }
  return tree;
}

function addPath(tree: Value, path: Value): void {
  const n = arrayLength(path);
  chargeFuel(1 + <i32>n);
  if (n == 0) return;
  let node = tree;
  for (let i: u32 = 0; i + 1 < n; i++) {
    const key = arrayAt(path, i);
    let child = objectGet(node, key);
    if (child == NULL) return;
    if (child == UNDEFINED) {
      child = newObject(0);
      objectInsert(node, key, child);
    }
    node = child;
  }
  objectInsert(node, arrayAt(path, n - 1), NULL);
}

/** An array's index as the tree has it: text. */
function indexText(i: u32): Value {
  textBegin();
  textInteger(i);
  return textFinish();
}

export function builtin_json_remove(v: Value, paths: Value): Value {
  if (!wantObject(v, 1)) return UNDEFINED;
  const tree = readTree(paths);
  return tree == UNDEFINED ? UNDEFINED : removed(v, tree);
}

/** What is left of a value; undefined when nothing is. */
function removed(v: Value, tree: Value): Value {
  if (tree == UNDEFINED) return v;
  if (tree == NULL) return UNDEFINED;
  const type = typeOf(v);
  if (type < TYPE_ARRAY || objectLength(tree) == 0) return v;
  const n = count(v);
  chargeFuel(1 + <i32>n);
  if (type == TYPE_OBJECT) {
    objectSort(v);
    const rest = newObject(n);
    for (let i: u32 = 0; i < n; i++) {
      const key = objectKeyAt(v, i);
      const left = removed(objectValueAt(v, i), objectGet(tree, key));
      if (left != UNDEFINED) objectInsert(rest, key, left);
    }
    return rest;
  }
  const rest = type == TYPE_SET ? newSet(n) : newArray(n);
  for (let i: u32 = 0; i < n; i++) {
    const item = arrayAt(v, i);
    const left = removed(item, objectGet(tree, type == TYPE_SET ? item : indexText(i)));
    if (left == UNDEFINED) continue;
    if (type == TYPE_SET) setAdd(rest, left);
    else arrayAppend(rest, left);
  }
  return rest;
}

export function builtin_json_filter(v: Value, paths: Value): Value {
  if (!wantObject(v, 1)) return UNDEFINED;
  const tree = readTree(paths);
  return tree == UNDEFINED ? UNDEFINED : filtered(v, tree);
}

/** What the tree names of a value. */
function filtered(v: Value, tree: Value): Value {
  const type = typeOf(v);
  if (tree == NULL || type < TYPE_ARRAY) return v;
  chargeFuel(1 + <i32>count(v));
  if (type == TYPE_OBJECT) return filteredObject(v, tree);
  const kept = type == TYPE_SET ? newSet(0) : newArray(0);
  for (let i: u32 = 0; i < count(v); i++) {
    const item = arrayAt(v, i);
    const inner = objectGet(tree, type == TYPE_SET ? item : indexText(i));
    if (inner == UNDEFINED) continue;
    if (type == TYPE_SET) setAdd(kept, filtered(item, inner));
    else arrayAppend(kept, filtered(item, inner));
  }
  return kept;
}

function filteredObject(v: Value, tree: Value): Value {
  const kept = newObject(0);
  objectSort(tree);
  for (let i: u32 = 0; i < objectLength(tree); i++) {
    const key = objectKeyAt(tree, i);
    const value = objectGet(v, key);
    if (value != UNDEFINED) objectInsert(kept, key, filtered(value, objectValueAt(tree, i)));
  }
  return kept;
}
