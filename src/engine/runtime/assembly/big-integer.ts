import { alloc } from "./memory";

// A big natural number: u32 count of limbs, then the limbs, lowest first,
// without leading zero limbs. The sign is kept by the callers.
export type Big = usize;

@inline
export function limbs(a: Big): u32 {
  return load<u32>(a);
}

@inline
export function limb(a: Big, i: u32): u32 {
  return load<u32>(a + 4 + (<usize>i << 2));
}

@inline
function setLimb(a: Big, i: u32, value: u32): void {
  store<u32>(a + 4 + (<usize>i << 2), value);
}

function make(n: u32): Big {
  const a = alloc(4 + (<usize>n << 2));
  store<u32>(a, n);
  memory.fill(a + 4, 0, <usize>n << 2);
  return a;
}

function trim(a: Big): Big {
  let n = limbs(a);
  while (n > 0 && limb(a, n - 1) == 0) n--;
  store<u32>(a, n);
  return a;
}

export function bigFromU64(value: u64): Big {
  const a = make(2);
  setLimb(a, 0, <u32>value);
  setLimb(a, 1, <u32>(value >>> 32));
  return trim(a);
}

@inline
export function bigIsZero(a: Big): bool {
  return limbs(a) == 0;
}

export function bigCompare(a: Big, b: Big): i32 {
  const n = limbs(a);
  const m = limbs(b);
  if (n != m) return n < m ? -1 : 1;
  for (let i = n; i > 0; i--) {
    const x = limb(a, i - 1);
    const y = limb(b, i - 1);
    if (x != y) return x < y ? -1 : 1;
  }
  return 0;
}

export function bigAdd(a: Big, b: Big): Big {
  const n = max(limbs(a), limbs(b));
  const r = make(n + 1);
  let carry: u64 = 0;
  for (let i: u32 = 0; i < n; i++) {
    if (i < limbs(a)) carry += <u64>limb(a, i);
    if (i < limbs(b)) carry += <u64>limb(b, i);
    setLimb(r, i, <u32>carry);
    carry >>>= 32;
  }
  setLimb(r, n, <u32>carry);
  return trim(r);
}

/** a - b, for a >= b. */
export function bigSubtract(a: Big, b: Big): Big {
  const n = limbs(a);
  const r = make(n);
  let borrow: i64 = 0;
  for (let i: u32 = 0; i < n; i++) {
    let d = <i64>limb(a, i) - borrow - (i < limbs(b) ? <i64>limb(b, i) : 0);
    borrow = d < 0 ? 1 : 0;
    setLimb(r, i, <u32>d);
  }
  return trim(r);
}

export function bigMultiply(a: Big, b: Big): Big {
  const n = limbs(a);
  const m = limbs(b);
  const r = make(n + m);
  for (let i: u32 = 0; i < n; i++) {
    let carry: u64 = 0;
    const x = <u64>limb(a, i);
    for (let j: u32 = 0; j < m; j++) {
      carry += x * <u64>limb(b, j) + <u64>limb(r, i + j);
      setLimb(r, i + j, <u32>carry);
      carry >>>= 32;
    }
    setLimb(r, i + m, <u32>carry);
  }
  return trim(r);
}

export function bigBits(a: Big): u32 {
  const n = limbs(a);
  return n == 0 ? 0 : n * 32 - <u32>clz<u32>(limb(a, n - 1));
}

export function bigBit(a: Big, i: u32): u32 {
  const at = i >>> 5;
  return at < limbs(a) ? (limb(a, at) >>> (i & 31)) & 1 : 0;
}

export function bigShiftLeft(a: Big, bits: u32): Big {
  const n = limbs(a);
  const words = bits >>> 5;
  const rest = bits & 31;
  const r = make(n + words + 1);
  for (let i: u32 = 0; i < n; i++) {
    const x = <u64>limb(a, i) << rest;
    setLimb(r, i + words, limb(r, i + words) | <u32>x);
    setLimb(r, i + words + 1, <u32>(x >>> 32));
  }
  return trim(r);
}

export function bigShiftRight(a: Big, bits: u32): Big {
  const n = limbs(a);
  const words = bits >>> 5;
  const rest = bits & 31;
  if (words >= n) return make(0);
  const r = make(n - words);
  for (let i: u32 = words; i < n; i++) {
    let x = <u64>limb(a, i);
    if (i + 1 < n) x |= <u64>limb(a, i + 1) << 32;
    setLimb(r, i - words, <u32>(x >>> rest));
  }
  return trim(r);
}

/** True when any of the lowest `bits` bits is set. */
export function bigHasLowBits(a: Big, bits: u32): bool {
  for (let i: u32 = 0; i < limbs(a) && i * 32 < bits; i++) {
    let x = limb(a, i);
    if (bits - i * 32 < 32) x &= ((<u32>1) << (bits - i * 32)) - 1;
    if (x != 0) return true;
  }
  return false;
}

let quotientOfLast: Big = 0;

/** The quotient of the last bigRemainder. */
export function bigQuotient(): Big {
  return quotientOfLast;
}

/** a mod b by long division (Knuth D); bigQuotient() has a / b. */
export function bigRemainder(a: Big, b: Big): Big {
  if (bigCompare(a, b) < 0) {
    quotientOfLast = make(0);
    return a;
  }
  if (limbs(b) == 1) return remainderSmall(a, limb(b, 0));
  const shift = <u32>clz<u32>(limb(b, limbs(b) - 1));
  const v = bigShiftLeft(b, shift);
  const wide = bigShiftLeft(a, shift);
  const n = limbs(v);
  const u = make(limbs(a) + 1 + (limbs(wide) > limbs(a) + 1 ? 1 : 0));
  memory.copy(u + 4, wide + 4, <usize>limbs(wide) << 2);
  const m = limbs(u) - n;
  const q = make(m);
  const v1 = <u64>limb(v, n - 1);
  const v2 = <u64>limb(v, n - 2);
  for (let k = m; k > 0; k--) {
    const j = k - 1;
    const high = (<u64>limb(u, j + n) << 32) | <u64>limb(u, j + n - 1);
    let guess = high / v1;
    let rest = high % v1;
    while (guess > 0xffffffff || guess * v2 > ((rest << 32) | <u64>limb(u, j + n - 2))) {
      guess--;
      rest += v1;
      if (rest > 0xffffffff) break;
    }
    let borrow: i64 = 0;
    let carry: u64 = 0;
    for (let i: u32 = 0; i < n; i++) {
      carry += guess * <u64>limb(v, i);
      const d = <i64>limb(u, i + j) - borrow - <i64>(carry & 0xffffffff);
      setLimb(u, i + j, <u32>d);
      borrow = d < 0 ? 1 : 0;
      carry >>>= 32;
    }
    const d = <i64>limb(u, j + n) - borrow - <i64>carry;
    setLimb(u, j + n, <u32>d);
    if (d < 0) {
      guess--;
      let back: u64 = 0;
      for (let i: u32 = 0; i < n; i++) {
        back += <u64>limb(u, i + j) + <u64>limb(v, i);
        setLimb(u, i + j, <u32>back);
        back >>>= 32;
      }
      setLimb(u, j + n, <u32>(<u64>limb(u, j + n) + back));
    }
    setLimb(q, j, <u32>guess);
  }
  quotientOfLast = trim(q);
  return bigShiftRight(trim(u), shift);
}

function remainderSmall(a: Big, b: u32): Big {
  const n = limbs(a);
  const q = make(n);
  let rest: u64 = 0;
  for (let i = n; i > 0; i--) {
    rest = (rest << 32) | <u64>limb(a, i - 1);
    setLimb(q, i - 1, <u32>(rest / b));
    rest %= b;
  }
  quotientOfLast = trim(q);
  return bigFromU64(rest);
}

/** a = a * factor + term, in place where it fits. */
export function bigMulAdd(a: Big, factor: u32, term: u32): Big {
  const n = limbs(a);
  const r = make(n + 1);
  let carry: u64 = term;
  for (let i: u32 = 0; i < n; i++) {
    carry += <u64>limb(a, i) * factor;
    setLimb(r, i, <u32>carry);
    carry >>>= 32;
  }
  setLimb(r, n, <u32>carry);
  return trim(r);
}

/** The number that ASCII digits spell. */
export function bigFromDigits(ptr: usize, length: u32): Big {
  const n = length / 9 + 2;
  const r = make(n);
  let used: u32 = 0;
  let i: u32 = 0;
  while (i < length) {
    let chunk: u32 = 0;
    let scale: u32 = 1;
    for (let k = 0; k < 9 && i < length; k++, i++) {
      chunk = chunk * 10 + (<u32>load<u8>(ptr + i) - 48);
      scale *= 10;
    }
    let carry: u64 = chunk;
    for (let k: u32 = 0; k < used; k++) {
      carry += <u64>limb(r, k) * scale;
      setLimb(r, k, <u32>carry);
      carry >>>= 32;
    }
    if (carry) setLimb(r, used++, <u32>carry);
  }
  return trim(r);
}

let digitsLength: u32 = 0;

/** How many digits the last bigDigits wrote. */
export function bigDigitsLength(): u32 {
  return digitsLength;
}

/** ASCII digits, at least one; bigDigitsLength() tells how many. */
export function bigDigits(a: Big): usize {
  const room = limbs(a) * 10 + 10;
  const buffer = alloc(room);
  let at = buffer + room;
  const end = at;
  const work = make(limbs(a));
  memory.copy(work + 4, a + 4, <usize>limbs(a) << 2);
  let n = limbs(work);
  while (n > 0) {
    let rest: u64 = 0;
    for (let i = n; i > 0; i--) {
      rest = (rest << 32) | <u64>limb(work, i - 1);
      setLimb(work, i - 1, <u32>(rest / 1000000000));
      rest %= 1000000000;
    }
    while (n > 0 && limb(work, n - 1) == 0) n--;
    let chunk = <u32>rest;
    for (let k = 0; k < 9; k++) {
      at--;
      store<u8>(at, 48 + (chunk % 10));
      chunk /= 10;
    }
  }
  while (at < end && load<u8>(at) == 48) at++;
  if (at == end) {
    at--;
    store<u8>(at, 48);
  }
  digitsLength = <u32>(end - at);
  return at;
}

export function bigPowerOfTen(power: u32): Big {
  let r = bigFromU64(1);
  let base = bigFromU64(10);
  let n = power;
  while (n > 0) {
    if (n & 1) r = bigMultiply(r, base);
    n >>>= 1;
    if (n > 0) base = bigMultiply(base, base);
  }
  return r;
}

/** The lowest 64 bits. */
export function bigLow64(a: Big): u64 {
  let r: u64 = 0;
  if (limbs(a) > 0) r = <u64>limb(a, 0);
  if (limbs(a) > 1) r |= <u64>limb(a, 1) << 32;
  return r;
}
