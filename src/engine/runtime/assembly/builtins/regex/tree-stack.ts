import { addClass, addLiteral, cleanClass, MAX_RUNE } from "./char-class";
import { collapse } from "./factor";
import { minFoldRune, simpleFold } from "./fold";
import { checkLimits, countRunes } from "./limits";
import { List, newList } from "./list";
import {
  ALTERNATE,
  ANY_CHAR,
  ANY_CHAR_NOT_NL,
  CAPTURE,
  CHAR_CLASS,
  CONCAT,
  EMPTY_MATCH,
  FOLD_CASE,
  isCharClass,
  LEFT_PAREN,
  LITERAL,
  newNode,
  Node,
  PSEUDO,
  REPEAT,
  reuse,
  VERTICAL_BAR,
} from "./node";

// The parser's stack of trees and marks, joined as Go's parser joins them, so
// that limits fall where they fall there.

let stack: List = changetype<List>(0);
/** What (?imsU) have set. */
let flags: u32 = 0;

const NO_RUNE: u32 = 0xffffffff;

export function resetStack(first: u32): void {
  stack = newList();
  flags = first;
}

export function currentFlags(): u32 {
  return flags;
}
export function setFlags(next: u32): void {
  flags = next;
}

@inline
function fromTop(distance: u32): Node {
  return changetype<Node>(<usize>stack.at(stack.length - distance));
}

/** The only tree on the stack; null when there are more. */
export function wholeTree(): Node | null {
  return stack.length == 1 ? fromTop(1) : null;
}

export function pushOp(op: u32): Node {
  const node = newNode(op);
  node.flags = flags;
  push(node);
  return node;
}

export function pushLiteral(rune: u32): void {
  const node = newNode(LITERAL);
  node.flags = flags;
  node.runes.push(flags & FOLD_CASE ? minFoldRune(rune) : rune);
  push(node);
}

/** Pushes a class; one of a single character in one or both cases is a literal. */
export function push(node: Node): void {
  const runes = node.runes;
  countRunes(runes.length);
  if (node.op == CHAR_CLASS && isSingle(runes)) {
    pushRune(node, flags & ~FOLD_CASE);
  } else if (node.op == CHAR_CLASS && isBothCases(runes)) {
    pushRune(node, flags | FOLD_CASE);
  } else {
    joinLiterals(NO_RUNE, 0);
    place(node);
  }
}

function place(node: Node): void {
  stack.push(<u32>changetype<usize>(node));
  checkLimits(node, stack);
}

function pushRune(node: Node, literalFlags: u32): void {
  const rune = node.runes.at(0);
  if (joinLiterals(rune, literalFlags)) return;
  node.op = LITERAL;
  node.runes.length = 1;
  node.flags = literalFlags;
  place(node);
}

function isSingle(runes: List): bool {
  return runes.length == 2 && runes.at(0) == runes.at(1);
}

function isBothCases(runes: List): bool {
  if (runes.length == 4) {
    return runes.at(0) == runes.at(1) && runes.at(2) == runes.at(3) &&
      simpleFold(runes.at(0)) == runes.at(2) && simpleFold(runes.at(2)) == runes.at(0);
  }
  return runes.length == 2 && runes.at(0) + 1 == runes.at(1) &&
    simpleFold(runes.at(0)) == runes.at(1) && simpleFold(runes.at(1)) == runes.at(0);
}

/**
 * Joins the two literals on top. Their place is then free: a rune takes it and
 * the answer is true, else it goes.
 */
function joinLiterals(rune: u32, runeFlags: u32): bool {
  if (stack.length < 2) return false;
  const last = fromTop(1);
  const before = fromTop(2);
  if (last.op != LITERAL || before.op != LITERAL) return false;
  if ((last.flags & FOLD_CASE) != (before.flags & FOLD_CASE)) return false;
  before.runes.append(last.runes);
  if (rune != NO_RUNE) {
    last.runes = newList();
    last.runes.push(rune);
    last.flags = runeFlags;
    return true;
  }
  stack.length--;
  reuse(last);
  return false;
}

/** What a repetition would repeat; null when there is nothing. */
export function repeatable(): Node | null {
  if (stack.length == 0 || fromTop(1).op >= PSEUDO) return null;
  return fromTop(1);
}

export function pushRepeat(op: u32, least: i32, most: i32, repeatFlags: u32): Node {
  const node = newNode(op);
  node.min = least;
  node.max = most;
  node.flags = repeatFlags;
  node.subs.push(stack.at(stack.length - 1));
  stack.put(stack.length - 1, <u32>changetype<usize>(node));
  checkLimits(node, stack);
  return node;
}

/** Whether counted repeats inside each other stay within `n` copies. */
export function isRepeatValid(node: Node, n: i32): bool {
  let left = n;
  if (node.op == REPEAT) {
    if (node.max == 0) return true;
    const most = node.max < 0 ? node.min : node.max;
    if (most > left) return false;
    if (most > 0) left /= most;
  }
  for (let i: u32 = 0; i < node.subs.length; i++) {
    if (!isRepeatValid(node.sub(i), left)) return false;
  }
  return true;
}

/** Takes all above the last mark off the stack. */
function takeOff(): List {
  let from = stack.length;
  while (from > 0 && changetype<Node>(<usize>stack.at(from - 1)).op < PSEUDO) from--;
  const subs = newList();
  for (let i = from; i < stack.length; i++) subs.push(stack.at(i));
  stack.length = from;
  return subs;
}

export function concat(): void {
  joinLiterals(NO_RUNE, 0);
  const subs = takeOff();
  push(subs.length == 0 ? newNode(EMPTY_MATCH) : collapse(subs, CONCAT, stack));
}

export function alternate(): void {
  const subs = takeOff();
  cleanAlternative(changetype<Node>(<usize>subs.at(subs.length - 1)));
  push(collapse(subs, ALTERNATE, stack));
}

/** A class that no more will be merged into, in its simplest form. */
export function cleanAlternative(node: Node): void {
  if (node.op != CHAR_CLASS) return;
  const runes = node.runes;
  cleanClass(runes);
  if (runes.length == 2 && runes.at(0) == 0 && runes.at(1) == MAX_RUNE) {
    node.op = ANY_CHAR;
    node.runes = newList();
  } else if (
    runes.length == 4 && runes.at(0) == 0 && runes.at(1) == 9 && runes.at(2) == 11 && runes.at(3) == MAX_RUNE
  ) {
    node.op = ANY_CHAR_NOT_NL;
    node.runes = newList();
  }
}

function hasRune(node: Node, rune: u32): bool {
  if (node.op == LITERAL) return node.runes.length == 1 && node.runes.at(0) == rune;
  if (node.op != CHAR_CLASS) return node.op == ANY_CHAR || rune != 10;
  for (let i: u32 = 0; i < node.runes.length; i += 2) {
    if (node.runes.at(i) <= rune && rune <= node.runes.at(i + 1)) return true;
  }
  return false;
}

/** Makes `to` match what `from` matches too; `from` is not the wider kind. */
export function mergeClass(to: Node, from: Node): void {
  if (to.op == ANY_CHAR_NOT_NL) {
    if (hasRune(from, 10)) to.op = ANY_CHAR;
  } else if (to.op == CHAR_CLASS) {
    if (from.op == LITERAL) addLiteral(to.runes, from.runes.at(0), from.flags);
    else addClass(to.runes, from.runes);
  } else if (to.op == LITERAL) {
    const rune = to.runes.at(0);
    if (from.runes.at(0) == rune && from.flags == to.flags) return;
    to.op = CHAR_CLASS;
    to.runes = newList();
    addLiteral(to.runes, rune, to.flags);
    addLiteral(to.runes, from.runes.at(0), from.flags);
  }
}

export function verticalBar(): void {
  concat();
  if (!swapVerticalBar()) pushOp(VERTICAL_BAR);
}

/** Brings the bar above the alternative that ended; merges classes around it. */
function swapVerticalBar(): bool {
  const n = stack.length;
  if (n >= 3 && fromTop(2).op == VERTICAL_BAR && isCharClass(fromTop(1)) && isCharClass(fromTop(3))) {
    let narrow = fromTop(1);
    let wide = fromTop(3);
    if (narrow.op > wide.op) {
      const swap = narrow;
      narrow = wide;
      wide = swap;
      stack.put(n - 3, <u32>changetype<usize>(wide));
    }
    mergeClass(wide, narrow);
    reuse(narrow);
    stack.length--;
    return true;
  }
  if (n < 2 || fromTop(2).op != VERTICAL_BAR) return false;
  if (n >= 3) cleanAlternative(fromTop(3));
  const last = stack.at(n - 1);
  stack.put(n - 1, stack.at(n - 2));
  stack.put(n - 2, last);
  return true;
}

/** Ends the alternatives above the last mark. */
export function endAlternatives(): void {
  concat();
  if (swapVerticalBar()) stack.length--;
  alternate();
}

/** Ends a group; false when none is open. */
export function rightParen(): bool {
  endAlternatives();
  if (stack.length < 2) return false;
  const body = fromTop(1);
  const paren = fromTop(2);
  stack.length -= 2;
  if (paren.op != LEFT_PAREN) return false;
  flags = paren.flags;
  if (paren.cap == 0) {
    push(body);
  } else {
    paren.op = CAPTURE;
    paren.subs.push(<u32>changetype<usize>(body));
    push(paren);
  }
  return true;
}
