import { dumpText } from "./json-dump";
import { fitsI64, asI64, fromI64 } from "./number";
import {
  objectGet,
  objectGetString,
  objectKeyAt,
  objectSort,
  objectValueAt,
} from "./object";
import { setGet } from "./set";
import {
  arrayAt,
  count,
  newArray,
  arrayAppend,
  TYPE_ARRAY,
  TYPE_NUMBER,
  TYPE_OBJECT,
  TYPE_SET,
  typeOf,
  UNDEFINED,
  Value,
} from "./value";

/** One step of a ref. */
export function rt_dot(source: Value, key: Value): Value {
  if (source < 16 || source & 1 || key == 0) return UNDEFINED;
  const type = <u32>load<u8>(source);
  if (type == TYPE_OBJECT) return objectGet(source, key);
  if (type == TYPE_ARRAY) {
    if (typeOf(key) != TYPE_NUMBER || !fitsI64(key)) return UNDEFINED;
    const index = asI64(key);
    return index >= 0 && index < <i64>count(source) ? arrayAt(source, <u32>index) : UNDEFINED;
  }
  return type == TYPE_SET ? setGet(source, key) : UNDEFINED;
}

/** The same in base data, where a number names the member of its text. */
export function rt_dot_document(source: Value, key: Value): Value {
  const found = rt_dot(source, key);
  if (
    found != UNDEFINED ||
    key == UNDEFINED ||
    typeOf(key) != TYPE_NUMBER ||
    typeOf(source) != TYPE_OBJECT
  ) {
    return found;
  }
  return objectGet(source, dumpText(key, false));
}

/** The same for a constant string key with its prefix. */
export function rt_dot_string(source: Value, key: Value, prefix: u64): Value {
  if (source < 16 || source & 1) return UNDEFINED;
  const type = <u32>load<u8>(source);
  if (type == TYPE_OBJECT) return objectGetString(source, key, prefix);
  return type == TYPE_SET ? setGet(source, key) : UNDEFINED;
}

/** Elements of a collection, -1 for scalars. */
export function rt_len(v: Value): i32 {
  return v != 0 && typeOf(v) >= TYPE_ARRAY ? <i32>count(v) : -1;
}

export function rt_size(v: Value): Value {
  const n = rt_len(v);
  return n < 0 ? UNDEFINED : fromI64(<i64>n);
}

/** Puts a collection in order for a scan; its length, 0 for scalars. */
export function rt_scan_prepare(v: Value): i32 {
  if (v < 16 || v & 1) return 0;
  const type = <u32>load<u8>(v);
  if (type < TYPE_ARRAY) return 0;
  if (type == TYPE_OBJECT) objectSort(v);
  return <i32>count(v);
}

export function rt_key_at(v: Value, index: i32): Value {
  // Only elements of collections are asked for.
  const type = <u32>load<u8>(v);
  if (type == TYPE_ARRAY) return fromI64(<i64>index);
  return type == TYPE_OBJECT ? objectKeyAt(v, <u32>index) : arrayAt(v, <u32>index);
}

export function rt_value_at(v: Value, index: i32): Value {
  return load<u8>(v) == TYPE_OBJECT ? objectValueAt(v, <u32>index) : arrayAt(v, <u32>index);
}

export function rt_array(capacity: i32): Value {
  return newArray(<u32>capacity);
}

export function rt_array_append(v: Value, item: Value): void {
  arrayAppend(v, item);
}

/** The type of a value, in Rego's order; docs/abi.md §1. */
export function rt_type_of(v: Value): i32 {
  return v == UNDEFINED ? -1 : <i32>typeOf(v);
}
