import { newObject, objectCopy, objectGet, objectInsert } from "./object";
import { arrayAt, arrayLength, TYPE_OBJECT, typeOf, UNDEFINED, Value } from "./value";

/** A copy of `base` with `value` at `path`; missing objects are made on the way. */
export function rt_upsert(base: Value, path: Value, value: Value): Value {
  return upsertFrom(base, path, 0, value);
}

function upsertFrom(base: Value, path: Value, index: u32, value: Value): Value {
  if (index == arrayLength(path)) return value;
  const isObject = base != UNDEFINED && typeOf(base) == TYPE_OBJECT;
  const copy = isObject ? objectCopy(base) : newObject(1);
  const key = arrayAt(path, index);
  const inner = isObject ? objectGet(base, key) : UNDEFINED;
  objectInsert(copy, key, upsertFrom(inner, path, index + 1, value));
  return copy;
}

/** A copy of `base` without what is at `path`. */
export function removePath(base: Value, path: Value, index: u32): Value {
  if (base == UNDEFINED || typeOf(base) != TYPE_OBJECT || index >= arrayLength(path)) return base;
  const key = arrayAt(path, index);
  const inner = objectGet(base, key);
  if (inner == UNDEFINED) return base;
  if (index + 1 < arrayLength(path)) {
    const copy = objectCopy(base);
    objectInsert(copy, key, removePath(inner, path, index + 1));
    return copy;
  }
  return objectWithout(base, key);
}

import { objectKeyAt, objectLength, objectSort, objectValueAt } from "./object";
import { rt_equal } from "./compare";

function objectWithout(base: Value, key: Value): Value {
  objectSort(base);
  const n = objectLength(base);
  const copy = newObject(n);
  for (let i: u32 = 0; i < n; i++) {
    const k = objectKeyAt(base, i);
    if (!rt_equal(k, key)) objectInsert(copy, k, objectValueAt(base, i));
  }
  return copy;
}
