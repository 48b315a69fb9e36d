// Sixteen bytes at a time. A loader reads only while 16 bytes are left before
// `end`; the rest is the caller's, byte by byte.

/** A bit for each byte that ends a plain run in a JSON string: ", \\, control, beyond ASCII. */
@inline
export function specialBytes(at: usize): u32 {
  const v = v128.load(at);
  const quote = i8x16.eq(v, i8x16.splat(34));
  const escape = i8x16.eq(v, i8x16.splat(92));
  // Signed: bytes from 128 are below the blank as control characters are.
  const control = i8x16.lt_s(v, i8x16.splat(32));
  return <u32>i8x16.bitmask(v128.or(v128.or(quote, escape), control));
}

/** The first byte from `at` on that is special in a JSON string, or `end`. */
export function skipPlain(from: usize, end: usize): usize {
  let at = from;
  while (at + 16 <= end) {
    const special = specialBytes(at);
    if (special != 0) return at + <usize>ctz(special);
    at += 16;
  }
  while (at < end) {
    const c = load<u8>(at);
    if (c == 34 || c == 92 || c < 32 || c >= 128) return at;
    at++;
  }
  return end;
}

/** The first byte from `at` on that ends a JSON string, escapes or may not be in one; or `end`. */
export function skipUnescaped(from: usize, end: usize): usize {
  let at = from;
  while (at + 16 <= end) {
    const v = v128.load(at);
    const special = <u32>i8x16.bitmask(
      v128.or(
        v128.or(i8x16.eq(v, i8x16.splat(34)), i8x16.eq(v, i8x16.splat(92))),
        i8x16.lt_u(v, i8x16.splat(32)),
      ),
    );
    if (special != 0) return at + <usize>ctz(special);
    at += 16;
  }
  while (at < end) {
    const c = load<u8>(at);
    if (c == 34 || c == 92 || c < 32) return at;
    at++;
  }
  return end;
}

/** Where `part` (not empty) begins in the bytes from `from` on, or -1. */
export function findBytes(ptr: usize, length: u32, part: usize, partLength: u32, from: u32): i32 {
  if (partLength > length) return -1;
  const last = partLength - 1;
  // Places where a match may begin end here.
  const stop = length - last;
  const first = i8x16.splat(load<i8>(part));
  const final = i8x16.splat(load<i8>(part + last));
  let i = from;
  while (i + 16 <= stop) {
    let both = <u32>i8x16.bitmask(
      v128.and(i8x16.eq(v128.load(ptr + i), first), i8x16.eq(v128.load(ptr + i + last), final)),
    );
    while (both != 0) {
      const at = i + <u32>ctz(both);
      if (partLength <= 2 || memory.compare(ptr + at, part, partLength) == 0) return <i32>at;
      both &= both - 1;
    }
    i += 16;
  }
  const head = load<u8>(part);
  while (i < stop) {
    if (load<u8>(ptr + i) == head && memory.compare(ptr + i, part, partLength) == 0) return <i32>i;
    i++;
  }
  return -1;
}

/** Code points of valid UTF-8: bytes that do not continue another. */
export function countRunes(ptr: usize, length: u32): u32 {
  let at = ptr;
  const end = ptr + length;
  let runes: u32 = 0;
  const continuation = i8x16.splat(-65);
  while (at + 16 <= end) {
    runes += <u32>popcnt(i8x16.bitmask(i8x16.gt_s(v128.load(at), continuation)));
    at += 16;
  }
  while (at < end) {
    if ((load<u8>(at) & 0xc0) != 0x80) runes++;
    at++;
  }
  return runes;
}
