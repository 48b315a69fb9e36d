import { runeAt, runeSize } from "../strings";

// Characters of a text, forwards and backwards.

/** Asked what comes when the text ends. */
export const END_OF_TEXT: u32 = 0xffffffff;

// What stands beside a position, for instructions that ask.
export const AFTER_WORD: u32 = 1;
export const AFTER_LINE: u32 = 2;
export const AT_BEGIN: u32 = 4;

export function isWord(c: u32): bool {
  return (c >= 48 && c <= 57) || (c >= 65 && c <= 90) || c == 95 || (c >= 97 && c <= 122);
}

@inline
export function contextAfter(rune: u32): u32 {
  return rune == END_OF_TEXT ? AT_BEGIN : rune == 10 ? AFTER_LINE : isWord(rune) ? AFTER_WORD : 0;
}

/** The bytes of the character before `at`. */
export function sizeBefore(at: usize): usize {
  let size: usize = 1;
  while (size < 4 && (load<u8>(at - size) & 0xc0) == 0x80) size++;
  return size;
}

/** The character at an offset, or END_OF_TEXT. */
@inline
export function runeFrom(text: usize, length: u32, offset: u32): u32 {
  return offset < length ? runeAt(text + offset) : END_OF_TEXT;
}

/** The character before an offset, or END_OF_TEXT. */
@inline
export function runeBefore(text: usize, offset: u32): u32 {
  return offset > 0 ? runeAt(text + offset - sizeBefore(text + offset)) : END_OF_TEXT;
}

@inline
export function sizeAt(at: usize): usize {
  return <usize>runeSize(at);
}
