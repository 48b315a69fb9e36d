import { typeError } from "../builtin-error";
import { chargeFuel } from "../fuel";
import { alloc } from "../memory";
import { objectIndex, objectKeyAt, objectLength, objectSort, objectValueAt } from "../object";
import { newSet, setAdd } from "../set";
import {
  arrayAppend,
  arrayAt,
  arrayLength,
  count,
  newArray,
  TYPE_ARRAY,
  TYPE_SET,
  typeOf,
  UNDEFINED,
  Value,
} from "../value";
import { wantObject } from "./operand";

// graph.reachable is linear in nodes and edges, graph.reachable_paths in the
// size of what it gives: a node is known by its place among the graph's keys.

function isList(v: Value): bool {
  const type = typeOf(v);
  return type == TYPE_ARRAY || type == TYPE_SET;
}

function wantGraph(graph: Value, start: Value): bool {
  if (!wantObject(graph, 1)) return false;
  if (!isList(start)) {
    typeError(2, "{array, set}", start);
    return false;
  }
  objectSort(graph);
  return true;
}

/** A byte for each node, zero. */
function newMarks(graph: Value): usize {
  const n = <usize>objectLength(graph);
  const marks = alloc(n);
  memory.fill(marks, 0, n);
  return marks;
}

export function builtin_graph_reachable(graph: Value, start: Value): Value {
  if (!wantGraph(graph, start)) return UNDEFINED;
  const marks = newMarks(graph);
  const queue = newArray(objectLength(graph));
  enqueue(queue, marks, graph, start);
  for (let at: u32 = 0; at < arrayLength(queue); at++) {
    const edges = objectValueAt(graph, arrayAt(queue, at));
    if (isList(edges)) enqueue(queue, marks, graph, edges);
  }
  const seen = newSet(arrayLength(queue));
  for (let i: u32 = 0; i < objectLength(graph); i++) {
    if (load<u8>(marks + i)) setAdd(seen, objectKeyAt(graph, i));
  }
  return seen;
}

/** Adds the places of nodes that no one has marked. */
function enqueue(queue: Value, marks: usize, graph: Value, nodes: Value): void {
  const n = count(nodes);
  chargeFuel(1 + <i32>n);
  for (let i: u32 = 0; i < n; i++) {
    const place = objectIndex(graph, arrayAt(nodes, i));
    if (place < 0 || load<u8>(marks + place)) continue;
    store<u8>(marks + place, 1);
    arrayAppend(queue, <u32>place);
  }
}

/** Neighbours without duplicates, which would give the same paths again. */
function neighbours(edges: Value): Value {
  if (typeOf(edges) == TYPE_SET) return edges;
  const unique = newSet(0);
  if (typeOf(edges) != TYPE_ARRAY) return unique;
  chargeFuel(<i32>count(edges));
  for (let i: u32 = 0; i < count(edges); i++) setAdd(unique, arrayAt(edges, i));
  return unique;
}

// A level of the search: u32 neighbours, u32 next of them, i32 place of the node.
const LEVEL: usize = 12;

let levels: usize = 0;
let levelRoom: u32 = 0;

function level(depth: u32): usize {
  if (depth >= levelRoom) {
    const wider = max<u32>(64, levelRoom * 2);
    const moved = alloc(<usize>wider * LEVEL);
    memory.copy(moved, levels, <usize>levelRoom * LEVEL);
    levels = moved;
    levelRoom = wider;
  }
  return levels + <usize>depth * LEVEL;
}

function enter(depth: u32, edges: Value, place: i32): void {
  const at = level(depth);
  store<u32>(at, edges);
  store<u32>(at, 0, 4);
  store<i32>(at, place, 8);
}

export function builtin_graph_reachable_paths(graph: Value, start: Value): Value {
  if (!wantGraph(graph, start)) return UNDEFINED;
  const marks = newMarks(graph);
  const paths = newSet(0);
  const roots = neighbours(start);
  levels = 0;
  levelRoom = 0;
  for (let i: u32 = 0; i < count(roots); i++) {
    const place = objectIndex(graph, arrayAt(roots, i));
    if (place >= 0) pathsFrom(paths, marks, graph, place);
  }
  return paths;
}

/**
 * Every way from a root until it ends: at a node without edges, before one that
 * is not in the graph, or where it would meet itself. The root's own edges may
 * lead back to it once, as in OPA.
 */
function pathsFrom(paths: Value, marks: usize, graph: Value, root: i32): void {
  const path = newArray(8);
  arrayAppend(path, objectKeyAt(graph, <u32>root));
  const first = neighbours(objectValueAt(graph, <u32>root));
  if (count(first) == 0) return commit(paths, path);
  let depth: u32 = 0;
  enter(0, first, root);
  while (true) {
    const at = level(depth);
    const edges = load<u32>(at);
    const next = load<u32>(at, 4);
    if (next == count(edges)) {
      if (depth == 0) return;
      store<u8>(marks + load<i32>(at, 8), 0);
      store<u32>(path, arrayLength(path) - 1, 4);
      depth--;
      continue;
    }
    store<u32>(at, next + 1, 4);
    chargeFuel(1);
    const place = objectIndex(graph, arrayAt(edges, next));
    if (place < 0) {
      commit(paths, path);
      continue;
    }
    // The root counts as met from its second level on.
    if (depth > 0 && (place == root || load<u8>(marks + place))) {
      commit(paths, path);
      continue;
    }
    arrayAppend(path, objectKeyAt(graph, <u32>place));
    const further = neighbours(objectValueAt(graph, <u32>place));
    if (count(further) == 0) {
      commit(paths, path);
      store<u32>(path, arrayLength(path) - 1, 4);
      continue;
    }
    store<u8>(marks + place, 1);
    depth++;
    enter(depth, further, place);
  }
}

function commit(paths: Value, path: Value): void {
  const n = arrayLength(path);
  chargeFuel(<i32>n);
  const copy = newArray(n);
  memory.copy(load<u32>(copy, 8), load<u32>(path, 8), <usize>n << 2);
  store<u32>(copy, n, 4);
  setAdd(paths, copy);
}
