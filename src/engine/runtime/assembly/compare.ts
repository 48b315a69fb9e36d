import { abortDepth, chargeFuel } from "./fuel";
import { compareNumbers } from "./number";
import { objectKeyAt, objectSort, objectValueAt } from "./object";
import { setSort } from "./set";
import {
  arrayAt,
  arrayLength,
  count,
  stringLength,
  stringPtr,
  TYPE_ARRAY,
  TYPE_NUMBER,
  TYPE_OBJECT,
  TYPE_SET,
  TYPE_STRING,
  typeOf,
  Value,
} from "./value";

let depth = 0;
// Far beyond any real document, far below what the host's stack takes.
const MAX_DEPTH = 3000;

export function resetDepth(): void {
  depth = 0;
}

export function compareBytes(a: usize, n: u32, b: usize, m: u32): i32 {
  const order = memory.compare(a, b, min(n, m));
  if (order != 0) return order < 0 ? -1 : 1;
  return n < m ? -1 : n > m ? 1 : 0;
}

/** -1, 0 or 1 in Rego's order. */
export function rt_compare(a: Value, b: Value): i32 {
  if (a == b) return 0;
  const type = typeOf(a);
  const other = typeOf(b);
  if (type != other) return type < other ? -1 : 1;
  if (type == TYPE_STRING) {
    return compareBytes(stringPtr(a), stringLength(a), stringPtr(b), stringLength(b));
  }
  if (type == TYPE_NUMBER) return compareNumbers(a, b);
  if (type < TYPE_NUMBER) return a < b ? -1 : 1;
  return compareComposite(a, b, type);
}

function compareComposite(a: Value, b: Value, type: u32): i32 {
  if (++depth > MAX_DEPTH) abortDepth();
  const n = count(a);
  const m = count(b);
  const common = min(n, m);
  chargeFuel(1 + common);
  let order = 0;
  if (type == TYPE_ARRAY || type == TYPE_SET) {
    if (type == TYPE_SET) {
      setSort(a);
      setSort(b);
    }
    for (let i: u32 = 0; i < common && order == 0; i++) {
      order = rt_compare(arrayAt(a, i), arrayAt(b, i));
    }
  } else {
    objectSort(a);
    objectSort(b);
    for (let i: u32 = 0; i < common && order == 0; i++) {
      order = rt_compare(objectKeyAt(a, i), objectKeyAt(b, i));
      if (order == 0) order = rt_compare(objectValueAt(a, i), objectValueAt(b, i));
    }
  }
  depth--;
  return order != 0 ? order : n < m ? -1 : n > m ? 1 : 0;
}

/** 1 when equal by value. */
export function rt_equal(a: Value, b: Value): i32 {
  if (a == b) return 1;
  if (a == 0 || b == 0) return 0;
  const type = typeOf(a);
  if (type != typeOf(b)) return 0;
  if (type == TYPE_STRING) {
    const n = stringLength(a);
    return n == stringLength(b) && memory.compare(stringPtr(a), stringPtr(b), n) == 0 ? 1 : 0;
  }
  if (type >= TYPE_ARRAY && count(a) != count(b)) return 0;
  if (type == TYPE_ARRAY) return equalArrays(a, b);
  return rt_compare(a, b) == 0 ? 1 : 0;
}

function equalArrays(a: Value, b: Value): i32 {
  if (++depth > MAX_DEPTH) abortDepth();
  const n = arrayLength(a);
  chargeFuel(1 + n);
  let same = 1;
  for (let i: u32 = 0; i < n && same; i++) same = rt_equal(arrayAt(a, i), arrayAt(b, i));
  depth--;
  return same;
}

@inline
export function compare(a: Value, b: Value): i32 {
  return rt_compare(a, b);
}

@inline
export function equal(a: Value, b: Value): bool {
  return rt_equal(a, b) == 1;
}
