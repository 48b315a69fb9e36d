import { List } from "./list";
import { ALTERNATE, CAPTURE, CONCAT, LITERAL, Node, nodesMade, PLUS, QUEST, REPEAT, STAR } from "./node";
import { fault } from "./syntax-fault";

// Go's limits on a pattern: what it takes as a program, how deep it nests. Both
// are looked at only when the number of nodes makes them possible.

const MAX_HEIGHT: i32 = 1000;
// 128 MiB of Go's instructions, and of code points in classes.
const MAX_SIZE: i64 = 3355443;
const MAX_RUNES: u32 = 33554432;

let whole: usize = 0;
let wholeEnd: usize = 0;
let repeats: i64 = 0;
let runes: u32 = 0;
let knowsSize: bool = false;
let knowsHeight: bool = false;

export function resetLimits(ptr: usize, length: u32): void {
  whole = ptr;
  wholeEnd = ptr + length;
  repeats = 0;
  runes = 0;
  knowsSize = false;
  knowsHeight = false;
}

export function countRunes(n: u32): void {
  runes += n;
}

export function checkLimits(node: Node, stack: List): void {
  if (runes > MAX_RUNES) tooLarge();
  checkSize(node, stack);
  checkHeight(node, stack);
}

function tooLarge(): void {
  fault("expression too large", whole, wholeEnd);
}

function checkSize(node: Node, stack: List): void {
  if (!knowsSize) {
    if (repeats == 0) repeats = 1;
    if (node.op == REPEAT) {
      let n: i64 = node.max == -1 ? node.min : node.max;
      if (n <= 0) n = 1;
      repeats = n > MAX_SIZE / repeats ? MAX_SIZE : repeats * n;
    }
    if (<i64>nodesMade() < MAX_SIZE / repeats) return;
    knowsSize = true;
    for (let i: u32 = 0; i < stack.length; i++) {
      checkSize(changetype<Node>(<usize>stack.at(i)), stack);
    }
  }
  if (sizeOf(node, true) > MAX_SIZE) tooLarge();
}

function sizeOf(node: Node, again: bool): i64 {
  if (!again && node.size > 0) return node.size;
  node.size = max<i64>(1, measured(node));
  return node.size;
}

function measured(node: Node): i64 {
  switch (node.op) {
    case LITERAL:
      return node.runes.length;
    case CAPTURE:
    case STAR:
      return 2 + sizeOf(node.sub(0), false);
    case PLUS:
    case QUEST:
      return 1 + sizeOf(node.sub(0), false);
    case CONCAT:
    case ALTERNATE: {
      const n = node.subs.length;
      let size: i64 = node.op == ALTERNATE && n > 1 ? n - 1 : 0;
      for (let i: u32 = 0; i < n; i++) size += sizeOf(node.sub(i), false);
      return size;
    }
    case REPEAT: {
      const sub = sizeOf(node.sub(0), false);
      if (node.max != -1) return <i64>node.max * sub + <i64>(node.max - node.min);
      return node.min == 0 ? 2 + sub : 1 + <i64>node.min * sub;
    }
    default:
      return 0;
  }
}

function checkHeight(node: Node, stack: List): void {
  if (<i32>nodesMade() < MAX_HEIGHT) return;
  if (!knowsHeight) {
    knowsHeight = true;
    for (let i: u32 = 0; i < stack.length; i++) {
      checkHeight(changetype<Node>(<usize>stack.at(i)), stack);
    }
  }
  if (heightOf(node, true) > MAX_HEIGHT) fault("expression nests too deeply", whole, wholeEnd);
}

function heightOf(node: Node, again: bool): i32 {
  if (!again && node.height > 0) return node.height;
  let height: i32 = 1;
  for (let i: u32 = 0; i < node.subs.length; i++) {
    height = max(height, 1 + heightOf(node.sub(i), false));
  }
  node.height = height;
  return height;
}
