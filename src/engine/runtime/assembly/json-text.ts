import { alloc, setHeapTop } from "./memory";
import { fromI64, fromText } from "./number";
import { skipPlain } from "./scan";
import { newString, UNDEFINED, Value } from "./value";

// What the JSON reader and the reader of Rego's values share: a cursor, strings
// and numbers. Strings without escapes point into the text.

// Go's encoding/json stops at 10,000; the stack of a host, on which values are
// compared and written, may not reach that.
export const MAX_DEPTH = 2000;

let p: usize = 0;
let end: usize = 0;

/** Puts the cursor at the start of a text. */
export function openText(from: usize, to: usize): void {
  p = from;
  end = to;
}

@inline
export function cursor(): usize {
  return p;
}

@inline
export function moveCursor(at: usize): void {
  p = at;
}

@inline
export function textEnd(): usize {
  return end;
}

@inline
export function skipBlank(): void {
  while (p < end && load<u8>(p) <= 32) {
    const c = load<u8>(p);
    if (c != 32 && c != 10 && c != 13 && c != 9) return;
    p++;
  }
}

@inline
export function peek(): u32 {
  return p < end ? <u32>load<u8>(p) : 0;
}

/** Takes a word of which the first four bytes are given. */
export function word(bytes: u32, length: usize): bool {
  if (end - p < length || load<u32>(p) != bytes) return false;
  p += length;
  return true;
}

export function parseNumber(): Value {
  const start = p;
  let negative = false;
  if (peek() == 45) {
    negative = true;
    p++;
  }
  const digits = p;
  let n: i64 = 0;
  while (p < end) {
    const c = <u32>load<u8>(p) - 48;
    if (c > 9) break;
    if (p - digits < 18) n = n * 10 + <i64>c;
    p++;
  }
  const count = p - digits;
  if (count == 0 || (count > 1 && load<u8>(digits) == 48)) return UNDEFINED;
  let plain = count <= 18 && !(negative && n == 0);
  if (peek() == 46) {
    plain = false;
    p++;
    if (!skipDigits()) return UNDEFINED;
  }
  if ((peek() | 32) == 101) {
    plain = false;
    p++;
    const sign = peek();
    if (sign == 43 || sign == 45) p++;
    if (!skipDigits()) return UNDEFINED;
  }
  if (plain) return fromI64(negative ? -n : n);
  return fromText(start, <u32>(p - start));
}

function skipDigits(): bool {
  const start = p;
  while (p < end && <u32>load<u8>(p) - 48 <= 9) p++;
  return p > start;
}

export function parseString(): Value {
  const start = p + 1;
  p = skipPlain(start, end);
  if (p >= end) return UNDEFINED;
  const c = load<u8>(p);
  if (c == 34) {
    const v = newString(start, <u32>(p - start));
    p++;
    return v;
  }
  return c < 32 ? UNDEFINED : parseLongString(start);
}

/** A string with escapes or beyond ASCII: copied only when it must change. */
export function parseLongString(start: usize): Value {
  // First try to pass over valid UTF-8 without escapes.
  while (p < end) {
    const c = load<u8>(p);
    if (c == 34) {
      const v = newString(start, <u32>(p - start));
      p++;
      return v;
    }
    if (c < 32) return UNDEFINED;
    if (c == 92) break;
    const size = utf8Size(p);
    if (size == 0) break;
    p = skipPlain(p + size, end);
  }
  if (p >= end) return UNDEFINED;
  return parseCopied(start);
}

function parseCopied(start: usize): Value {
  // The decoded text is at most three times as long: U+FFFD for one bad byte.
  const close = findQuote();
  if (close == 0) return UNDEFINED;
  const out = alloc((close - start) * 3 + 4);
  let at = out;
  memory.copy(at, start, p - start);
  at += p - start;
  while (p < end) {
    const c = load<u8>(p);
    if (c == 34) {
      p++;
      // Nothing else stands above: what was not needed is free again.
      setHeapTop(at);
      return newString(out, <u32>(at - out));
    }
    if (c < 32) return UNDEFINED;
    if (c == 92) {
      p++;
      at = parseEscape(at);
      if (at == 0) return UNDEFINED;
    } else {
      const size = utf8Size(p);
      if (size == 0) {
        at = writeCodePoint(at, 0xfffd);
        p++;
      } else {
        memory.copy(at, p, size);
        at += size;
        p += size;
      }
    }
    const plain = skipPlain(p, close);
    memory.copy(at, p, plain - p);
    at += plain - p;
    p = plain;
  }
  return UNDEFINED;
}

function findQuote(): usize {
  let q = p;
  while (q < end) {
    const c = load<u8>(q);
    if (c == 34) return q;
    q = skipPlain(q + (c == 92 ? 2 : 1), end);
  }
  return 0;
}

/** Length of the valid UTF-8 sequence at `at`, 0 when it is not valid. */
export function utf8Size(at: usize): u32 {
  const c = <u32>load<u8>(at);
  if (c < 128) return 1;
  const left = end - at;
  if (c >= 0xc2 && c < 0xe0) return left > 1 && tail(at + 1) ? 2 : 0;
  if (c >= 0xe0 && c < 0xf0) {
    if (left < 3 || !tail(at + 1) || !tail(at + 2)) return 0;
    const second = load<u8>(at, 1);
    if (c == 0xe0 && second < 0xa0) return 0;
    if (c == 0xed && second >= 0xa0) return 0;
    return 3;
  }
  if (c >= 0xf0 && c < 0xf5) {
    if (left < 4 || !tail(at + 1) || !tail(at + 2) || !tail(at + 3)) return 0;
    const second = load<u8>(at, 1);
    if (c == 0xf0 && second < 0x90) return 0;
    if (c == 0xf4 && second >= 0x90) return 0;
    return 4;
  }
  return 0;
}

@inline
function tail(at: usize): bool {
  return (load<u8>(at) & 0xc0) == 0x80;
}

function parseEscape(out: usize): usize {
  const c = peek();
  p++;
  let code: u32 = 0;
  if (c == 110) code = 10;
  else if (c == 116) code = 9;
  else if (c == 114) code = 13;
  else if (c == 98) code = 8;
  else if (c == 102) code = 12;
  else if (c == 34 || c == 92 || c == 47) code = c;
  else if (c == 117) return parseUnicode(out);
  else return 0;
  store<u8>(out, <u8>code);
  return out + 1;
}

function parseUnicode(out: usize): usize {
  const high = hex4();
  if (high > 0xffff) return 0;
  let code = high;
  if (high >= 0xd800 && high < 0xdc00 && end - p >= 6 && load<u8>(p) == 92 && load<u8>(p, 1) == 117) {
    const back = p;
    p += 2;
    const low = hex4();
    if (low > 0xffff) return 0;
    if (low >= 0xdc00 && low < 0xe000) {
      code = 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
    } else {
      p = back;
    }
  }
  // A lone surrogate is no character.
  if (code >= 0xd800 && code < 0xe000) code = 0xfffd;
  return writeCodePoint(out, code);
}

function hex4(): u32 {
  if (end - p < 4) return 0x10000;
  let code: u32 = 0;
  for (let i = 0; i < 4; i++) {
    const c = <u32>load<u8>(p++);
    const lower = c | 32;
    if (c >= 48 && c <= 57) code = (code << 4) | (c - 48);
    else if (lower >= 97 && lower <= 102) code = (code << 4) | (lower - 87);
    else return 0x10000;
  }
  return code;
}

/** Writes a code point as UTF-8; returns the place after it. */
export function writeCodePoint(at: usize, code: u32): usize {
  if (code < 0x80) {
    store<u8>(at, <u8>code);
    return at + 1;
  }
  if (code < 0x800) {
    store<u8>(at, <u8>(0xc0 | (code >>> 6)));
    store<u8>(at + 1, <u8>(0x80 | (code & 63)));
    return at + 2;
  }
  if (code < 0x10000) {
    store<u8>(at, <u8>(0xe0 | (code >>> 12)));
    store<u8>(at + 1, <u8>(0x80 | ((code >>> 6) & 63)));
    store<u8>(at + 2, <u8>(0x80 | (code & 63)));
    return at + 3;
  }
  store<u8>(at, <u8>(0xf0 | (code >>> 18)));
  store<u8>(at + 1, <u8>(0x80 | ((code >>> 12) & 63)));
  store<u8>(at + 2, <u8>(0x80 | ((code >>> 6) & 63)));
  store<u8>(at + 3, <u8>(0x80 | (code & 63)));
  return at + 4;
}

/** utf8Size for text outside the reader. */
export function utf8SizeWithin(at: usize, left: u32): u32 {
  const before = end;
  end = at + left;
  const size = utf8Size(at);
  end = before;
  return size;
}
