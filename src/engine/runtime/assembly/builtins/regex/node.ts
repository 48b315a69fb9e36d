import { alloc } from "../../memory";
import { List, newList } from "./list";

// The syntax tree of a pattern. The order of the operators and the pool of
// nodes are those of Go's regexp/syntax, whose limits count them.

export const NO_MATCH: u32 = 1;
export const EMPTY_MATCH: u32 = 2;
export const LITERAL: u32 = 3;
export const CHAR_CLASS: u32 = 4;
export const ANY_CHAR_NOT_NL: u32 = 5;
export const ANY_CHAR: u32 = 6;
export const BEGIN_LINE: u32 = 7;
export const END_LINE: u32 = 8;
export const BEGIN_TEXT: u32 = 9;
export const END_TEXT: u32 = 10;
export const WORD_BOUNDARY: u32 = 11;
export const NO_WORD_BOUNDARY: u32 = 12;
export const CAPTURE: u32 = 13;
export const STAR: u32 = 14;
export const PLUS: u32 = 15;
export const QUEST: u32 = 16;
export const REPEAT: u32 = 17;
export const CONCAT: u32 = 18;
export const ALTERNATE: u32 = 19;
/** From here on: marks on the parser's stack. */
export const PSEUDO: u32 = 128;
export const LEFT_PAREN: u32 = 128;
export const VERTICAL_BAR: u32 = 129;

// Flags, as (?imsU) sets them.
export const FOLD_CASE: u32 = 1;
export const DOT_NL: u32 = 2;
export const ONE_LINE: u32 = 4;
export const NON_GREEDY: u32 = 8;

@unmanaged
export class Node {
  op: u32;
  flags: u32;
  /** Of REPEAT; -1 is no bound. */
  min: i32;
  max: i32;
  /** Of CAPTURE: its number, and its name's bytes. */
  cap: u32;
  name: usize;
  nameLength: u32;
  /** Of LITERAL: code points; of CHAR_CLASS: pairs, inclusive. */
  runes: List;
  subs: List;
  /** What limits.ts remembers: 0 is unknown. */
  size: i64;
  height: i32;
  nextFree: Node | null;

  @inline
  sub(index: u32): Node {
    return changetype<Node>(<usize>this.subs.at(index));
  }
}

let free: Node | null = null;
let made: u32 = 0;

export function resetNodes(): void {
  free = null;
  made = 0;
}

/** How many nodes there are, used again or not. */
export function nodesMade(): u32 {
  return made;
}

export function newNode(op: u32): Node {
  const known = free;
  let node: Node;
  if (known) {
    free = known.nextFree;
    node = known;
  } else {
    node = changetype<Node>(alloc(offsetof<Node>()));
    node.size = 0;
    made++;
  }
  node.op = op;
  node.flags = 0;
  node.min = 0;
  node.max = 0;
  node.cap = 0;
  node.name = 0;
  node.nameLength = 0;
  node.height = 0;
  node.nextFree = null;
  node.runes = newList();
  node.subs = newList();
  return node;
}

/** The node is not part of the tree any more. */
export function reuse(node: Node): void {
  node.height = 0;
  node.nextFree = free;
  free = node;
}

export function isCharClass(node: Node): bool {
  return (node.op == LITERAL && node.runes.length == 1) ||
    node.op == CHAR_CLASS || node.op == ANY_CHAR_NOT_NL || node.op == ANY_CHAR;
}

/** Whether two leading parts, each a class or a class repeated, are the same. */
export function sameNode(a: Node, b: Node): bool {
  if (a.op != b.op) return false;
  switch (a.op) {
    case LITERAL:
    case CHAR_CLASS:
      return (a.flags & FOLD_CASE) == (b.flags & FOLD_CASE) && a.runes.same(b.runes);
    case REPEAT:
      return (a.flags & NON_GREEDY) == (b.flags & NON_GREEDY) && a.min == b.min && a.max == b.max &&
        sameNode(a.sub(0), b.sub(0));
    default:
      return a.op == ANY_CHAR || a.op == ANY_CHAR_NOT_NL;
  }
}
