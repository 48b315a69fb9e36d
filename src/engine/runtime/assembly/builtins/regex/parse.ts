import { runeAt, runeSize } from "../strings";
import { resetFold } from "./fold";
import { resetLimits } from "./limits";
import {
  ANY_CHAR,
  ANY_CHAR_NOT_NL,
  BEGIN_LINE,
  BEGIN_TEXT,
  DOT_NL,
  END_LINE,
  END_TEXT,
  FOLD_CASE,
  LEFT_PAREN,
  NO_WORD_BOUNDARY,
  Node,
  NON_GREEDY,
  ONE_LINE,
  PLUS,
  QUEST,
  REPEAT,
  resetNodes,
  STAR,
  WORD_BOUNDARY,
} from "./node";
import { parseBrackets, parseEscapedClass, parseEscapedRune } from "./parse-class";
import { clearFault, fault, isFaulty } from "./syntax-fault";
import {
  currentFlags,
  endAlternatives,
  isRepeatValid,
  pushLiteral,
  pushOp,
  pushRepeat,
  repeatable,
  resetStack,
  rightParen,
  setFlags,
  verticalBar,
  wholeTree,
} from "./tree-stack";

// RE2 syntax as Go's regexp/syntax reads it with the flags of package regexp.

const MAX_REPEAT: i32 = 1000;

let whole: usize = 0;
let at: usize = 0;
let end: usize = 0;
let groups: u32 = 0;
// The repetition just read, 0 for none: another may not follow it.
let repeatStart: usize = 0;

/** The tree of a pattern, null with the fault recorded when it is not valid. */
export function parsePattern(ptr: usize, length: u32): Node | null {
  whole = ptr;
  at = ptr;
  end = ptr + length;
  groups = 0;
  repeatStart = 0;
  clearFault();
  resetNodes();
  resetFold();
  resetLimits(ptr, length);
  resetStack(ONE_LINE);
  while (at < end && !isFaulty()) parseItem();
  if (isFaulty()) return null;
  endAlternatives();
  const tree = wholeTree();
  if (!tree) fault("missing closing )", whole, end);
  return isFaulty() ? null : tree;
}

/** Capturing groups of the last pattern. */
export function groupsOfLast(): u32 {
  return groups;
}

@inline
function peek(offset: usize): u32 {
  return at + offset < end ? <u32>load<u8>(at + offset) : 0;
}

function parseItem(): void {
  const c = peek(0);
  if (c == 42 || c == 43 || c == 63) {
    parseRepeat(c == 42 ? STAR : c == 43 ? PLUS : QUEST);
    return;
  }
  if (c == 123 && parseCounted()) return;
  repeatStart = 0;
  switch (c) {
    case 40:
      parseLeftParen();
      return;
    case 124:
      verticalBar();
      at++;
      return;
    case 41:
      if (!rightParen()) fault("unexpected )", whole, end);
      at++;
      return;
    case 94:
      pushOp(currentFlags() & ONE_LINE ? BEGIN_TEXT : BEGIN_LINE);
      at++;
      return;
    case 36:
      pushOp(currentFlags() & ONE_LINE ? END_TEXT : END_LINE);
      at++;
      return;
    case 46:
      pushOp(currentFlags() & DOT_NL ? ANY_CHAR : ANY_CHAR_NOT_NL);
      at++;
      return;
    case 91:
      at = parseBrackets(at, end);
      return;
    case 92:
      parseBackslash();
      return;
    default:
      pushLiteral(runeAt(at));
      at += runeSize(at);
  }
}

/** * + ? */
function parseRepeat(op: u32): void {
  const start = at;
  at++;
  repeat(op, 0, 0, start);
}

/** {2} {2,} {2,5}; false when the brace stands for itself. */
function parseCounted(): bool {
  const start = at;
  at++;
  const least = parseInteger();
  let most = least;
  let valid = least != NO_INTEGER && at < end;
  if (valid && peek(0) == 44) {
    at++;
    if (at < end && peek(0) == 125) most = -1;
    else most = parseInteger();
    valid = most != NO_INTEGER;
  }
  if (!valid || at >= end || peek(0) != 125) {
    at = start;
    return false;
  }
  at++;
  if (least > MAX_REPEAT || most > MAX_REPEAT || (most >= 0 && least > most)) {
    fault("invalid repeat count", start, at);
    return true;
  }
  repeat(REPEAT, least, most, start);
  return true;
}

const NO_INTEGER: i32 = -2;

/** Digits without a leading zero. */
function parseInteger(): i32 {
  const c = peek(0);
  if (c < 48 || c > 57 || (c == 48 && peek(1) >= 48 && peek(1) <= 57)) return NO_INTEGER;
  let n: i32 = 0;
  while (peek(0) >= 48 && peek(0) <= 57) {
    // More than the limit is too much, however much.
    n = min<i32>(n * 10 + <i32>peek(0) - 48, MAX_REPEAT + 1);
    at++;
  }
  return n;
}

function repeat(op: u32, least: i32, most: i32, start: usize): void {
  let flags = currentFlags();
  const before = repeatStart;
  repeatStart = start;
  if (peek(0) == 63) {
    at++;
    flags ^= NON_GREEDY;
  }
  if (before != 0) {
    fault("invalid nested repetition operator", before, at);
    return;
  }
  if (!repeatable()) {
    fault("missing argument to repetition operator", start, at);
    return;
  }
  const node = pushRepeat(op, least, most, flags);
  if (op == REPEAT && (least >= 2 || most >= 2) && !isRepeatValid(node, MAX_REPEAT)) {
    fault("invalid repeat count", start, at);
  }
}

function parseLeftParen(): void {
  if (peek(1) != 63) {
    pushOp(LEFT_PAREN).cap = ++groups;
    at++;
    return;
  }
  const left = end - at;
  if (left > 4 && peek(2) == 80 && peek(3) == 60) parseNamed(4);
  else if (left > 3 && peek(2) == 60) parseNamed(3);
  else parseFlags();
}

/** (?P<name> and (?<name> */
function parseNamed(prefix: usize): void {
  const start = at;
  const name = at + prefix;
  let stop = name;
  while (stop < end && load<u8>(stop) != 62) stop++;
  if (stop == end) {
    fault("invalid named capture", start, end);
    return;
  }
  let valid = stop > name;
  for (let i = name; i < stop && valid; i++) valid = isNameByte(load<u8>(i));
  if (!valid) {
    fault("invalid named capture", start, stop + 1);
    return;
  }
  const paren = pushOp(LEFT_PAREN);
  paren.cap = ++groups;
  paren.name = name;
  paren.nameLength = <u32>(stop - name);
  at = stop + 1;
}

export function isNameByte(c: u32): bool {
  return (c >= 48 && c <= 57) || (c >= 65 && c <= 90) || c == 95 || (c >= 97 && c <= 122);
}

/** (?flags) and (?flags: */
function parseFlags(): void {
  const start = at;
  at += 2;
  let flags = currentFlags();
  let negative = false;
  let sawFlag = false;
  while (at < end) {
    const c = runeAt(at);
    at += runeSize(at);
    if (c == 58 || c == 41) {
      if (negative && !sawFlag) break;
      if (negative) flags = ~flags;
      if (c == 58) pushOp(LEFT_PAREN);
      setFlags(flags);
      return;
    }
    if (c == 45) {
      if (negative) break;
      negative = true;
      flags = ~flags;
      sawFlag = false;
      continue;
    }
    if (c == 105) flags |= FOLD_CASE;
    else if (c == 109) flags &= ~ONE_LINE;
    else if (c == 115) flags |= DOT_NL;
    else if (c == 85) flags |= NON_GREEDY;
    else break;
    sawFlag = true;
  }
  fault("invalid or unsupported Perl syntax", start, at);
}

function parseBackslash(): void {
  const c = peek(1);
  switch (c) {
    case 65:
      pushOp(BEGIN_TEXT);
      break;
    case 98:
      pushOp(WORD_BOUNDARY);
      break;
    case 66:
      pushOp(NO_WORD_BOUNDARY);
      break;
    case 122:
      pushOp(END_TEXT);
      break;
    case 67:
      fault("invalid escape sequence", at, at + 2);
      break;
    case 81:
      parseQuoted();
      return;
    default: {
      const after = parseEscapedClass(at, end);
      if (after != 0) {
        at = after;
        return;
      }
      const rune = parseEscapedRune(at, end);
      if (!isFaulty()) pushLiteral(rune.value);
      at = rune.after;
      return;
    }
  }
  at += 2;
}

/** \Q…\E: everything literal. */
function parseQuoted(): void {
  at += 2;
  while (at < end) {
    if (peek(0) == 92 && peek(1) == 69) {
      at += 2;
      return;
    }
    pushLiteral(runeAt(at));
    at += runeSize(at);
  }
}
