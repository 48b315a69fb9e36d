import { abortDepth, chargeFuel } from "../../fuel";
import { List, newList } from "../regex/list";
import {
  ANY,
  ANY_OF,
  CONTAINS,
  EVERY_OF,
  LIST,
  Matcher,
  MAX,
  MIN,
  newMatcher,
  NOTHING,
  PREFIX,
  PREFIX_ANY,
  PREFIX_SUFFIX,
  RANGE,
  ROW,
  runesMatcher,
  sameSet,
  setMatcher,
  SINGLE,
  SUFFIX,
  SUFFIX_ANY,
  SUPER,
  TEXT,
  textMatcher,
  TREE,
  VARIES,
  withChildren,
} from "./matcher";
import * as syntax from "./parse";
import { GlobNode, insert, newGlobNode, sameGlob } from "./parse";

// Tree to matcher by the steps of gobwas/glob: the answers of its matchers
// depend on which of them a glob becomes.

const MAX_DEPTH: i32 = 1000;

let separators: List = changetype<List>(0);
let depth: i32 = 0;

@inline
function at(list: List, index: u32): Matcher {
  return changetype<Matcher>(<usize>list.at(index));
}
@inline
function add(list: List, m: Matcher): void {
  list.push(<u32>changetype<usize>(m));
}
@inline
function part(address: usize): Matcher {
  return changetype<Matcher>(address);
}

export function compileGlob(tree: GlobNode, delimiters: List): Matcher {
  separators = delimiters;
  depth = 0;
  return compile(tree);
}

function compile(node: GlobNode): Matcher {
  if (++depth > MAX_DEPTH) abortDepth();
  const m = node.kind == syntax.ANY_OF ? compileAnyOf(node) : optimize(compileOne(node));
  depth--;
  return m;
}

function compileAnyOf(node: GlobNode): Matcher {
  const smaller = factored(node);
  if (smaller) return compile(smaller);
  const children = compileChildren(node);
  let runes = VARIES;
  for (let i: u32 = 0; i < children.length; i++) {
    const own = at(children, i).runes;
    if (runes == VARIES) {
      runes = own;
    } else if (own != runes) {
      runes = VARIES;
      break;
    }
  }
  return withChildren(ANY_OF, runes, children);
}

function compileChildren(node: GlobNode): List {
  const matchers = newList();
  for (let i: u32 = 0; i < node.children.length; i++) add(matchers, optimize(compile(node.child(i))));
  return matchers;
}

function compileOne(node: GlobNode): Matcher {
  switch (node.kind) {
    case syntax.PATTERN:
      if (node.children.length == 0) return newMatcher(NOTHING, 0);
      return joined(minimized(compileChildren(node)));
    case syntax.ANY:
      return setMatcher(ANY, VARIES, separators);
    case syntax.SUPER:
      return newMatcher(SUPER, VARIES);
    case syntax.SINGLE:
      return setMatcher(SINGLE, 1, separators);
    case syntax.LIST:
    case syntax.RANGE: {
      const m = setMatcher(node.kind == syntax.LIST ? LIST : RANGE, 1, node.runes);
      m.not = node.not;
      return m;
    }
    case syntax.TEXT:
      return runesMatcher(TEXT, node.runes);
    default:
      return newMatcher(NOTHING, 0);
  }
}

/** A simpler matcher for the same, where there is one. */
function optimize(m: Matcher): Matcher {
  if (m.kind == ANY) return m.setLength == 0 ? newMatcher(SUPER, VARIES) : m;
  if (m.kind == ANY_OF) return m.childCount == 1 ? part(<usize>load<u32>(m.children)) : m;
  if (m.kind == LIST && !m.not && m.setLength == 1) {
    const only = newList();
    only.push(load<u32>(m.set));
    return runesMatcher(TEXT, only);
  }
  return m.kind == TREE ? optimizeTree(m) : m;
}

function optimizeTree(m: Matcher): Matcher {
  if (m.left) m.left = changetype<usize>(optimize(part(m.left)));
  if (m.right) m.right = changetype<usize>(optimize(part(m.right)));
  const value = part(m.value);
  if (value.kind != TEXT) return m;
  const left: i32 = m.left ? <i32>part(m.left).kind : -1;
  const right: i32 = m.right ? <i32>part(m.right).kind : -1;
  if (left < 0 && right < 0) return value;
  if (left == SUPER && right == SUPER) return ofText(CONTAINS, value);
  if (left == SUPER && right < 0) return ofText(SUFFIX, value);
  if (right == SUPER && left < 0) return ofText(PREFIX, value);
  if (left < 0 && right == SUFFIX) return prefixSuffix(value, part(m.right));
  if (right < 0 && left == PREFIX) return prefixSuffix(part(m.left), value);
  if (right < 0 && left == ANY) return withSet(ofText(SUFFIX_ANY, value), part(m.left));
  if (left < 0 && right == ANY) return withSet(ofText(PREFIX_ANY, value), part(m.right));
  return m;
}

function ofText(kind: u32, text: Matcher): Matcher {
  return textMatcher(kind, text.text, text.textLength);
}

function prefixSuffix(prefix: Matcher, suffix: Matcher): Matcher {
  const m = ofText(PREFIX_SUFFIX, prefix);
  m.second = suffix.text;
  m.secondLength = suffix.textLength;
  return m;
}

function withSet(m: Matcher, set: Matcher): Matcher {
  m.set = set.set;
  m.setLength = set.setLength;
  return m;
}

function slice(list: List, from: u32, to: u32): List {
  const some = newList();
  for (let i = from; i < to; i++) some.push(list.at(i));
  return some;
}

/** One matcher for all in a row. */
function joined(matchers: List): Matcher {
  if (matchers.length == 1) return at(matchers, 0);
  const glued = glue(matchers, 0, matchers.length);
  if (glued) return glued;
  let index: i32 = -1;
  let longest: i32 = -1;
  for (let i: u32 = 0; i < matchers.length; i++) {
    const runes = at(matchers, i).runes;
    if (runes != VARIES && runes >= longest) {
      longest = runes;
      index = <i32>i;
    }
  }
  if (++depth > MAX_DEPTH) abortDepth();
  const m = index < 0
    ? tree(at(matchers, 0), null, joined(slice(matchers, 1, matchers.length)))
    : tree(
      at(matchers, index),
      index > 0 ? joined(slice(matchers, 0, index)) : null,
      <u32>index + 1 < matchers.length ? joined(slice(matchers, index + 1, matchers.length)) : null,
    );
  depth--;
  return m;
}

function tree(value: Matcher, left: Matcher | null, right: Matcher | null): Matcher {
  const leftRunes = left ? left.runes : 0;
  const rightRunes = right ? right.runes : 0;
  const fixed = value.runes != VARIES && leftRunes != VARIES && rightRunes != VARIES;
  const m = newMatcher(TREE, fixed ? value.runes + leftRunes + rightRunes : VARIES);
  m.value = changetype<usize>(value);
  m.left = left ? changetype<usize>(left) : 0;
  m.right = right ? changetype<usize>(right) : 0;
  m.leftRunes = leftRunes;
  m.rightRunes = rightRunes;
  return m;
}

function glue(matchers: List, from: u32, to: u32): Matcher | null {
  chargeFuel(<i32>(to - from));
  if (to - from <= 1) return null;
  const every = glueEvery(matchers, from, to);
  return every ? every : glueRow(matchers, from, to);
}

function glueRow(matchers: List, from: u32, to: u32): Matcher | null {
  let runes: i32 = 0;
  for (let i = from; i < to; i++) {
    if (at(matchers, i).runes == VARIES) return null;
    runes += at(matchers, i).runes;
  }
  return withChildren(ROW, runes, slice(matchers, from, to));
}

function glueEvery(matchers: List, from: u32, to: u32): Matcher | null {
  let hasAny = false;
  let hasSuper = false;
  let least: u32 = 0;
  let first: Matcher | null = null;
  for (let i = from; i < to; i++) {
    const m = at(matchers, i);
    if (m.kind == SUPER) hasSuper = true;
    else if (m.kind == ANY) hasAny = true;
    else if (m.kind == SINGLE || (m.kind == LIST && m.not)) least++;
    else return null;
    if (!first) first = m;
    if (!sameSet(m, first)) return null;
  }
  if (!first) return null;
  if (hasSuper && !hasAny && least == 0) return newMatcher(SUPER, VARIES);
  if (hasAny && !hasSuper && least == 0) return withSet(newMatcher(ANY, VARIES), first);
  if ((hasAny || hasSuper) && least > 0 && first.setLength == 0) return bounded(MIN, least);
  const every = newList();
  if (least > 0) {
    add(every, bounded(MIN, least));
    if (!hasAny && !hasSuper) add(every, bounded(MAX, least));
  }
  if (first.setLength > 0) add(every, lacks(first));
  return withChildren(EVERY_OF, every.length > 0 ? VARIES : 0, every);
}

function bounded(kind: u32, limit: u32): Matcher {
  const m = newMatcher(kind, VARIES);
  m.limit = limit;
  return m;
}

/** Texts without the separators one after the other. */
function lacks(set: Matcher): Matcher {
  const runes = newList();
  for (let i: u32 = 0; i < set.setLength; i++) runes.push(load<u32>(set.set + (<usize>i << 2)));
  const m = runesMatcher(CONTAINS, runes);
  m.not = true;
  return m;
}

/** The longest runs that can be one matcher are made one, again and again. */
function minimized(all: List): List {
  let matchers = all;
  while (true) {
    let done: Matcher | null = null;
    let left: u32 = 0;
    let right: u32 = 0;
    const sums = runesBefore(matchers);
    for (let l: u32 = 0; l < matchers.length; l++) {
      for (let r = matchers.length; r > l; r--) {
        // A longer run counts, and of runs of fixed lengths one of more characters.
        const isLonger = !done || r - l > right - left;
        const most = <i32>(sums.at(r) - sums.at(l));
        if (!isLonger && done && (done.runes == VARIES || most <= done.runes)) continue;
        const glued = glue(matchers, l, r);
        if (!glued || (!isLonger && done && glued.runes <= done.runes)) continue;
        done = glued;
        left = l;
        right = r;
      }
    }
    if (!done) return matchers;
    const next = slice(matchers, 0, left);
    add(next, done);
    next.append(slice(matchers, right, matchers.length));
    if (next.length == matchers.length) return next;
    matchers = next;
  }
}

/** Of each place the characters that the matchers before it have at least. */
function runesBefore(matchers: List): List {
  const sums = newList();
  let sum: i32 = 0;
  sums.push(0);
  for (let i: u32 = 0; i < matchers.length; i++) {
    sum += max(at(matchers, i).runes, 0);
    sums.push(<u32>sum);
  }
  return sums;
}

/** Alternatives with what all begin or end with in front and behind; null when that is nothing. */
function factored(node: GlobNode): GlobNode | null {
  for (let i: u32 = 0; i < node.children.length; i++) {
    if (node.child(i).kind != syntax.PATTERN) return null;
  }
  findCommon(node);
  if (commonLeft == 0 && commonRight == 0) return null;
  const shortest = node.child(shortestChild(node));
  const result = newGlobNode(syntax.PATTERN);
  if (commonLeft > 0) insert(result, patternOf(shortest, 0, commonLeft));
  const anyOf = newGlobNode(syntax.ANY_OF);
  for (let i: u32 = 0; i < node.children.length; i++) {
    const child = node.child(i);
    const to = child.children.length - commonRight;
    insertUnique(anyOf, commonLeft == to ? newGlobNode(syntax.NOTHING) : patternOf(child, commonLeft, to));
  }
  if (anyOf.children.length > 1) insert(result, anyOf);
  else if (anyOf.child(0).kind != syntax.NOTHING) insert(result, anyOf.child(0));
  const n = shortest.children.length;
  if (commonRight > 0) insert(result, patternOf(shortest, n - commonRight, n));
  return result;
}

function patternOf(node: GlobNode, from: u32, to: u32): GlobNode {
  const pattern = newGlobNode(syntax.PATTERN);
  for (let i = from; i < to; i++) insert(pattern, node.child(i));
  return pattern;
}

function insertUnique(anyOf: GlobNode, child: GlobNode): void {
  for (let i: u32 = 0; i < anyOf.children.length; i++) {
    if (sameGlob(anyOf.child(i), child)) return;
  }
  insert(anyOf, child);
}

function shortestChild(node: GlobNode): u32 {
  let index: u32 = 0;
  for (let i: u32 = 1; i < node.children.length; i++) {
    if (node.child(i).children.length < node.child(index).children.length) index = i;
  }
  return index;
}

let commonLeft: u32 = 0;
let commonRight: u32 = 0;

/** How many parts all alternatives have in common at both ends. */
function findCommon(node: GlobNode): void {
  commonLeft = 0;
  commonRight = 0;
  if (node.children.length <= 1) return;
  const index = shortestChild(node);
  const shortest = node.child(index);
  const n = <i32>shortest.children.length;
  let leftEnds = false;
  let rightEnds = false;
  let j = n - 1;
  for (let i: i32 = 0; <i32>(commonLeft + commonRight) < n && j >= 0 && !(leftEnds && rightEnds); i++) {
    for (let k: u32 = 0; k < node.children.length && !(leftEnds && rightEnds); k++) {
      if (k == index) continue;
      const other = node.child(k);
      if (!sameGlob(shortest.child(i), other.child(i))) leftEnds = true;
      // What the left has taken the right cannot have.
      if (!leftEnds && j <= i) rightEnds = true;
      if (!sameGlob(shortest.child(j), other.child(<u32>j + other.children.length - <u32>n))) rightEnds = true;
    }
    if (!leftEnds) commonLeft++;
    if (!rightEnds) commonRight++;
    j--;
  }
}
