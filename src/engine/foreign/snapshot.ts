import type { Memory } from "./memory.ts";

// So much that a page of zeros costs one filling, little enough to skip most of them.
const chunk = 4_096;

/** A stretch of memory that is not all zeros. */
type Stretch = { readonly at: number; readonly bytes: Uint8Array };

/** Memory and globals of a prepared module, to be put back before each call. */
export class Snapshot {
  private readonly memory: Memory;
  private readonly length: number;
  private readonly stretches: readonly Stretch[];
  private readonly globals: readonly WebAssembly.Global[];
  private readonly values: readonly unknown[];

  private constructor(memory: Memory, globals: readonly WebAssembly.Global[]) {
    const { bytes } = memory;
    this.memory = memory;
    this.length = bytes.length;
    this.stretches = stretchesOf(bytes);
    this.globals = globals;
    this.values = globals.map(({ value }) => value);
  }

  static take(
    memory: Memory,
    globals: readonly WebAssembly.Global[],
  ): Snapshot {
    return new Snapshot(memory, globals);
  }

  /** False when the memory has grown, which cannot be undone. */
  restore(): boolean {
    const { bytes } = this.memory;
    if (bytes.length !== this.length) {
      return false;
    }
    let zeroFrom = 0;
    for (const { at, bytes: kept } of this.stretches) {
      bytes.fill(0, zeroFrom, at);
      bytes.set(kept, at);
      zeroFrom = at + kept.length;
    }
    bytes.fill(0, zeroFrom);
    for (const [index, global] of this.globals.entries()) {
      global.value = this.values[index];
    }
    return true;
  }
}

function stretchesOf(bytes: Uint8Array): Stretch[] {
  const found: Stretch[] = [];
  let start = -1;
  for (let at = 0; at <= bytes.length; at += chunk) {
    const isKept = at < bytes.length && hasValue(bytes, at);
    if (isKept && start < 0) {
      start = at;
    } else if (!isKept && start >= 0) {
      found.push({ at: start, bytes: bytes.slice(start, at) });
      start = -1;
    }
  }
  return found;
}

function hasValue(bytes: Uint8Array, from: number): boolean {
  for (let at = from; at < from + chunk; at += 1) {
    if (bytes[at] !== 0) {
      return true;
    }
  }
  return false;
}
