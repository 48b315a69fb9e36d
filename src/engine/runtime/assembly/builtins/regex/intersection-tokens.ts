import { builtinErrorWith } from "../../builtin-error";
import { stringLength, stringPtr, Value } from "../../value";
import { runeAt, runeSize } from "../strings";
import { textAscii, textBegin, textFinish, textInteger, textRune, textValue } from "../text";
import { addRange, cleanClass } from "./char-class";
import { List, newList } from "./list";

// The small language of regex.globs_match: characters, `.` and sets, each
// alone or with + or *. What glob-intersection reads, with its error texts.

export const CHARACTER: u32 = 0;
export const DOT: u32 = 1;
export const SET: u32 = 2;
export const ONCE: u32 = 0;
export const PLUS: u32 = 1;
export const STAR: u32 = 2;

/** {type, flag, code point or set} a token. */
export const TOKEN_WORDS: u32 = 3;

const BACKSLASH: u32 = 92;

let input: Value = 0;
let runes: List = changetype<List>(0);
let failed: bool = false;
let position: u32 = 0;
let rune: u32 = 0;
let escaped: bool = false;

/** The tokens of a pattern, those of a repeated kind joined; null with the error recorded. */
export function readTokens(pattern: Value): List | null {
  input = pattern;
  runes = newList();
  failed = false;
  const end = stringPtr(pattern) + stringLength(pattern);
  for (let at = stringPtr(pattern); at < end; at += runeSize(at)) runes.push(runeAt(at));
  const tokens = newList();
  position = 0;
  while (nextRune()) {
    readToken(tokens);
    if (failed) return null;
  }
  return failed ? null : tokens;
}

/** False at the end, and when a backslash ends the pattern. */
function nextRune(): bool {
  if (position >= runes.length || failed) return false;
  rune = runes.at(position);
  escaped = rune == BACKSLASH;
  if (!escaped) {
    position++;
    return true;
  }
  if (position + 1 == runes.length) {
    fail(position, "input ends with a \\ (escape) character", 0, "");
    return false;
  }
  rune = runes.at(position + 1);
  position += 2;
  return true;
}

function isPlain(c: u32): bool {
  return !escaped && rune == c;
}

function readToken(tokens: List): void {
  let type = CHARACTER;
  let value = rune;
  if (isPlain(46)) {
    type = DOT;
  } else if (isPlain(93)) {
    fail(position, "set-close ']' with no preceding '['", 0, "");
  } else if (isPlain(91)) {
    type = SET;
    value = <u32>changetype<usize>(readSet());
  } else if (isPlain(43) || isPlain(42)) {
    fail(position, "flag '", rune, "' must be preceded by a non-flag");
  }
  if (!failed) addToken(tokens, type, readFlag(), value);
}

function readFlag(): u32 {
  const before = position;
  if (!nextRune()) return ONCE;
  if (isPlain(43)) return PLUS;
  if (isPlain(42)) return STAR;
  position = before;
  return ONCE;
}

/** Adds a token, or joins it with the same before it when both repeat. */
function addToken(tokens: List, type: u32, flag: u32, value: u32): void {
  const n = tokens.length;
  if (n > 0 && flag != ONCE && tokens.at(n - 2) != ONCE && isSame(tokens, type, value)) {
    if (flag == PLUS) tokens.put(n - 2, PLUS);
    return;
  }
  tokens.push(type);
  tokens.push(flag);
  tokens.push(value);
}

function isSame(tokens: List, type: u32, value: u32): bool {
  const n = tokens.length;
  if (tokens.at(n - 3) != type) return false;
  if (type == DOT) return true;
  if (type == CHARACTER) return tokens.at(n - 1) == value;
  return changetype<List>(<usize>tokens.at(n - 1)).same(changetype<List>(<usize>value));
}

function readSet(): List {
  const set = newList();
  let before: u32 = 0;
  let hasBefore = false;
  while (nextRune()) {
    if (isPlain(93)) {
      cleanClass(set);
      return set;
    }
    if (isPlain(45)) {
      readRange(set, before, hasBefore);
      hasBefore = false;
      if (failed) return set;
      continue;
    }
    addRange(set, rune, rune);
    before = rune;
    hasBefore = true;
  }
  fail(position, "found [ without matching ]", 0, "");
  return set;
}

/** What follows the - of a range. */
function readRange(set: List, low: u32, hasLow: bool): void {
  if (!hasLow) {
    fail(position, "range character '-' must be preceded by a Unicode character", 0, "");
    return;
  }
  if (position + 1 >= runes.length) {
    fail(position, "range character '-' must be followed by a Unicode character", 0, "");
    return;
  }
  nextRune();
  if (isPlain(93) || isPlain(45)) {
    fail(position, "range character '-' cannot be followed by a special symbol", 0, "");
  } else if (rune < low) {
    failOrder(low);
  } else {
    addRange(set, low, rune);
  }
}

function beginFailure(at: u32): void {
  failed = true;
  textBegin();
  textAscii("input:");
  textValue(input);
  textAscii(", pos:");
  textInteger(at);
  textAscii(", ");
}

function endFailure(): void {
  textAscii(": the input provided is invalid");
  const text = textFinish();
  builtinErrorWith("", stringPtr(text), stringLength(text), "");
}

/** Records the error: words, a code point when not 0, more words. */
function fail(at: u32, words: string, c: u32, more: string): void {
  if (failed) return;
  beginFailure(at);
  textAscii(words);
  if (c != 0) textRune(c);
  textAscii(more);
  endFailure();
}

function failOrder(low: u32): void {
  beginFailure(position);
  textAscii("range is out of order: '");
  textRune(rune);
  textAscii("' comes before '");
  textRune(low);
  textAscii("' in Unicode");
  endFailure();
}
