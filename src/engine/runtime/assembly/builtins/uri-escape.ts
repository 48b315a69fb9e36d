import { alloc } from "../memory";
import { newString, UNDEFINED, Value } from "../value";

// Percent escapes as Go's net/url has them: which bytes stand for themselves
// depends on the part of the URI.

export const HOST: u32 = 1;
export const ZONE: u32 = 2;
export const PATH: u32 = 4;
export const USER: u32 = 8;
export const QUERY: u32 = 16;
export const FRAGMENT: u32 = 32;

// For each ASCII byte the parts in which it stands for itself.
const PLAIN = memory.data<u8>([
  0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
  0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
  0, 35, 3, 0, 47, 0, 47, 3, 35, 35, 35, 47, 47, 63, 63, 36,
  63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 39, 47, 3, 47, 3, 32,
  36, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63,
  63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 3, 0, 3, 0, 63,
  0, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63,
  63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 0, 0, 0, 63, 0,
]);

@inline
export function isPlainIn(c: u32, part: u32): bool {
  return c < 128 && (load<u8>(PLAIN + c) & part) != 0;
}

export function hexValue(c: u32): i32 {
  if (c - 48 <= 9) return <i32>c - 48;
  const lower = c | 32;
  return lower - 97 <= 5 ? <i32>lower - 87 : -1;
}

// What made the last unescape fail: a piece of the text, and whether it is an
// escape or a byte that no host has.
export let badPtr: usize = 0;
export let badLength: u32 = 0;
export let badHost: bool = false;

function fail(ptr: usize, n: u32, host: bool): Value {
  badPtr = ptr;
  badLength = n;
  badHost = host;
  return UNDEFINED;
}

/** The bytes with their escapes read; undefined for an escape or byte that the part cannot have. */
export function unescapeIn(ptr: usize, n: u32, part: u32): Value {
  const out = alloc(n);
  let at = out;
  const host = part == HOST || part == ZONE;
  for (let i: u32 = 0; i < n; i++) {
    const c = <u32>load<u8>(ptr + i);
    if (c == 37) {
      const high = i + 2 < n ? hexValue(load<u8>(ptr + i + 1)) : -1;
      const low = i + 2 < n ? hexValue(load<u8>(ptr + i + 2)) : -1;
      if (high < 0 || low < 0) return fail(ptr + i, min(3, n - i), false);
      const byte = <u32>(high * 16 + low);
      if (part == HOST && high < 8 && byte != 37) return fail(ptr + i, 3, false);
      if (part == ZONE && byte != 37 && byte != 32 && !isPlainIn(byte, HOST)) return fail(ptr + i, 3, false);
      store<u8>(at++, <u8>byte);
      i += 2;
    } else {
      if (host && c < 128 && !isPlainIn(c, part)) return fail(ptr + i, 1, true);
      store<u8>(at++, <u8>(c == 43 && part == QUERY ? 32 : c));
    }
  }
  return newString(out, <u32>(at - out));
}

/** Whether escaping `text` as the part wants gives the bytes at `ptr`. */
export function isEscapeOf(text: usize, length: u32, ptr: usize, n: u32, part: u32): bool {
  let at: u32 = 0;
  for (let i: u32 = 0; i < length; i++) {
    const c = <u32>load<u8>(text + i);
    if (isPlainIn(c, part)) {
      if (at >= n || <u32>load<u8>(ptr + at) != c) return false;
      at++;
      continue;
    }
    if (at + 2 >= n || load<u8>(ptr + at) != 37) return false;
    if (load<u8>(ptr + at + 1) != upperHex(c >>> 4) || load<u8>(ptr + at + 2) != upperHex(c & 15)) return false;
    at += 3;
  }
  return at == n;
}

function upperHex(d: u32): u8 {
  return <u8>(d < 10 ? 48 + d : 55 + d);
}
