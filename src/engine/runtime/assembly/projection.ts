import { sameBytes } from "./compare";
import { objectKeyAt, objectLength, objectPrefixAt, objectValueAt } from "./object";
import { arrayAt, stringLength, stringPtr, TRUE, TYPE_ARRAY, typeOf, UNDEFINED, Value } from "./value";

// Which parts of a document a policy can read; docs/abi.md §2.1.

/** Nothing of it is read. */
export const SKIP: Value = UNDEFINED;

/** What is read of a member with this string key. */
export function projectKey(projection: Value, prefix: u64, ptr: usize, length: u32): Value {
  if (projection == TRUE) return TRUE;
  if (typeOf(projection) == TYPE_ARRAY) return arrayAt(projection, 0);
  const n = objectLength(projection);
  for (let i: u32 = 0; i < n; i++) {
    if (objectPrefixAt(projection, i) != prefix) continue;
    const key = objectKeyAt(projection, i);
    if (stringLength(key) == length && sameBytes(stringPtr(key), ptr, length)) {
      return objectValueAt(projection, i);
    }
  }
  return SKIP;
}

/** What is read of the elements of an array. */
export function projectElements(projection: Value): Value {
  if (projection == TRUE) return TRUE;
  return typeOf(projection) == TYPE_ARRAY ? arrayAt(projection, 0) : SKIP;
}
