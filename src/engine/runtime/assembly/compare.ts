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
  const common = min(n, m);
  let i: u32 = 0;
  for (; i + 8 <= common; i += 8) {
    const x = load<u64>(a + i);
    const y = load<u64>(b + i);
    // Big-endian, the order of the numbers is that of the bytes.
    if (x != y) return bswap(x) < bswap(y) ? -1 : 1;
  }
  for (; i < common; i++) {
    const x = load<u8>(a + i);
    const y = load<u8>(b + i);
    if (x != y) return x < y ? -1 : 1;
  }
  return n < m ? -1 : n > m ? 1 : 0;
}

/** Whether two runs of bytes are the same. */
export function sameBytes(a: usize, b: usize, n: u32): bool {
  if (a == b) return true;
  if (n >= 8) {
    const last = n - 8;
    for (let i: u32 = 0; i < last; i += 8) {
      if (load<u64>(a + i) != load<u64>(b + i)) return false;
    }
    // The last eight may overlap those before.
    return load<u64>(a + last) == load<u64>(b + last);
  }
  if (n >= 4) {
    const last = n - 4;
    return load<u32>(a) == load<u32>(b) && load<u32>(a + last) == load<u32>(b + last);
  }
  for (let i: u32 = 0; i < n; i++) {
    if (load<u8>(a + i) != load<u8>(b + i)) return false;
  }
  return true;
}

/** -1, 0 or 1 in Rego's order. */
export function rt_compare(a: Value, b: Value): i32 {
  if (a == b) return 0;
  if (a & b & 1) return <i32>a < <i32>b ? -1 : 1;
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
  if ((a | b) & 1) return equalNumbers(a, b);
  if (a < 16 || b < 16) return 0;
  const type = <u32>load<u8>(a);
  if (type != <u32>load<u8>(b)) return 0;
  if (type == TYPE_STRING) {
    const n = stringLength(a);
    return n == stringLength(b) && sameBytes(stringPtr(a), stringPtr(b), n) ? 1 : 0;
  }
  if (type >= TYPE_ARRAY && count(a) != count(b)) return 0;
  if (type == TYPE_ARRAY) return equalArrays(a, b);
  return rt_compare(a, b) == 0 ? 1 : 0;
}

/** One of the two is a small integer: the other may be it in another spelling. */
function equalNumbers(a: Value, b: Value): i32 {
  if (a & b & 1) return 0;
  const other = a & 1 ? b : a;
  return other >= 16 && load<u8>(other) == TYPE_NUMBER && compareNumbers(a, b) == 0 ? 1 : 0;
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
