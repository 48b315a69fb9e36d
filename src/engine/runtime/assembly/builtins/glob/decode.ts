// Characters of texts that may be cut inside one, as Go's unicode/utf8 reads them.

const INVALID: u32 = 0xfffd;

let rune: u32 = INVALID;

/** Of the last call of `decode`; U+FFFD for what is no UTF-8, and at the end. */
export function decodedRune(): u32 {
  return rune;
}

@inline
function continuation(at: usize): u32 {
  const c = <u32>load<u8>(at);
  return (c & 0xc0) == 0x80 ? c & 0x3f : 0xffffffff;
}

/** Bytes of the character at `at`: 1 for what is no UTF-8, 0 at the end. */
export function decode(at: usize, end: usize): u32 {
  rune = INVALID;
  if (at >= end) return 0;
  const c = <u32>load<u8>(at);
  if (c < 0x80) {
    rune = c;
    return 1;
  }
  const size: u32 = c < 0xc2 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : c < 0xf5 ? 4 : 1;
  if (size == 1 || at + size > end) return 1;
  let value = c & (0xff >>> (size + 1));
  for (let i: u32 = 1; i < size; i++) {
    const next = continuation(at + i);
    if (next == 0xffffffff) return 1;
    value = (value << 6) | next;
  }
  if ((size == 3 && value < 0x800) || (value >= 0xd800 && value < 0xe000)) return 1;
  if (size == 4 && (value < 0x10000 || value > 0x10ffff)) return 1;
  rune = value;
  return size;
}

/** Bytes that a character takes when it is written: 3 for what is no UTF-8. */
export function runeLength(c: u32): u32 {
  return c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
}
