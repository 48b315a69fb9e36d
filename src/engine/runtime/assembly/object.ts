import { rt_compare, rt_equal, sameBytes } from "./compare";
import { chargeFuel } from "./fuel";
import { alloc, isReadable } from "./memory";
import { newSet, setAdd, setAt, setLength } from "./set";
import {
  content,
  count,
  growItems,
  stringLength,
  stringPtr,
  TYPE_OBJECT,
  TYPE_SET,
  TYPE_STRING,
  typeOf,
  UNDEFINED,
  Value,
} from "./value";

// Entries of 16 bytes: u64 prefix, u32 key, u32 value. Objects built by
// insertion are always in order; the JSON reader may leave short ones
// unordered until the order is needed.

// Up to here a scan beats a search.
const SCAN_LIMIT: u32 = 12;

export function newObject(capacity: u32): Value {
  const v = alloc(16);
  store<u32>(v, TYPE_OBJECT | (1 << 8));
  store<u32>(v, 0, 4);
  store<u32>(v, capacity > 0 ? <u32>alloc(<usize>capacity << 4) : 0, 8);
  store<u32>(v, capacity, 12);
  return <Value>v;
}

export function rt_object(): Value {
  return newObject(0);
}

@inline
export function objectLength(v: Value): u32 {
  return count(v);
}

@inline
function entryAt(v: Value, index: u32): usize {
  return content(v) + (<usize>index << 4);
}

@inline
export function objectPrefixAt(v: Value, index: u32): u64 {
  return load<u64>(entryAt(v, index));
}

@inline
export function objectKeyAt(v: Value, index: u32): Value {
  return load<u32>(entryAt(v, index), 8);
}

@inline
export function objectValueAt(v: Value, index: u32): Value {
  return load<u32>(entryAt(v, index), 12);
}

/** The first eight bytes of a string key, big-endian; 0 for other keys. */
export function keyPrefix(key: Value): u64 {
  if (typeOf(key) != TYPE_STRING) return 0;
  return bytesPrefix(stringPtr(key), stringLength(key));
}

export function bytesPrefix(ptr: usize, length: u32): u64 {
  if (length >= 8) return bswap(load<u64>(ptr));
  if (length == 0) return 0;
  // Reads past the string where memory goes on; the mask drops it.
  if (isReadable(ptr + 8)) return bswap(load<u64>(ptr)) & ((<u64>-1) << <u64>(64 - 8 * length));
  let prefix: u64 = 0;
  for (let i: u32 = 0; i < 8; i++) {
    prefix = (prefix << 8) | (i < length ? <u64>load<u8>(ptr + i) : 0);
  }
  return prefix;
}

function compareKeys(prefixA: u64, a: Value, prefixB: u64, b: Value): i32 {
  if (prefixA != prefixB && prefixA != 0 && prefixB != 0) return prefixA < prefixB ? -1 : 1;
  return rt_compare(a, b);
}

@inline
export function objectIsSorted(v: Value): bool {
  return load<u8>(v, 1) == 1;
}

/** Index of a key, or ~index of where it belongs. */
function search(v: Value, prefix: u64, key: Value): i32 {
  let low: i32 = 0;
  let high = <i32>count(v) - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const entry = entryAt(v, middle);
    const order = compareKeys(load<u64>(entry), load<u32>(entry, 8), prefix, key);
    if (order == 0) return middle;
    if (order < 0) low = middle + 1;
    else high = middle - 1;
  }
  return ~low;
}

function scanFor(v: Value, prefix: u64, key: Value): i32 {
  const n = count(v);
  for (let i: u32 = 0; i < n; i++) {
    const entry = entryAt(v, i);
    if (load<u64>(entry) == prefix && rt_equal(load<u32>(entry, 8), key)) return <i32>i;
  }
  return -1;
}

function find(v: Value, prefix: u64, key: Value): i32 {
  if (count(v) <= SCAN_LIMIT) return scanFor(v, prefix, key);
  objectSort(v);
  return search(v, prefix, key);
}

export function objectGet(v: Value, key: Value): Value {
  const at = find(v, keyPrefix(key), key);
  return at < 0 ? UNDEFINED : objectValueAt(v, <u32>at);
}

/** Place of a key in the order of keys, -1 when it is not there. */
export function objectIndex(v: Value, key: Value): i32 {
  objectSort(v);
  const at = search(v, keyPrefix(key), key);
  return at < 0 ? -1 : at;
}

/** Takes a key out. */
export function objectDelete(v: Value, key: Value): void {
  const at = objectIndex(v, key);
  if (at < 0) return;
  const n = count(v);
  const entry = entryAt(v, <u32>at);
  memory.copy(entry, entry + 16, <usize>(n - 1 - <u32>at) << 4);
  chargeFuel(1 + (<i32>(n - <u32>at) >> 2));
  store<u32>(v, n - 1, 4);
}

/** The value of a string key of which the prefix is known. */
export function objectGetString(v: Value, key: Value, prefix: u64): Value {
  const n = count(v);
  if (n > SCAN_LIMIT) {
    objectSort(v);
    const at = search(v, prefix, key);
    return at < 0 ? UNDEFINED : objectValueAt(v, <u32>at);
  }
  const end = entryAt(v, n);
  for (let entry = content(v); entry < end; entry += 16) {
    if (load<u64>(entry) == prefix) {
      const k = load<u32>(entry, 8);
      if (k == key || sameKeyText(k, key, prefix)) return load<u32>(entry, 12);
    }
  }
  return UNDEFINED;
}

/** Whether a key of the same prefix is this string. */
@inline
function sameKeyText(k: Value, key: Value, prefix: u64): bool {
  // The empty string and keys of other types have no prefix.
  if (prefix == 0) return rt_equal(k, key) == 1;
  const length = stringLength(key);
  // Below the ninth byte, the prefix has it all; NUL bytes at the end count in the length.
  return stringLength(k) == length &&
    (length <= 8 || sameBytes(stringPtr(k) + 8, stringPtr(key) + 8, length - 8));
}

/**
 * Makes an object of entries as they were read, at an address with room for
 * them after the header. Of equal keys the last stays.
 */
export function objectFromEntries(at: usize, from: usize, n: u32, mayRepeat: bool): Value {
  const to = at + 16;
  let last: u64 = 0;
  // Prefixes that ascend prove the order; equal ones prove nothing.
  let sorted = true;
  for (let i: usize = 0; i < <usize>n << 4; i += 16) {
    const prefix = load<u64>(from + i);
    if (prefix <= last && i > 0) sorted = false;
    last = prefix;
    store<u64>(to + i, prefix);
    store<u64>(to + i, load<u64>(from + i, 8), 8);
  }
  store<u32>(at, TYPE_OBJECT | (sorted ? 1 << 8 : 0));
  store<u32>(at, n, 4);
  store<u32>(at, <u32>to, 8);
  store<u32>(at, n, 12);
  if (mayRepeat || n > SCAN_LIMIT) objectSort(<Value>at);
  return <Value>at;
}

function insertAt(v: Value, index: u32, prefix: u64, key: Value, value: Value): void {
  growItems(v, 4);
  const n = count(v);
  const entry = entryAt(v, index);
  if (index < n) {
    memory.copy(entry + 16, entry, <usize>(n - index) << 4);
    chargeFuel(1 + (<i32>(n - index) >> 2));
  }
  store<u64>(entry, prefix);
  store<u32>(entry, key, 8);
  store<u32>(entry, value, 12);
  store<u32>(v, n + 1, 4);
}

/** Where a key belongs in a sorted object; appending in order is one comparison. */
function place(v: Value, prefix: u64, key: Value): i32 {
  objectSort(v);
  const n = count(v);
  if (n > 0) {
    const last = entryAt(v, n - 1);
    if (compareKeys(load<u64>(last), load<u32>(last, 8), prefix, key) < 0) return ~(<i32>n);
  }
  return search(v, prefix, key);
}

/** Sets a key; a value already there is replaced. */
export function objectInsert(v: Value, key: Value, value: Value): void {
  const prefix = keyPrefix(key);
  const at = place(v, prefix, key);
  if (at < 0) insertAt(v, <u32>~at, prefix, key, value);
  else store<u32>(entryAt(v, <u32>at), value, 12);
}

export function rt_object_insert(v: Value, key: Value, value: Value): void {
  objectInsert(v, key, value);
}

/** 0 when another value is there already. */
export function rt_object_insert_once(v: Value, key: Value, value: Value): i32 {
  const prefix = keyPrefix(key);
  const at = place(v, prefix, key);
  if (at >= 0) return rt_equal(objectValueAt(v, <u32>at), value);
  insertAt(v, <u32>~at, prefix, key, value);
  return 1;
}

/** Puts the entries in order; of equal keys the last stays. */
export function objectSort(v: Value): void {
  if (objectIsSorted(v)) return;
  const n = count(v);
  chargeFuel(<i32>n);
  const sorted = mergeSort(content(v), n);
  // Duplicates stand next to each other, in the order they came.
  let kept: u32 = 0;
  for (let i: u32 = 0; i < n; i++) {
    const entry = sorted + (<usize>i << 4);
    if (i + 1 < n && sameKey(entry, entry + 16)) continue;
    copyEntry(sorted + (<usize>kept << 4), entry);
    kept++;
  }
  store<u32>(v, <u32>sorted, 8);
  store<u32>(v, n, 12);
  store<u32>(v, kept, 4);
  store<u8>(v, 1, 1);
}

@inline
function copyEntry(to: usize, from: usize): void {
  store<u64>(to, load<u64>(from));
  store<u64>(to, load<u64>(from, 8), 8);
}

function sameKey(a: usize, b: usize): bool {
  return load<u64>(a) == load<u64>(b) && rt_equal(load<u32>(a, 8), load<u32>(b, 8)) == 1;
}

/** A sorted copy of n entries; stable. */
function mergeSort(entries: usize, n: u32): usize {
  const bytes = <usize>n << 4;
  let from = alloc(bytes);
  let to = alloc(bytes);
  memory.copy(from, entries, bytes);
  for (let width: u32 = 1; width < n; width *= 2) {
    for (let low: u32 = 0; low < n; low += 2 * width) {
      merge(from, to, low, min(low + width, n), min(low + 2 * width, n));
    }
    const swap = from;
    from = to;
    to = swap;
  }
  return from;
}

function merge(from: usize, to: usize, low: u32, middle: u32, high: u32): void {
  let i = low;
  let j = middle;
  for (let k = low; k < high; k++) {
    const a = from + (<usize>i << 4);
    const b = from + (<usize>j << 4);
    const left =
      j >= high ||
      (i < middle &&
        compareKeys(load<u64>(a), load<u32>(a, 8), load<u64>(b), load<u32>(b, 8)) <= 0);
    copyEntry(to + (<usize>k << 4), left ? a : b);
    if (left) i++;
    else j++;
  }
}

/** A shallow copy with room for one more. */
export function objectCopy(v: Value): Value {
  objectSort(v);
  const n = count(v);
  const copy = newObject(n + 1);
  memory.copy(content(copy), content(v), <usize>n << 4);
  store<u32>(copy, n, 4);
  return copy;
}

export function rt_object_merge(a: Value, b: Value): Value {
  const merged = objectCopy(b);
  const n = count(a);
  objectSort(a);
  for (let i: u32 = 0; i < n; i++) {
    const key = objectKeyAt(a, i);
    let value = objectValueAt(a, i);
    const other = objectGet(merged, key);
    if (other != UNDEFINED && typeOf(other) == TYPE_OBJECT && typeOf(value) == TYPE_OBJECT) {
      value = rt_object_merge(value, other);
    }
    objectInsert(merged, key, value);
  }
  return merged;
}

/**
 * Two objects of partial rules in one, down to `depth` keys. Sets at the end of
 * a path unite; undefined when the two hold different values for one path.
 */
export function rt_object_merge_once(a: Value, b: Value, depth: i32): Value {
  if (typeOf(a) != TYPE_OBJECT || typeOf(b) != TYPE_OBJECT) return UNDEFINED;
  const merged = objectCopy(a);
  const n = count(b);
  objectSort(b);
  for (let i: u32 = 0; i < n; i++) {
    const key = objectKeyAt(b, i);
    const other = objectGet(merged, key);
    let value = objectValueAt(b, i);
    if (other != UNDEFINED) {
      value = depth > 1 ? rt_object_merge_once(other, value, depth - 1) : mergeLeaf(other, value);
      if (value == UNDEFINED) return UNDEFINED;
    }
    objectInsert(merged, key, value);
  }
  return merged;
}

function mergeLeaf(a: Value, b: Value): Value {
  if (typeOf(a) == TYPE_SET && typeOf(b) == TYPE_SET) {
    const both = newSet(setLength(a) + setLength(b));
    for (let i: u32 = 0; i < setLength(a); i++) setAdd(both, setAt(a, i));
    for (let i: u32 = 0; i < setLength(b); i++) setAdd(both, setAt(b, i));
    return both;
  }
  return rt_equal(a, b) ? a : UNDEFINED;
}
