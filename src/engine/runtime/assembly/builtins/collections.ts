import { countRunes } from "../scan";
import { failWith, typeError } from "../builtin-error";
import { rt_compare, rt_equal } from "../compare";
import { rt_dot } from "../dot";
import { chargeFuel } from "../fuel";
import { asI64, fromI64 } from "../number";
import {
  newObject,

  objectGet,
  objectInsert,
  objectKeyAt,
  objectLength,
  objectSort,
  objectValueAt,
  rt_object_merge,
} from "../object";
import { newSet, setAdd, setAt, setHas, setLength } from "../set";
import {
  arrayAppend,
  arrayAt,
  arrayLength,
  count,
  newArray,
  stringLength,
  stringPtr,
  toBoolean,
  TRUE,
  TYPE_ARRAY,
  TYPE_OBJECT,
  TYPE_SET,
  TYPE_STRING,
  typeOf,
  UNDEFINED,
  Value,
} from "../value";
import { elementError } from "./element-error";
import { fold } from "./numbers";
import { runeSize } from "./strings";
import { asciiString } from "./text";
import { wantArray, wantInteger, wantList, wantObject, wantSet, wantSetOrArray } from "./operand";

export function builtin_count(v: Value): Value {
  const type = typeOf(v);
  if (type >= TYPE_ARRAY) return fromI64(<i64>count(v));
  if (type == TYPE_STRING) return fromI64(runes(v));
  return typeError(1, "one of {array, object, set, string}", v);
}

/** Code points of a string. */
export function runes(v: Value): i64 {
  if (load<u8>(v, 1) == 0) return <i64>countRunes(stringPtr(v), stringLength(v));
  // Not all of it is UTF-8: each byte that begins no rune counts.
  let found: i64 = 0;
  for (let i: u32 = 0; i < stringLength(v); i += runeSize(stringPtr(v) + i)) found++;
  return found;
}

export function builtin_sum(v: Value): Value {
  return wantSetOrArray(v, 1) ? fold(v, false) : UNDEFINED;
}
export function builtin_product(v: Value): Value {
  return wantSetOrArray(v, 1) ? fold(v, true) : UNDEFINED;
}

function extreme(v: Value, sign: i32): Value {
  if (!wantSetOrArray(v, 1)) return UNDEFINED;
  const n = count(v);
  if (n == 0) return UNDEFINED;
  let best = arrayAt(v, 0);
  for (let i: u32 = 1; i < n; i++) {
    // Of equal numbers the last one's spelling wins.
    if (rt_compare(arrayAt(v, i), best) * sign >= 0) best = arrayAt(v, i);
  }
  return best;
}
export function builtin_max(v: Value): Value {
  return extreme(v, 1);
}
export function builtin_min(v: Value): Value {
  return extreme(v, -1);
}

export function builtin_all(v: Value): Value {
  if (!wantList(v, 1)) return UNDEFINED;
  const n = count(v);
  for (let i: u32 = 0; i < n; i++) if (arrayAt(v, i) != TRUE) return toBoolean(false);
  return TRUE;
}
export function builtin_any(v: Value): Value {
  if (!wantList(v, 1)) return UNDEFINED;
  const n = count(v);
  for (let i: u32 = 0; i < n; i++) if (arrayAt(v, i) == TRUE) return TRUE;
  return toBoolean(false);
}

/** A sorted array; duplicates of an array stay. */
export function builtin_sort(v: Value): Value {
  if (!wantSetOrArray(v, 1)) return UNDEFINED;
  const n = count(v);
  chargeFuel(<i32>n);
  let from = newArray(n);
  for (let i: u32 = 0; i < n; i++) arrayAppend(from, arrayAt(v, i));
  if (typeOf(v) == TYPE_SET) return from;
  let to = newArray(n);
  store<u32>(to, n, 4);
  for (let width: u32 = 1; width < n; width *= 2) {
    for (let low: u32 = 0; low < n; low += 2 * width) {
      mergeRuns(from, to, low, min(low + width, n), min(low + 2 * width, n));
    }
    const swap = from;
    from = to;
    to = swap;
  }
  return from;
}

function mergeRuns(from: Value, to: Value, low: u32, middle: u32, high: u32): void {
  const target = <usize>load<u32>(to, 8);
  let i = low;
  let j = middle;
  for (let k = low; k < high; k++) {
    const left =
      j >= high || (i < middle && rt_compare(arrayAt(from, i), arrayAt(from, j)) <= 0);
    store<u32>(target + (<usize>k << 2), left ? arrayAt(from, i++) : arrayAt(from, j++));
  }
}

// Sets.

export function builtin_and(a: Value, b: Value): Value {
  if (!wantSet(a, 1) || !wantSet(b, 2)) return UNDEFINED;
  const n = setLength(a);
  chargeFuel(<i32>n);
  const both = newSet(0);
  for (let i: u32 = 0; i < n; i++) if (setHas(b, setAt(a, i))) setAdd(both, setAt(a, i));
  return both;
}

export function builtin_or(a: Value, b: Value): Value {
  if (!wantSet(a, 1) || !wantSet(b, 2)) return UNDEFINED;
  return unite(a, b);
}

/** The union by merging two ordered lists. */
function unite(a: Value, b: Value): Value {
  const n = setLength(a);
  const m = setLength(b);
  chargeFuel(<i32>(n + m));
  const all = newSet(n + m);
  let i: u32 = 0;
  let j: u32 = 0;
  while (i < n || j < m) {
    if (j >= m || (i < n && rt_compare(setAt(a, i), setAt(b, j)) <= 0)) setAdd(all, setAt(a, i++));
    else setAdd(all, setAt(b, j++));
  }
  return all;
}

export function builtin_set_diff(a: Value, b: Value): Value {
  if (!wantSet(a, 1) || !wantSet(b, 2)) return UNDEFINED;
  return setDifference(a, b);
}

import { setDifference } from "./numbers";

export function builtin_union(v: Value): Value {
  if (!wantSet(v, 1)) return UNDEFINED;
  let all = newSet(0);
  for (let i: u32 = 0; i < setLength(v); i++) {
    if (!wantSet(setAt(v, i), 1)) return UNDEFINED;
    all = unite(all, setAt(v, i));
  }
  return all;
}

export function builtin_intersection(v: Value): Value {
  if (!wantSet(v, 1)) return UNDEFINED;
  if (setLength(v) == 0) return newSet(0);
  let all = setAt(v, 0);
  if (!wantSet(all, 1)) return UNDEFINED;
  for (let i: u32 = 1; i < setLength(v); i++) {
    all = builtin_and(all, setAt(v, i));
    if (all == UNDEFINED) return UNDEFINED;
  }
  return all;
}

export function builtin_internal_member_2(item: Value, collection: Value): Value {
  const type = typeOf(collection);
  if (type == TYPE_SET) return toBoolean(setHas(collection, item));
  if (type == TYPE_ARRAY) {
    for (let i: u32 = 0; i < arrayLength(collection); i++) {
      if (rt_equal(arrayAt(collection, i), item)) return TRUE;
    }
  } else if (type == TYPE_OBJECT) {
    for (let i: u32 = 0; i < objectLength(collection); i++) {
      if (rt_equal(objectValueAt(collection, i), item)) return TRUE;
    }
  }
  return toBoolean(false);
}

export function builtin_internal_member_3(key: Value, item: Value, collection: Value): Value {
  const found = rt_dot(collection, key);
  return toBoolean(found != UNDEFINED && rt_equal(found, item) == 1);
}

// Arrays.

export function builtin_array_concat(a: Value, b: Value): Value {
  if (!wantArray(a, 1) || !wantArray(b, 2)) return UNDEFINED;
  const all = newArray(arrayLength(a) + arrayLength(b));
  for (let i: u32 = 0; i < arrayLength(a); i++) arrayAppend(all, arrayAt(a, i));
  for (let i: u32 = 0; i < arrayLength(b); i++) arrayAppend(all, arrayAt(b, i));
  return all;
}

export function builtin_array_slice(v: Value, from: Value, to: Value): Value {
  if (!wantArray(v, 1) || !wantInteger(from, 2) || !wantInteger(to, 3)) return UNDEFINED;
  const n = <i64>arrayLength(v);
  const low = max<i64>(0, asI64(from));
  const high = min<i64>(n, asI64(to));
  const part = newArray(0);
  for (let i = low; i < high; i++) arrayAppend(part, arrayAt(v, <u32>i));
  return part;
}

export function builtin_array_reverse(v: Value): Value {
  if (!wantArray(v, 1)) return UNDEFINED;
  const n = arrayLength(v);
  const turned = newArray(n);
  for (let i = n; i > 0; i--) arrayAppend(turned, arrayAt(v, i - 1));
  return turned;
}

export function builtin_array_flatten(v: Value): Value {
  if (!wantArray(v, 1)) return UNDEFINED;
  const flat = newArray(0);
  for (let i: u32 = 0; i < arrayLength(v); i++) {
    const item = arrayAt(v, i);
    if (typeOf(item) == TYPE_ARRAY) {
      for (let k: u32 = 0; k < arrayLength(item); k++) arrayAppend(flat, arrayAt(item, k));
    } else {
      arrayAppend(flat, item);
    }
  }
  return flat;
}

// Objects.

export function builtin_object_get(v: Value, key: Value, fallback: Value): Value {
  if (!wantObject(v, 1)) return UNDEFINED;
  if (typeOf(key) != TYPE_ARRAY) {
    const found = objectGet(v, key);
    return found == UNDEFINED ? fallback : found;
  }
  let at = v;
  for (let i: u32 = 0; i < arrayLength(key); i++) {
    at = rt_dot(at, arrayAt(key, i));
    if (at == UNDEFINED) return fallback;
  }
  return at;
}

export function builtin_object_keys(v: Value): Value {
  if (!wantObject(v, 1)) return UNDEFINED;
  objectSort(v);
  const keys = newSet(objectLength(v));
  for (let i: u32 = 0; i < objectLength(v); i++) setAdd(keys, objectKeyAt(v, i));
  return keys;
}

/** The members of an array, set, or the keys of an object, as a set. */
function keySet(v: Value): Value {
  const type = typeOf(v);
  if (type == TYPE_SET) return v;
  const keys = newSet(0);
  if (type == TYPE_OBJECT) return builtin_object_keys(v);
  for (let i: u32 = 0; i < arrayLength(v); i++) setAdd(keys, arrayAt(v, i));
  return keys;
}

function pick(v: Value, keys: Value, keep: bool): Value {
  if (!wantObject(v, 1)) return UNDEFINED;
  if (typeOf(keys) < TYPE_ARRAY) return typeError(2, "one of {object, set, array}", keys);
  const chosen = keySet(keys);
  objectSort(v);
  const picked = newObject(0);
  for (let i: u32 = 0; i < objectLength(v); i++) {
    const key = objectKeyAt(v, i);
    if (setHas(chosen, key) == keep) objectInsert(picked, key, objectValueAt(v, i));
  }
  return picked;
}

export function builtin_object_remove(v: Value, keys: Value): Value {
  return pick(v, keys, false);
}
export function builtin_object_filter(v: Value, keys: Value): Value {
  return pick(v, keys, true);
}

export function builtin_object_union(a: Value, b: Value): Value {
  if (!wantObject(a, 1) || !wantObject(b, 2)) return UNDEFINED;
  return rt_object_merge(b, a);
}

export function builtin_object_union_n(v: Value): Value {
  if (!wantArray(v, 1)) return UNDEFINED;
  for (let i: u32 = 0; i < arrayLength(v); i++) {
    if (typeOf(arrayAt(v, i)) != TYPE_OBJECT) return elementError(1, "object", v, arrayAt(v, i));
  }
  let all = newObject(0);
  for (let i: u32 = 0; i < arrayLength(v); i++) all = rt_object_merge(arrayAt(v, i), all);
  return all;
}

export function builtin_object_subset(whole: Value, part: Value): Value {
  const type = typeOf(whole);
  const other = typeOf(part);
  if (type == TYPE_ARRAY && other == TYPE_SET) return toBoolean(holdsAll(whole, part));
  if (type != other || type < TYPE_ARRAY) {
    return failWith(asciiString("both arguments object.subset must be of the same type or array and set"), true);
  }
  return toBoolean(isSubset(whole, part));
}

/** OPA counts members met, repeated ones too, and nothing is in an empty array. */
function holdsAll(whole: Value, part: Value): bool {
  let left = <i64>setLength(part);
  chargeFuel(<i32>arrayLength(whole));
  for (let i: u32 = 0; i < arrayLength(whole); i++) {
    if (setHas(part, arrayAt(whole, i))) left--;
    if (left == 0) return true;
  }
  return false;
}

function isSubset(whole: Value, part: Value): bool {
  const type = typeOf(whole);
  if (type != typeOf(part)) return false;
  if (type == TYPE_SET) {
    for (let i: u32 = 0; i < setLength(part); i++) if (!setHas(whole, setAt(part, i))) return false;
    return true;
  }
  if (type == TYPE_ARRAY) return isSubArray(whole, part);
  if (type != TYPE_OBJECT) return rt_equal(whole, part) == 1;
  for (let i: u32 = 0; i < objectLength(part); i++) {
    const found = objectGet(whole, objectKeyAt(part, i));
    if (found == UNDEFINED) return false;
    const value = objectValueAt(part, i);
    if (rt_equal(found, value) == 0 && (typeOf(value) < TYPE_ARRAY || !isSubset(found, value))) return false;
  }
  return true;
}

/** Consecutive elements. */
function isSubArray(whole: Value, part: Value): bool {
  const n = arrayLength(whole);
  const m = arrayLength(part);
  for (let start: u32 = 0; start + m <= n; start++) {
    chargeFuel(1);
    let same = true;
    for (let i: u32 = 0; i < m && same; i++) same = rt_equal(arrayAt(whole, start + i), arrayAt(part, i)) == 1;
    if (same) return true;
  }
  return false;
}

// Documents.

/** Every place of a document as [path, value], the document itself first. */
export function builtin_walk(v: Value): Value {
  const found = newArray(0);
  walkInto(found, newArray(0), v);
  return found;
}

function walkInto(found: Value, path: Value, v: Value): void {
  chargeFuel(1);
  const pair = newArray(2);
  arrayAppend(pair, path);
  arrayAppend(pair, v);
  arrayAppend(found, pair);
  const type = typeOf(v);
  if (type == TYPE_OBJECT) {
    objectSort(v);
    for (let i: u32 = 0; i < objectLength(v); i++) {
      walkInto(found, pathWith(path, objectKeyAt(v, i)), objectValueAt(v, i));
    }
  } else if (type >= TYPE_ARRAY) {
    for (let i: u32 = 0; i < count(v); i++) {
      const key = type == TYPE_ARRAY ? fromI64(<i64>i) : arrayAt(v, i);
      walkInto(found, pathWith(path, key), arrayAt(v, i));
    }
  }
}

function pathWith(path: Value, key: Value): Value {
  const n = arrayLength(path);
  const longer = newArray(n + 1);
  memory.copy(load<u32>(longer, 8), load<u32>(path, 8), <usize>n << 2);
  store<u32>(longer, n, 4);
  arrayAppend(longer, key);
  return longer;
}
