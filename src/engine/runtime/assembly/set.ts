import { rt_compare, rt_equal } from "./compare";
import { chargeFuel } from "./fuel";
import { alloc } from "./memory";
import { arrayAt, content, count, growItems, TYPE_SET, Value } from "./value";

/** A set: sorted, unique values. */
export function newSet(capacity: u32): Value {
  const v = alloc(16);
  store<u32>(v, TYPE_SET | (1 << 8));
  store<u32>(v, 0, 4);
  store<u32>(v, capacity > 0 ? <u32>alloc(<usize>capacity << 2) : 0, 8);
  store<u32>(v, capacity, 12);
  return <Value>v;
}

export function rt_set(): Value {
  return newSet(0);
}

@inline
export function setLength(v: Value): u32 {
  return count(v);
}

@inline
export function setAt(v: Value, index: u32): Value {
  return arrayAt(v, index);
}

/** Sets are kept in order; the name is for symmetry with objects. */
@inline
export function setSort(_v: Value): void {}

function search(v: Value, item: Value): i32 {
  let low: i32 = 0;
  let high = <i32>count(v) - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const order = rt_compare(arrayAt(v, middle), item);
    if (order == 0) return middle;
    if (order < 0) low = middle + 1;
    else high = middle - 1;
  }
  return ~low;
}

export function setHas(v: Value, item: Value): bool {
  return search(v, item) >= 0;
}

/** The member equal to the value, or undefined. */
export function setGet(v: Value, item: Value): Value {
  const at = search(v, item);
  return at < 0 ? 0 : arrayAt(v, <u32>at);
}

export function setAdd(v: Value, item: Value): void {
  const n = count(v);
  let at: i32 = ~(<i32>n);
  if (n > 0 && rt_compare(arrayAt(v, n - 1), item) >= 0) at = search(v, item);
  if (at >= 0) return;
  growItems(v, 2);
  const index = <u32>~at;
  const slot = content(v) + (<usize>index << 2);
  if (index < n) {
    memory.copy(slot + 4, slot, <usize>(n - index) << 2);
    chargeFuel(1 + (<i32>(n - index) >> 4));
  }
  store<u32>(slot, item);
  store<u32>(v, n + 1, 4);
}

/** Takes a member out. */
export function setDelete(v: Value, item: Value): void {
  const at = search(v, item);
  if (at < 0) return;
  const rest = count(v) - 1 - <u32>at;
  const slot = content(v) + (<usize>at << 2);
  memory.copy(slot, slot + 4, <usize>rest << 2);
  chargeFuel(1 + <i32>(rest >> 4));
  store<u32>(v, count(v) - 1, 4);
}

export function rt_set_add(v: Value, item: Value): void {
  setAdd(v, item);
}

/** True when both hold the same members. */
export function setEqual(a: Value, b: Value): bool {
  return rt_equal(a, b) == 1;
}
