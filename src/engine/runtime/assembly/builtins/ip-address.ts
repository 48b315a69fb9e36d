import { alloc } from "../memory";

// IP addresses as 16 bytes, IPv4 as ::ffff:a.b.c.d; texts as Go reads and
// writes them.

const MAPPED: usize = 12;

/** Bits of the last address read: 32 or 128. */
let width: u32 = 0;

export function addressWidth(): u32 {
  return width;
}

export function isMapped(ip: usize): bool {
  return load<u64>(ip) == 0 && load<u32>(ip, 8) == 0xffff0000;
}

/** Reads an address; 0 when the text is none. */
export function readAddress(ptr: usize, length: u32): usize {
  let colons = false;
  for (let i: u32 = 0; i < length; i++) if (load<u8>(ptr + i) == 58) colons = true;
  const ip = alloc(16);
  store<u64>(ip, 0);
  store<u64>(ip, 0, 8);
  if (colons) {
    width = 128;
    return readSix(ptr, length, ip) ? ip : 0;
  }
  width = 32;
  store<u32>(ip, 0xffff0000, 8);
  return readFour(ptr, length, ip + MAPPED) ? ip : 0;
}

/** Four decimal numbers without leading zeros. */
function readFour(ptr: usize, length: u32, out: usize): bool {
  let part: u32 = 0;
  let i: u32 = 0;
  while (true) {
    const from = i;
    let n: u32 = 0;
    while (i < length && <u32>load<u8>(ptr + i) - 48 <= 9) {
      n = n * 10 + (<u32>load<u8>(ptr + i) - 48);
      if (n > 255 || (i > from && load<u8>(ptr + from) == 48)) return false;
      i++;
    }
    if (i == from) return false;
    store<u8>(out + part, <u8>n);
    part++;
    if (part == 4) return i == length;
    if (i >= length || load<u8>(ptr + i) != 46) return false;
    i++;
  }
}

function hexDigit(c: u32): i32 {
  if (c - 48 <= 9) return <i32>(c - 48);
  const lower = c | 32;
  return lower - 97 <= 5 ? <i32>(lower - 87) : -1;
}

function readSix(ptr: usize, length: u32, out: usize): bool {
  let i: u32 = 0;
  let at: u32 = 0;
  let gap: i32 = -1;
  if (length >= 2 && load<u8>(ptr) == 58 && load<u8>(ptr, 1) == 58) {
    gap = 0;
    i = 2;
    if (i == length) return true;
  }
  while (at < 16) {
    const from = i;
    let n: u32 = 0;
    while (i < length && hexDigit(load<u8>(ptr + i)) >= 0) {
      n = (n << 4) | <u32>hexDigit(load<u8>(ptr + i));
      i++;
      if (i - from > 4) return false;
    }
    if (i == from) return false;
    if (i < length && load<u8>(ptr + i) == 46) {
      // An IPv4 address in the last four bytes.
      if ((gap < 0 && at != 12) || at > 12) return false;
      if (!readFour(ptr + from, length - from, out + at)) return false;
      i = length;
      at += 4;
      break;
    }
    store<u8>(out + at, <u8>(n >>> 8));
    store<u8>(out + at + 1, <u8>n);
    at += 2;
    if (i == length) break;
    if (load<u8>(ptr + i) != 58 || i + 1 == length) return false;
    i++;
    if (load<u8>(ptr + i) == 58) {
      if (gap >= 0) return false;
      gap = <i32>at;
      i++;
      if (i == length) break;
    }
  }
  if (i != length) return false;
  if (at == 16) return gap < 0;
  if (gap < 0) return false;
  const tail = at - <u32>gap;
  memory.copy(out + 16 - tail, out + gap, tail);
  memory.fill(out + gap, 0, 16 - at);
  return true;
}

/** Writes the address; returns the place after it. 45 bytes are enough. */
export function writeAddress(out: usize, ip: usize): usize {
  return isMapped(ip) ? writeFour(out, ip + MAPPED) : writeSix(out, ip);
}

export function writeDecimal(out: usize, n: u32): usize {
  let at = out;
  if (n >= 100) store<u8>(at++, 48 + <u8>(n / 100));
  if (n >= 10) store<u8>(at++, 48 + <u8>((n / 10) % 10));
  store<u8>(at++, 48 + <u8>(n % 10));
  return at;
}

function writeFour(out: usize, ip: usize): usize {
  let at = out;
  for (let i: u32 = 0; i < 4; i++) {
    if (i > 0) store<u8>(at++, 46);
    at = writeDecimal(at, load<u8>(ip + i));
  }
  return at;
}

function group(ip: usize, i: i32): u32 {
  return (<u32>load<u8>(ip + (<usize>i << 1)) << 8) | <u32>load<u8>(ip + (<usize>i << 1), 1);
}

/** RFC 5952: the longest run of zero groups, of two at least, is `::`. */
function writeSix(out: usize, ip: usize): usize {
  let best: i32 = -1;
  let bestEnd: i32 = -1;
  for (let i: i32 = 0; i < 8; i++) {
    let j = i;
    while (j < 8 && group(ip, j) == 0) j++;
    if (j - i > 1 && j - i > bestEnd - best) {
      best = i;
      bestEnd = j;
    }
    if (j > i) i = j;
  }
  let at = out;
  for (let i: i32 = 0; i < 8; i++) {
    if (i == best) {
      store<u8>(at++, 58);
      store<u8>(at++, 58);
      i = bestEnd;
      if (i >= 8) break;
    } else if (i > 0) {
      store<u8>(at++, 58);
    }
    at = writeHex(at, group(ip, i));
  }
  return at;
}

function writeHex(out: usize, n: u32): usize {
  let at = out;
  let started = false;
  for (let shift: i32 = 12; shift >= 0; shift -= 4) {
    const d = (n >>> shift) & 15;
    if (d == 0 && !started && shift > 0) continue;
    started = true;
    store<u8>(at++, <u8>(d < 10 ? 48 + d : 87 + d));
  }
  return at;
}

/** The next address, in place; false past the last. */
export function increment(ip: usize): bool {
  for (let i: i32 = 15; i >= 0; i--) {
    const n = load<u8>(ip + i) + 1;
    store<u8>(ip + i, n);
    if (n != 0) return true;
  }
  return false;
}

/** The address before, in place. */
export function decrement(ip: usize): void {
  for (let i: i32 = 15; i >= 0; i--) {
    const n = load<u8>(ip + i);
    store<u8>(ip + i, n - 1);
    if (n != 0) return;
  }
}

/** Sets all bits from `prefix` (of 128) on to zero or to one. */
export function fillHost(ip: usize, prefix: u32, ones: bool): void {
  for (let i: u32 = prefix >>> 3; i < 16; i++) {
    const host: u32 = i == prefix >>> 3 ? 0xff >>> (prefix & 7) : 0xff;
    const byte = <u32>load<u8>(ip + i);
    store<u8>(ip + i, <u8>(ones ? byte | host : byte & ~host));
  }
}
