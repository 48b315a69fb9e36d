import { escapeLength, goEscape } from "./go-quote";
import { alloc } from "./memory";
import { parseJson } from "./json-parse";
import { newString, TYPE_STRING, typeOf, Value } from "./value";
import { textAscii, textBegin, textByte, textBytes, textFinish, textValue } from "./builtins/text";

// Why a text is no JSON document, in the words of Go's encoding/json as OPA
// calls it. It reads the text again, and only after the reader has refused it.

let text: usize = 0;
let size: u32 = 0;
let at: u32 = 0;
// What is wrong at `at`; "" for a text that ends too early.
let context: string = "";

const VALUE = 0;
const VALUE_OR_END = 1;
const KEY = 2;
const KEY_OR_END = 3;
const COLON = 4;
const AFTER = 5;

function bad(words: string): bool {
  context = words;
  return false;
}

@inline
function current(): u32 {
  return <u32>load<u8>(text + at);
}

function skipBlank(): void {
  while (at < size && (current() == 32 || (current() >= 9 && current() <= 13 && current() != 11 && current() != 12))) at++;
}

/** Passes over one value from `at` on; false with the fault. */
function scan(): bool {
  // A byte for each open collection: 1 for an object.
  const open = alloc(size - at + 1);
  let depth: u32 = 0;
  let want = VALUE;
  while (want != AFTER || depth > 0) {
    skipBlank();
    if (at >= size) return bad("");
    const c = current();
    const inObject = depth > 0 && load<u8>(open + depth - 1) == 1;
    if ((c == 93 && want == VALUE_OR_END) || (c == 125 && want == KEY_OR_END)) {
      at++;
      depth--;
      want = AFTER;
    } else if (want == VALUE || want == VALUE_OR_END) {
      if (c == 91 || c == 123) {
        store<u8>(open + depth++, c == 123 ? 1 : 0);
        want = c == 123 ? KEY_OR_END : VALUE_OR_END;
        at++;
      } else {
        if (!scanScalar(c)) return false;
        want = AFTER;
      }
    } else if (want == KEY || want == KEY_OR_END) {
      if (c != 34) return bad("looking for beginning of object key string");
      if (!scanString()) return false;
      want = COLON;
    } else if (want == COLON) {
      if (c != 58) return bad("after object key");
      at++;
      want = VALUE;
    } else if (c == 44) {
      at++;
      want = inObject ? KEY : VALUE;
    } else if (c == <u32>(inObject ? 125 : 93)) {
      at++;
      depth--;
    } else return bad(inObject ? "after object key:value pair" : "after array element");
  }
  return true;
}

function scanScalar(c: u32): bool {
  if (c == 34) return scanString();
  if (c == 45 || c - 48 <= 9) return scanNumber();
  if (c == 116) return scanWord("true");
  if (c == 102) return scanWord("false");
  if (c == 110) return scanWord("null");
  return bad("looking for beginning of value");
}

function expecting(word: string, i: i32): string {
  const c = word.charCodeAt(i);
  if (word.length == 5) {
    return c == 97 ? "in literal false (expecting 'a')" : c == 108 ? "in literal false (expecting 'l')" : c == 115 ? "in literal false (expecting 's')" : "in literal false (expecting 'e')";
  }
  if (word.charCodeAt(0) == 116) {
    return c == 114 ? "in literal true (expecting 'r')" : c == 117 ? "in literal true (expecting 'u')" : "in literal true (expecting 'e')";
  }
  return c == 117 ? "in literal null (expecting 'u')" : "in literal null (expecting 'l')";
}

function scanWord(word: string): bool {
  for (let i = 0; i < word.length; i++) {
    if (at >= size) return bad("");
    if (<i32>current() != word.charCodeAt(i)) return bad(expecting(word, i));
    at++;
  }
  return true;
}

function scanDigits(words: string): bool {
  if (at >= size) return bad("");
  if (current() - 48 > 9) return bad(words);
  while (at < size && current() - 48 <= 9) at++;
  return true;
}

function scanNumber(): bool {
  if (current() == 45) {
    at++;
    if (at >= size) return bad("");
    if (current() - 48 > 9) return bad("in numeric literal");
  }
  if (current() == 48) at++;
  else if (!scanDigits("in numeric literal")) return false;
  if (at < size && current() == 46) {
    at++;
    if (!scanDigits("after decimal point in numeric literal")) return false;
  }
  if (at < size && (current() | 32) == 101) {
    at++;
    if (at < size && (current() == 43 || current() == 45)) at++;
    if (!scanDigits("in exponent of numeric literal")) return false;
  }
  return true;
}

function isHex(c: u32): bool {
  return c - 48 <= 9 || (c | 32) - 97 <= 5;
}

function scanString(): bool {
  at++;
  while (at < size) {
    const c = current();
    if (c < 32) return bad("in string literal");
    at++;
    if (c == 34) return true;
    if (c != 92) continue;
    if (at >= size) return bad("");
    const escape = current();
    if (escape == 117) {
      at++;
      for (let i = 0; i < 4; i++) {
        if (at >= size) return bad("");
        if (!isHex(current())) return bad("in \\u hexadecimal character escape");
        at++;
      }
    } else if (escape == 34 || escape == 92 || escape == 47 || escape == 98 || escape == 102 || escape == 110 || escape == 114 || escape == 116) at++;
    else return bad("in string escape code");
  }
  return bad("");
}

/** The fault at `at`; a byte is named as the rune of its number. */
function described(): Value {
  textBegin();
  if (context.length == 0) {
    textAscii("unexpected EOF");
    return textFinish();
  }
  textAscii("invalid character ");
  const c = current();
  const work = alloc(16);
  if (c < 128) store<u8>(work, <u8>c);
  else {
    store<u8>(work, <u8>(0xc0 | (c >>> 6)));
    store<u8>(work, <u8>(0x80 | (c & 63)), 1);
  }
  textByte(39);
  if (c == 39) textByte(92);
  if (c == 34 || c == 39) textByte(c);
  else {
    goEscape(work + 4, work, c < 128 ? 1 : 2);
    textBytes(work + 4, escapeLength());
  }
  textAscii("' ");
  textAscii(context);
  return textFinish();
}

/** Why the reader refused these bytes. */
export function jsonFault(ptr: usize, length: u32): Value {
  text = ptr;
  size = length;
  at = 0;
  skipBlank();
  if (at == size) return words("EOF");
  if (!scan()) return described();
  skipBlank();
  if (at == size) return words("exceeded max depth");
  const c = current();
  if (c == 93 || c == 125 || c == 58 || c == 44) {
    context = "looking for beginning of value";
    return described();
  }
  const from = at;
  if (c != 91 && c != 123 && !scan()) return described();
  return leftOver(from, c);
}

function words(message: string): Value {
  textBegin();
  textAscii(message);
  return textFinish();
}

/** A token after the document, printed as Go's %s prints it. */
function leftOver(from: u32, c: u32): Value {
  let token = newString(text + from, c == 91 || c == 123 ? 1 : at - from);
  if (c == 34) {
    const read = parseJson(text + from, at - from);
    if (typeOf(read) == TYPE_STRING) token = read;
  }
  const isBoolean = c == 116 || c == 102;
  textBegin();
  textAscii("error: invalid character '");
  if (isBoolean) textAscii("%!s(bool=");
  textValue(token);
  if (isBoolean) textByte(41);
  textAscii("' after top-level value");
  return textFinish();
}
