import { escapeLength, escapeSize, goEscape } from "../go-quote";
import { writeCodePoint } from "../json-text";
import { alloc } from "../memory";
import { newString, stringLength, stringPtr, Value } from "../value";
import { plus, sharp } from "./sprintf-flags";

// Go's %q: strconv.Quote, AppendQuoteRune, and what the flags make of them.

const quote: u32 = 34;
const apostrophe: u32 = 39;
const backslash: u32 = 92;
const backquote: u32 = 96;

/** A text in quotes; with `#` in backquotes where that is possible, with `+` in ASCII. */
export function quoteText(text: Value): Value {
  const ptr = stringPtr(text);
  const n = stringLength(text);
  if (sharp && mayBackquote(text)) {
    const out = alloc(<usize>n + 2);
    store<u8>(out, <u8>backquote);
    memory.copy(out + 1, ptr, n);
    store<u8>(out + 1 + n, <u8>backquote);
    return newString(out, n + 2);
  }
  const out = alloc(<usize>n * 10 + 16);
  let at = out;
  store<u8>(at++, <u8>quote);
  for (let i: u32 = 0; i < n; i += escapeSize()) at = escaped(at, ptr + i, n - i);
  store<u8>(at++, <u8>quote);
  return newString(out, <u32>(at - out));
}

/** A character in apostrophes. */
export function quoteRune(rune: u32): Value {
  const utf8 = alloc(8);
  const size = <u32>(writeCodePoint(utf8, rune) - utf8);
  const out = alloc(32);
  let at = out;
  store<u8>(at++, <u8>apostrophe);
  if (rune == quote) {
    store<u8>(at++, <u8>quote);
  } else if (rune == apostrophe) {
    store<u8>(at++, <u8>backslash);
    store<u8>(at++, <u8>apostrophe);
  } else {
    at = escaped(at, utf8, size);
  }
  store<u8>(at++, <u8>apostrophe);
  return newString(out, <u32>(at - out));
}

/** Writes one character as it stands in quotes; its end. */
function escaped(at: usize, from: usize, left: u32): usize {
  goEscape(at, from, left);
  const size = escapeSize();
  // What is not ASCII stands for itself unless it was escaped.
  if (!plus || size < 2 || load<u8>(at) < 0x80) return at + escapeLength();
  return writeEscape(at, decode(from, size));
}

function decode(from: usize, size: u32): u32 {
  let rune: u32 = <u32>load<u8>(from) & (0x7f >>> size);
  for (let i: u32 = 1; i < size; i++) rune = (rune << 6) | (<u32>load<u8>(from + i) & 63);
  return rune;
}

/** `\u00e9` or `\U0001f600`. */
function writeEscape(at: usize, rune: u32): usize {
  const n: u32 = rune < 0x10000 ? 4 : 8;
  store<u8>(at, <u8>backslash);
  store<u8>(at + 1, n == 4 ? 117 : 85);
  for (let i: u32 = 0; i < n; i++) {
    const digit = (rune >>> ((n - 1 - i) * 4)) & 15;
    store<u8>(at + 2 + i, <u8>(digit < 10 ? 48 + digit : 87 + digit));
  }
  return at + 2 + n;
}

/** No control character but the tab, no backquote, no byte order mark. */
function mayBackquote(text: Value): bool {
  // Not all of it is UTF-8.
  if (load<u8>(text, 1) != 0) return false;
  const ptr = stringPtr(text);
  const n = stringLength(text);
  for (let i: u32 = 0; i < n; i++) {
    const c = <u32>load<u8>(ptr + i);
    if ((c < 32 && c != 9) || c == 127 || c == backquote) return false;
    if (c == 0xef && i + 2 < n && load<u8>(ptr + i + 1) == 0xbb && load<u8>(ptr + i + 2) == 0xbf) return false;
  }
  return true;
}
