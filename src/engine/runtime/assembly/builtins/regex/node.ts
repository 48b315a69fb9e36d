import { alloc } from "../../memory";

// Syntax tree of a pattern: nodes of six words {kind, a, b, c, d, e}.
export type Node = usize;

export const EMPTY: u32 = 0;
/** a = code point */
export const CHAR: u32 = 1;
/** a = address of ranges, b = number of ranges (pairs of u32, inclusive) */
export const CLASS: u32 = 2;
/** a = 1 when it matches line ends too */
export const ANY: u32 = 3;
/** a, b = nodes */
export const CAT: u32 = 4;
export const ALT: u32 = 5;
/** a = node, b = least, c = most (-1 for no bound), d = 1 for greedy */
export const REPEAT: u32 = 6;
/** a = node, b = number of the group */
export const GROUP: u32 = 7;
/** a = which: an instruction code of program.ts */
export const ANCHOR: u32 = 8;

export function makeNode(kind: u32, a: u32, b: u32, c: i32, d: u32): Node {
  const n = alloc(24);
  store<u32>(n, kind);
  store<u32>(n, a, 4);
  store<u32>(n, b, 8);
  store<i32>(n, c, 12);
  store<u32>(n, d, 16);
  return n;
}
@inline
export function kindOf(n: Node): u32 {
  return load<u32>(n);
}
@inline
export function first(n: Node): u32 {
  return load<u32>(n, 4);
}
@inline
export function second(n: Node): u32 {
  return load<u32>(n, 8);
}
@inline
export function third(n: Node): i32 {
  return load<i32>(n, 12);
}
@inline
export function fourth(n: Node): u32 {
  return load<u32>(n, 16);
}
