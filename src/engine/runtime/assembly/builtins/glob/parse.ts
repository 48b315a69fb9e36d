import { List, newList } from "../regex/list";
import { runeAt, runeSize } from "../strings";
import { alloc } from "../../memory";

// A glob's syntax tree, as gobwas/glob reads it, with its faults.

export const PATTERN: u32 = 0;
export const ANY_OF: u32 = 1;
export const NOTHING: u32 = 2;
export const TEXT: u32 = 3;
export const ANY: u32 = 4;
export const SUPER: u32 = 5;
export const SINGLE: u32 = 6;
export const LIST: u32 = 7;
export const RANGE: u32 = 8;

@unmanaged
export class GlobNode {
  kind: u32;
  parent: GlobNode | null;
  children: List;
  /** Of LIST and RANGE. */
  not: bool;
  /** Code points of TEXT and LIST, the two ends of RANGE. */
  runes: List;

  @inline
  child(index: u32): GlobNode {
    return changetype<GlobNode>(<usize>this.children.at(index));
  }
}

export function newGlobNode(kind: u32): GlobNode {
  const node = changetype<GlobNode>(alloc(offsetof<GlobNode>()));
  node.kind = kind;
  node.parent = null;
  node.children = newList();
  node.not = false;
  node.runes = newList();
  return node;
}

export function insert(parent: GlobNode, child: GlobNode): void {
  parent.children.push(<u32>changetype<usize>(child));
  child.parent = parent;
}

export function sameGlob(a: GlobNode, b: GlobNode): bool {
  if (a.kind != b.kind || a.not != b.not || !a.runes.same(b.runes)) return false;
  if (a.children.length != b.children.length) return false;
  for (let i: u32 = 0; i < a.children.length; i++) {
    if (!sameGlob(a.child(i), b.child(i))) return false;
  }
  return true;
}

// The end of the text, and what a NUL in it is taken for.
const END: u32 = 0;
const UNREADABLE: u32 = 0xfffd;

let at: usize = 0;
let end: usize = 0;
let lastRune: u32 = 0;
let lastSize: usize = 0;
let hasRune: bool = false;
let terms: u32 = 0;
let words: string = "";
// The two characters of a range out of order, behind `words`.
let faultHigh: u32 = 0;
let faultLow: u32 = 0;

export function globFault(): string {
  return words;
}
export function globFaultHigh(): u32 {
  return faultHigh;
}
export function globFaultLow(): u32 {
  return faultLow;
}

function peek(): u32 {
  if (at >= end) {
    lastSize = 0;
    return END;
  }
  const rune = runeAt(at);
  if (rune == UNREADABLE) {
    words = "could not read rune";
    lastSize = 0;
    return END;
  }
  lastSize = runeSize(at);
  return rune;
}

function read(): u32 {
  if (hasRune) {
    hasRune = false;
    lastSize = keptSize;
    at += lastSize;
    return lastRune;
  }
  lastRune = peek();
  keptSize = lastSize;
  at += lastSize;
  return lastRune;
}

// The size of the character that `unread` gives back.
let keptSize: usize = 0;

function unread(): void {
  at -= keptSize;
  hasRune = true;
}

/** The tree; null with the fault recorded. */
export function parseGlob(ptr: usize, length: u32): GlobNode | null {
  at = ptr;
  end = ptr + length;
  hasRune = false;
  terms = 0;
  words = "";
  faultHigh = 0;
  const root = newGlobNode(PATTERN);
  let tree = root;
  while (words.length == 0) {
    const c = read();
    if (words.length > 0) return null;
    if (c == END) return root;
    tree = parseItem(tree, c);
  }
  return null;
}

function parseItem(tree: GlobNode, c: u32): GlobNode {
  if (c == 123) {
    terms++;
    const anyOf = newGlobNode(ANY_OF);
    insert(tree, anyOf);
    return newAlternative(anyOf);
  }
  if (c == 44 && terms > 0) return newAlternative(tree.parent!);
  if (c == 125 && terms > 0) {
    terms--;
    return tree.parent!.parent!;
  }
  if (c == 91) {
    parseRange(tree);
  } else if (c == 63) {
    insert(tree, newGlobNode(SINGLE));
  } else if (c == 42) {
    if (read() == 42) {
      insert(tree, newGlobNode(SUPER));
    } else {
      unread();
      insert(tree, newGlobNode(ANY));
    }
  } else {
    unread();
    const text = newGlobNode(TEXT);
    readText(text.runes, false);
    if (text.runes.length > 0) insert(tree, text);
  }
  return tree;
}

function newAlternative(anyOf: GlobNode): GlobNode {
  const pattern = newGlobNode(PATTERN);
  insert(anyOf, pattern);
  return pattern;
}

function endsText(c: u32, inRange: bool): bool {
  if (inRange) return c == 93;
  if (c == 63 || c == 42 || c == 91 || c == 123) return true;
  return terms > 0 && (c == 125 || c == 44);
}

function readText(runes: List, inRange: bool): void {
  let escaped = false;
  while (true) {
    const c = read();
    if (c == END) return;
    if (!escaped) {
      if (c == 92) {
        escaped = true;
        continue;
      }
      if (endsText(c, inRange)) {
        unread();
        return;
      }
    }
    escaped = false;
    runes.push(c);
  }
}

/** [abc] [!abc] [a-c] [!a-c] */
function parseRange(tree: GlobNode): void {
  const node = newGlobNode(LIST);
  let c = read();
  if (c == 33) {
    node.not = true;
    c = read();
  }
  if (c == END) {
    words = "unexpected end of input";
    return;
  }
  const next = peek();
  const size = lastSize;
  if (next == 45) {
    at += size;
    node.kind = RANGE;
    node.runes.push(c);
    const high = read();
    if (high == END) {
      words = "unexpected end of input";
      return;
    }
    node.runes.push(high);
  } else {
    unread();
    readText(node.runes, true);
  }
  const close = read();
  if (close == END) words = "unexpected end of input";
  else if (close != 93) words = "expected close range character";
  else if (words.length == 0) finishRange(tree, node);
}

function finishRange(tree: GlobNode, node: GlobNode): void {
  if (node.kind == LIST && node.runes.length == 0) {
    words = "could not parse range";
    return;
  }
  if (node.kind == RANGE && node.runes.at(1) < node.runes.at(0)) {
    words = "hi character '";
    faultHigh = node.runes.at(1);
    faultLow = node.runes.at(0);
    return;
  }
  insert(tree, node);
}
