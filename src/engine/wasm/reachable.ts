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

// Smaller segments are kept: what they cost is less than what could go wrong.
const worthDropping = 256;

// The optimizer folds `table + (index - 'a') * 4` into one constant below the table.
const foldedBelow = 512;

function reachableSegments(
  segments: readonly DataSegment[],
  addresses: ReadonlySet<number>,
): Set<number> {
  const sorted = Float64Array.from(addresses).sort();
  const kept = new Set<number>();
  const waiting: number[] = [];
  const keep = (position: number): void => {
    if (!kept.has(position)) {
      kept.add(position);
      waiting.push(position);
    }
  };
  for (const [position, { start, bytes }] of segments.entries()) {
    const end = start + bytes.length;
    if (
      bytes.length < worthDropping ||
      hasWithin(sorted, start - foldedBelow, end)
    ) {
      keep(position);
    }
  }
  for (let at = 0; at < waiting.length; at += 1) {
    const words = Float64Array.from(wordsOf(segments[waiting[at] ?? 0])).sort();
    for (const [position, { start, bytes }] of segments.entries()) {
      if (hasWithin(words, start, start + bytes.length - 1)) {
        keep(position);
      }
    }
  }
  return kept;
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

/** The 32-bit words of a segment, which may be pointers to others. */
function wordsOf(segment: DataSegment | undefined): Set<number> {
  const words = new Set<number>();
  if (segment) {
    const { bytes, start } = segment;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    for (let at = -start & 3; at + 4 <= bytes.length; at += 4) {
      words.add(view.getUint32(at, true));
    }
  }
  return words;
}
