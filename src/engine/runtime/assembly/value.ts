import { alloc } from "./memory";

/** A Rego value; docs/abi.md gives the bits. */
export type Value = u32;

export const UNDEFINED: Value = 0;
export const NULL: Value = 2;
export const FALSE: Value = 6;
export const TRUE: Value = 10;
/** In a memo slot: computed, and undefined. */
export const MEMO_UNDEFINED: Value = 14;

export const TYPE_NULL: u32 = 0;
export const TYPE_BOOLEAN: u32 = 1;
export const TYPE_NUMBER: u32 = 2;
export const TYPE_STRING: u32 = 3;
export const TYPE_ARRAY: u32 = 4;
export const TYPE_OBJECT: u32 = 5;
export const TYPE_SET: u32 = 6;

/** The type, in Rego's sort order. */
export function typeOf(v: Value): u32 {
  if (v & 1) return TYPE_NUMBER;
  if (v < 16) return v == NULL ? TYPE_NULL : TYPE_BOOLEAN;
  return <u32>load<u8>(v);
}

@inline
export function toBoolean(flag: bool): Value {
  return flag ? TRUE : FALSE;
}

@inline
export function count(v: Value): u32 {
  return load<u32>(v, 4);
}

@inline
export function content(v: Value): usize {
  return <usize>load<u32>(v, 8);
}

/** A string over bytes that stay where they are. */
export function newString(ptr: usize, length: u32): Value {
  const v = alloc(16);
  store<u32>(v, TYPE_STRING);
  store<u32>(v, length, 4);
  store<u32>(v, <u32>ptr, 8);
  return <Value>v;
}

export function copyString(ptr: usize, length: u32): Value {
  const bytes = alloc(length);
  memory.copy(bytes, ptr, length);
  return newString(bytes, length);
}

@inline
export function stringLength(v: Value): u32 {
  return count(v);
}

@inline
export function stringPtr(v: Value): usize {
  return content(v);
}

@inline
export function isString(v: Value): bool {
  return typeOf(v) == TYPE_STRING;
}

export function newArray(capacity: u32): Value {
  const v = alloc(16);
  store<u32>(v, TYPE_ARRAY);
  store<u32>(v, 0, 4);
  store<u32>(v, capacity > 0 ? <u32>alloc(capacity << 2) : 0, 8);
  store<u32>(v, capacity, 12);
  return <Value>v;
}

/** Makes an array of items that stand right after its header. */
export function arrayHeader(at: usize, length: u32): void {
  store<u32>(at, TYPE_ARRAY);
  store<u32>(at, length, 4);
  store<u32>(at, <u32>at + 16, 8);
  store<u32>(at, length, 12);
}

@inline
export function arrayLength(v: Value): u32 {
  return count(v);
}

@inline
export function arrayAt(v: Value, index: u32): Value {
  return load<u32>(content(v) + (<usize>index << 2));
}

/** Room for one more 4-byte item of an array or set. */
export function growItems(v: Value, itemShift: u32): void {
  const length = count(v);
  const capacity = load<u32>(v, 12);
  if (length < capacity) return;
  const wider: u32 = capacity < 4 ? 4 : capacity * 2;
  const items = alloc(<usize>wider << itemShift);
  memory.copy(items, content(v), <usize>length << itemShift);
  store<u32>(v, <u32>items, 8);
  store<u32>(v, wider, 12);
}

export function arrayAppend(v: Value, item: Value): void {
  const length = count(v);
  if (length == load<u32>(v, 12)) growItems(v, 2);
  store<u32>(content(v) + (<usize>length << 2), item);
  store<u32>(v, length + 1, 4);
}
