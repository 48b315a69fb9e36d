import type { DataSegment, WasmModule } from "./read-module.ts";
import { type References, readReferences } from "./read-references.ts";

/** The part of a prebuilt module that some of its functions need. */
export type Reachable = {
  /** Indices of functions, imports among them. */
  readonly functions: ReadonlySet<number>;
  /** Positions of data segments. */
  readonly segments: ReadonlySet<number>;
};

const known = new WeakMap<Uint8Array, References>();

/** Everything that the functions in `roots` call and the static data that they read. */
export function findReachable(
  base: WasmModule,
  imported: number,
  roots: Iterable<number>,
): Reachable {
  const functions = new Set(roots);
  const globals = new Set<number>();
  const addresses = new Set<number>();
  for (const index of functions) {
    const body = base.bodies[index - imported];
    if (!body) {
      continue;
    }
    const found = referencesOf(body);
    for (const callee of found.functions) {
      functions.add(callee);
    }
    for (const global of found.globals) {
      globals.add(global);
    }
    for (const address of found.addresses) {
      addresses.add(address);
    }
  }
  for (const global of globals) {
    const initial = base.globalValues[global];
    if (initial !== undefined) {
      addresses.add(initial);
    }
  }
  return { functions, segments: reachableSegments(base.data, addresses) };
}

/** Bodies of the prebuilt module never change, so each is read once. */
function referencesOf(body: Uint8Array): References {
  let found = known.get(body);
  if (!found) {
    found = readReferences(body);
    known.set(body, found);
  }
  return found;
}

// From this size on a segment may be a table, into which code reaches with an
// index: the optimizer folds `table + (index - 1) * 8` into one constant below it.
const tableBytes = 256;
const foldedBelow = 64;

function reachableSegments(
  segments: readonly DataSegment[],
  addresses: ReadonlySet<number>,
): Set<number> {
  const sorted = Float64Array.from(addresses).sort();
  const kept = new Set<number>();
  const droppable = new Set<number>();
  for (const [position, { start, bytes }] of segments.entries()) {
    const low = bytes.length < tableBytes ? start : start - foldedBelow;
    const isRead = hasWithin(sorted, low, start + bytes.length - 1);
    (isRead ? kept : droppable).add(position);
  }
  // A set that grows while it is gone through: what is kept may point further.
  for (const position of kept) {
    for (const other of droppable.size > 0 ? droppable : []) {
      if (pointsInto(segments[position], segments[other])) {
        droppable.delete(other);
        kept.add(other);
      }
    }
  }
  return kept;
}

function pointsInto(
  from: DataSegment | undefined,
  to: DataSegment | undefined,
): boolean {
  return (
    from !== undefined &&
    to !== undefined &&
    hasWithin(wordsOf(from), to.start, to.start + to.bytes.length - 1)
  );
}

/** Whether a sorted list has a number from `low` to `high`. */
function hasWithin(sorted: Float64Array, low: number, high: number): boolean {
  let from = 0;
  let to = sorted.length;
  while (from < to) {
    const middle = (from + to) >> 1;
    if ((sorted[middle] ?? 0) < low) {
      from = middle + 1;
    } else {
      to = middle;
    }
  }
  return from < sorted.length && (sorted[from] ?? 0) <= high;
}

const knownWords = new WeakMap<DataSegment, Float64Array>();

/** The 32-bit words of a segment, sorted, which may be pointers to others. */
function wordsOf(segment: DataSegment): Float64Array {
  let words = knownWords.get(segment);
  if (!words) {
    const { bytes, start } = segment;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    const found: number[] = [];
    for (let at = -start & 3; at + 4 <= bytes.length; at += 4) {
      found.push(view.getUint32(at, true));
    }
    words = Float64Array.from(found).sort();
    knownWords.set(segment, words);
  }
  return words;
}
