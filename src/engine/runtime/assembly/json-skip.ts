import {
  cursor,
  MAX_DEPTH,
  moveCursor,
  parseNumber,
  peek,
  skipBlank,
  textEnd,
  word,
} from "./json-text";
import { heapTop, setHeapTop } from "./memory";
import { skipUnescaped } from "./scan";
import { UNDEFINED } from "./value";

// Passes over a value that nothing will read, as strictly as the reader itself.

// The closing bracket of each open collection.
const open = memory.data(MAX_DEPTH);

/** Moves the cursor past one value at this depth; false when it is not well formed. */
export function skipValue(depth: i32): bool {
  const before = heapTop();
  const valid = skip(MAX_DEPTH - depth);
  setHeapTop(before);
  return valid;
}

function skip(limit: i32): bool {
  let depth = 0;
  while (true) {
    skipBlank();
    const c = peek();
    if (c == 123 || c == 91) {
      if (depth == limit) return false;
      const close = c + 2;
      moveCursor(cursor() + 1);
      skipBlank();
      if (peek() != close) {
        store<u8>(open + depth++, <u8>close);
        if (close == 125 && !skipKey()) return false;
        continue;
      }
      moveCursor(cursor() + 1);
    } else if (!skipScalar(c)) {
      return false;
    }
    // A value has ended, and with it perhaps the collections around it.
    while (true) {
      if (depth == 0) return true;
      skipBlank();
      const next = peek();
      const close = <u32>load<u8>(open + depth - 1);
      moveCursor(cursor() + 1);
      if (next == 44) {
        if (close == 125 && !skipKey()) return false;
        break;
      }
      if (next != close) return false;
      depth--;
    }
  }
}

function skipKey(): bool {
  skipBlank();
  if (peek() != 34 || !skipString()) return false;
  skipBlank();
  if (peek() != 58) return false;
  moveCursor(cursor() + 1);
  return true;
}

function skipScalar(c: u32): bool {
  if (c == 34) return skipString();
  if (c == 116) return word(0x65757274, 4);
  if (c == 110) return word(0x6c6c756e, 4);
  if (c == 102) {
    const at = cursor();
    return textEnd() - at >= 5 && load<u8>(at, 4) == 101 && word(0x736c6166, 5);
  }
  return (c == 45 || c - 48 <= 9) && parseNumber() != UNDEFINED;
}

function skipString(): bool {
  let at = cursor() + 1;
  const end = textEnd();
  while (true) {
    at = skipUnescaped(at, end);
    if (at >= end) return false;
    const c = load<u8>(at);
    if (c == 34) break;
    if (c != 92) return false;
    at = skipEscape(at + 1, end);
    if (at == 0) return false;
  }
  moveCursor(at + 1);
  return true;
}

/** The place after what a backslash begins, or 0. */
function skipEscape(at: usize, end: usize): usize {
  if (at >= end) return 0;
  switch (<i32>load<u8>(at)) {
    case 34:
    case 92:
    case 47:
    case 98:
    case 102:
    case 110:
    case 114:
    case 116:
      return at + 1;
    case 117: {
      if (end - at < 5) return 0;
      for (let i: usize = 1; i <= 4; i++) {
        const c = <u32>load<u8>(at + i);
        if (c - 48 > 9 && (c | 32) - 97 > 5) return 0;
      }
      return at + 5;
    }
    default:
      return 0;
  }
}
