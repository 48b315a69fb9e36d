import { checkLimits } from "./limits";
import { List, newList } from "./list";
import {
  ALTERNATE,
  CONCAT,
  EMPTY_MATCH,
  FOLD_CASE,
  isCharClass,
  LITERAL,
  newNode,
  Node,
  REPEAT,
  reuse,
  sameNode,
} from "./node";
import { cleanAlternative, mergeClass } from "./tree-stack";

// Common beginnings of alternatives, taken out in front as Go's parser does.

@inline
function nodeAt(list: List, index: u32): Node {
  return changetype<Node>(<usize>list.at(index));
}

@inline
function addNode(list: List, node: Node): void {
  list.push(<u32>changetype<usize>(node));
}

/** One node for all: those of the same operator are laid open. */
export function collapse(subs: List, op: u32, stack: List): Node {
  if (subs.length == 1) return nodeAt(subs, 0);
  const node = newNode(op);
  for (let i: u32 = 0; i < subs.length; i++) {
    const sub = nodeAt(subs, i);
    if (sub.op == op) {
      node.subs.append(sub.subs);
      reuse(sub);
    } else {
      addNode(node.subs, sub);
    }
  }
  if (op != ALTERNATE) return node;
  node.subs = factor(node.subs, stack);
  if (node.subs.length != 1) return node;
  const only = node.sub(0);
  reuse(node);
  return only;
}

function factor(subs: List, stack: List): List {
  if (subs.length < 2) return subs;
  const byString = factorStrings(subs, stack);
  const byClass = factorClasses(byString, stack);
  return dropEmpties(mergeClasses(byClass));
}

function slice(list: List, from: u32, to: u32): List {
  const part = newList();
  for (let i = from; i < to; i++) part.push(list.at(i));
  return part;
}

function addFactored(out: List, prefix: Node, suffix: Node): void {
  const node = newNode(CONCAT);
  addNode(node.subs, prefix);
  addNode(node.subs, suffix);
  addNode(out, node);
}

/** Round 1: common strings. */
function factorStrings(subs: List, stack: List): List {
  const out = newList();
  let text: List | null = null;
  let textLength: u32 = 0;
  let flags: u32 = 0;
  let start: u32 = 0;
  for (let i: u32 = 0; i <= subs.length; i++) {
    let next: List | null = null;
    let nextFlags: u32 = 0;
    if (i < subs.length) {
      const leading = leadingLiteral(nodeAt(subs, i));
      if (leading) {
        next = leading.runes;
        nextFlags = leading.flags & FOLD_CASE;
      }
      const same = nextFlags == flags ? common(text, textLength, next) : 0;
      if (same > 0) {
        textLength = same;
        continue;
      }
    }
    if (i == start + 1) {
      out.push(subs.at(start));
    } else if (i > start) {
      const prefix = newNode(LITERAL);
      prefix.flags = flags;
      if (text) for (let k: u32 = 0; k < textLength; k++) prefix.runes.push(text.at(k));
      for (let j = start; j < i; j++) {
        const rest = withoutString(nodeAt(subs, j), textLength);
        subs.put(j, <u32>changetype<usize>(rest));
        checkLimits(rest, stack);
      }
      addFactored(out, prefix, collapse(slice(subs, start, i), ALTERNATE, stack));
    }
    start = i;
    text = next;
    textLength = next ? next.length : 0;
    flags = nextFlags;
  }
  return out;
}

function common(a: List | null, aLength: u32, b: List | null): u32 {
  if (!a || !b) return 0;
  const most = min(aLength, b.length);
  let same: u32 = 0;
  while (same < most && a.at(same) == b.at(same)) same++;
  return same;
}

function leadingLiteral(node: Node): Node | null {
  const first = node.op == CONCAT && node.subs.length > 0 ? node.sub(0) : node;
  return first.op == LITERAL ? first : null;
}

/** The node without its first `n` code points. */
function withoutString(node: Node, n: u32): Node {
  if (node.op == CONCAT && node.subs.length > 0) {
    const first = withoutString(node.sub(0), n);
    node.subs.put(0, <u32>changetype<usize>(first));
    if (first.op != EMPTY_MATCH) return node;
    reuse(first);
    return withoutFirst(node);
  }
  if (node.op == LITERAL) {
    // A copy: the runes may be the text that is compared with.
    node.runes = slice(node.runes, n, node.runes.length);
    if (node.runes.length == 0) node.op = EMPTY_MATCH;
  }
  return node;
}

function withoutFirst(node: Node): Node {
  if (node.subs.length < 2) {
    node.op = EMPTY_MATCH;
    node.subs = newList();
    return node;
  }
  if (node.subs.length == 2) {
    const second = node.sub(1);
    reuse(node);
    return second;
  }
  node.subs = slice(node.subs, 1, node.subs.length);
  return node;
}

/** Round 2: a common first class, or a class repeated a fixed number of times. */
function factorClasses(subs: List, stack: List): List {
  const out = newList();
  let first: Node | null = null;
  let start: u32 = 0;
  for (let i: u32 = 0; i <= subs.length; i++) {
    let next: Node | null = null;
    if (i < subs.length) {
      next = leadingNode(nodeAt(subs, i));
      if (first && next && isFactorable(first) && sameNode(first, next)) continue;
    }
    if (i == start + 1) {
      out.push(subs.at(start));
    } else if (i > start && first) {
      for (let j = start; j < i; j++) {
        // The prefix is the first's own.
        const rest = withoutNode(nodeAt(subs, j), j != start);
        subs.put(j, <u32>changetype<usize>(rest));
        checkLimits(rest, stack);
      }
      addFactored(out, first, collapse(slice(subs, start, i), ALTERNATE, stack));
    }
    start = i;
    first = next;
  }
  return out;
}

function isFactorable(node: Node): bool {
  return isCharClass(node) || (node.op == REPEAT && node.min == node.max && isCharClass(node.sub(0)));
}

function leadingNode(node: Node): Node | null {
  const first = node.op == CONCAT && node.subs.length > 0 ? node.sub(0) : node;
  return node.op == EMPTY_MATCH || first.op == EMPTY_MATCH ? null : first;
}

function withoutNode(node: Node, isFree: bool): Node {
  if (node.op == CONCAT && node.subs.length > 0) {
    if (isFree) reuse(node.sub(0));
    return withoutFirst(node);
  }
  if (isFree) reuse(node);
  return newNode(EMPTY_MATCH);
}

/** Round 3: neighbours that are classes become one. */
function mergeClasses(subs: List): List {
  const out = newList();
  let start: u32 = 0;
  for (let i: u32 = 0; i <= subs.length; i++) {
    if (i < subs.length && isCharClass(nodeAt(subs, i))) continue;
    if (i == start + 1) {
      out.push(subs.at(start));
    } else if (i > start) {
      out.push(mergedRun(subs, start, i));
    }
    if (i < subs.length) out.push(subs.at(i));
    start = i + 1;
  }
  return out;
}

function mergedRun(subs: List, start: u32, end: u32): u32 {
  let widest = start;
  for (let j = start + 1; j < end; j++) {
    const a = nodeAt(subs, widest);
    const b = nodeAt(subs, j);
    if (a.op < b.op || (a.op == b.op && a.runes.length < b.runes.length)) widest = j;
  }
  const first = subs.at(start);
  subs.put(start, subs.at(widest));
  subs.put(widest, first);
  const merged = nodeAt(subs, start);
  for (let j = start + 1; j < end; j++) {
    mergeClass(merged, nodeAt(subs, j));
    reuse(nodeAt(subs, j));
  }
  cleanAlternative(merged);
  return subs.at(start);
}

/** Round 4: of empty alternatives in a row the last stays. */
function dropEmpties(subs: List): List {
  const out = newList();
  for (let i: u32 = 0; i < subs.length; i++) {
    const repeats = i + 1 < subs.length && nodeAt(subs, i).op == EMPTY_MATCH && nodeAt(subs, i + 1).op == EMPTY_MATCH;
    if (!repeats) out.push(subs.at(i));
  }
  return out;
}
