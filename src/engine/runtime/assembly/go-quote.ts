import { utf8SizeWithin } from "./json-text";
import { isPrintable } from "./unicode-print";

// Go's strconv.Quote, one rune at a time, for whoever writes text.

let size: u32 = 0;
let escaped: u32 = 0;

/** Bytes of the text that the last goEscape has read. */
export function escapeSize(): u32 {
  return size;
}

/** Bytes that the last goEscape has written. */
export function escapeLength(): u32 {
  return escaped;
}

function hex(digit: u32): u8 {
  return <u8>(digit < 10 ? 48 + digit : 87 + digit);
}

function letter(c: u32): u32 {
  switch (c) {
    case 7:
      return 97;
    case 8:
      return 98;
    case 9:
      return 116;
    case 10:
      return 110;
    case 11:
      return 118;
    case 12:
      return 102;
    case 13:
      return 114;
    case 34:
    case 92:
      return c;
    default:
      return 0;
  }
}

/** Writes the rune at `at` (`left` bytes are there) as Go quotes it: 10 bytes at most. */
export function goEscape(out: usize, at: usize, left: u32): void {
  const c = <u32>load<u8>(at);
  const short = c < 0x80 ? letter(c) : 0;
  size = c < 0x80 ? 1 : utf8SizeWithin(at, left);
  if (size == 0) {
    size = 1;
    return escapeNumber(out, 120, c, 2);
  }
  if (short != 0) {
    store<u8>(out, 92);
    store<u8>(out, <u8>short, 1);
    escaped = 2;
    return;
  }
  const rune = codePoint(at, size);
  if (isPrintable(rune)) {
    memory.copy(out, at, size);
    escaped = size;
  } else if (rune < 32 || rune == 127) escapeNumber(out, 120, rune, 2);
  else if (rune < 0x10000) escapeNumber(out, 117, rune, 4);
  else escapeNumber(out, 85, rune, 8);
}

function escapeNumber(out: usize, kind: u32, n: u32, digits: u32): void {
  store<u8>(out, 92);
  store<u8>(out, <u8>kind, 1);
  for (let i: u32 = 0; i < digits; i++) store<u8>(out + 2 + i, hex((n >>> ((digits - 1 - i) << 2)) & 15));
  escaped = digits + 2;
}

function codePoint(at: usize, n: u32): u32 {
  const c = <u32>load<u8>(at);
  if (n == 1) return c;
  if (n == 2) return ((c & 31) << 6) | (load<u8>(at, 1) & 63);
  if (n == 3) return ((c & 15) << 12) | ((<u32>load<u8>(at, 1) & 63) << 6) | (load<u8>(at, 2) & 63);
  return (
    ((c & 7) << 18) | ((<u32>load<u8>(at, 1) & 63) << 12) |
    ((<u32>load<u8>(at, 2) & 63) << 6) | (load<u8>(at, 3) & 63)
  );
}
