import { PolicyError } from "../error.ts";
import {
  type BigDecimal,
  type Entry,
  isArray,
  isNumber,
  numberFromText,
  numberText,
  RegoObject,
  RegoSet,
  type Value,
} from "../value.ts";
import { fromBigint } from "../value-json.ts";
import type { MemoryView } from "./memory-view.ts";

// Type bytes and tagged words; docs/abi.md §1.
const types = { number: 2, string: 3, array: 4, object: 5, set: 6 } as const;
const words = { null: 2, false: 6, true: 10 } as const;
const sortedFlag = 1 << 8;
const integerForm = 1 << 8;

// Integers that fit the tagged word.
const smallest = -0x40000000;
const largest = 0x3fffffff;

// A key's prefix is read as one word, however short the text.
const prefixLength = 8;

// Deeper values would overflow the host's stack.
const maxDepth = 3_000;

const encoder = new TextEncoder();

/** Takes values out of linear memory and puts them in, with nothing lost. */
export class ExactValues {
  private readonly memory: MemoryView;
  private readonly allocate: (size: number) => number;
  private depth = 0;

  /** `allocate` gives 8-aligned bytes of the arena. */
  constructor(memory: MemoryView, allocate: (size: number) => number) {
    this.memory = memory;
    this.allocate = allocate;
  }

  /** The value at an address. */
  read(address: number): Value {
    this.memory.refresh();
    this.depth = 0;
    return this.take(address);
  }

  /** Puts a value on the arena; returns its address. */
  write(value: Value): number {
    this.depth = 0;
    return this.put(value);
  }

  private take(value: number): Value {
    if (value & 1) {
      return value >> 1;
    }
    switch (value) {
      case words.null:
        return null;
      case words.false:
        return false;
      case words.true:
        return true;
      default:
        return this.takeBoxed(value);
    }
  }

  private takeBoxed(value: number): Value {
    switch (this.memory.bytes[value]) {
      case types.number:
        return this.takeNumber(value);
      case types.string:
        return this.memory.string(value);
      case types.object:
        return this.deeper(() => RegoObject.of(this.takeEntries(value)));
      case types.set:
        return this.deeper(() => RegoSet.of(this.takeItems(value)));
      default:
        return this.deeper(() => this.takeItems(value));
    }
  }

  private takeNumber(value: number): number | bigint | BigDecimal {
    return this.memory.bytes[value + 1] === 1
      ? fromBigint(this.memory.data.getBigInt64(value + 16, true))
      : numberFromText(this.memory.string(value));
  }

  private takeItems(value: number): Value[] {
    const start = this.memory.word(value + 8);
    const length = this.memory.word(value + 4);
    const items: Value[] = [];
    for (let index = 0; index < length; index += 1) {
      items.push(this.take(this.memory.word(start + index * 4)));
    }
    return items;
  }

  private takeEntries(value: number): Entry[] {
    const start = this.memory.word(value + 8);
    const length = this.memory.word(value + 4);
    const entries: Entry[] = [];
    for (let index = 0; index < length; index += 1) {
      const entry = start + index * 16;
      entries.push([
        this.take(this.memory.word(entry + 8)),
        this.take(this.memory.word(entry + 12)),
      ]);
    }
    return entries;
  }

  private put(value: Value): number {
    switch (value) {
      case null:
        return words.null;
      case false:
        return words.false;
      case true:
        return words.true;
    }
    if (typeof value === "string") {
      return this.putText(types.string, value, 16);
    }
    if (isNumber(value)) {
      return this.putNumber(value);
    }
    return this.deeper(() => this.putComposite(value));
  }

  private putComposite(value: readonly Value[] | RegoSet | RegoObject): number {
    if (isArray(value)) {
      return this.putItems(types.array, value);
    }
    return value instanceof RegoSet
      ? this.putItems(types.set | sortedFlag, value.items)
      : this.putEntries(value.entries);
  }

  private putNumber(value: number | bigint | BigDecimal): number {
    if (Number.isSafeInteger(value) || typeof value === "bigint") {
      return this.putInteger(value as number | bigint);
    }
    if (typeof value === "number" && !Number.isFinite(value)) {
      throw new PolicyError("internal_error", `${value} is no Rego number`);
    }
    return this.putText(types.number, numberText(value), 24);
  }

  private putInteger(value: number | bigint): number {
    if (value >= smallest && value <= largest) {
      return (Number(value) << 1) | 1;
    }
    const wide = BigInt(value);
    if (wide !== BigInt.asIntN(64, wide)) {
      return this.putText(types.number, wide.toString(), 24);
    }
    const at = this.header(types.number | integerForm, 24);
    this.memory.data.setBigInt64(at + 16, wide, true);
    return at;
  }

  private header(word: number, size: number): number {
    const at = this.allocate(size);
    this.memory.refresh();
    this.memory.data.setUint32(at, word, true);
    return at;
  }

  /** A string, or a number that is kept as text: the bytes follow the header. */
  private putText(type: number, text: string, size: number): number {
    const at = this.header(type, size + Math.max(text.length, prefixLength));
    const { bytes } = this.memory;
    const start = at + size;
    let length = 0;
    for (; length < text.length; length += 1) {
      const unit = text.charCodeAt(length);
      if (unit >= 0x80) {
        return this.putEncoded(at, encoder.encode(text));
      }
      bytes[start + length] = unit;
    }
    return this.finish(at, length, start);
  }

  private putEncoded(at: number, text: Uint8Array): number {
    const start = this.allocate(Math.max(text.length, prefixLength));
    this.memory.refresh();
    this.memory.bytes.set(text, start);
    return this.finish(at, text.length, start);
  }

  private putItems(word: number, items: readonly Value[]): number {
    const at = this.header(word, 16 + items.length * 4);
    for (const [index, item] of items.entries()) {
      const value = this.put(item);
      this.memory.data.setUint32(at + 16 + index * 4, value, true);
    }
    return this.finish(at, items.length, at + 16);
  }

  private putEntries(entries: readonly Entry[]): number {
    const word = types.object | sortedFlag;
    const at = this.header(word, 16 + entries.length * 16);
    for (const [index, [key, member]] of entries.entries()) {
      const entry = at + 16 + index * 16;
      const name = this.put(key);
      const value = this.put(member);
      const { data } = this.memory;
      data.setBigUint64(
        entry,
        typeof key === "string" ? this.prefix(name) : 0n,
        true,
      );
      data.setUint32(entry + 8, name, true);
      data.setUint32(entry + 12, value, true);
    }
    return this.finish(at, entries.length, at + 16);
  }

  /** The first eight bytes of a string value, big-endian, zero-padded. */
  private prefix(string: number): bigint {
    const start = this.memory.word(string + 8);
    const length = this.memory.word(string + 4);
    const first = this.memory.data.getBigUint64(start, false);
    const missing = BigInt(Math.max(0, 8 - length) * 8);
    return (first >> missing) << missing;
  }

  /** Count, content and capacity of a header. */
  private finish(at: number, length: number, content: number): number {
    const { data } = this.memory;
    data.setUint32(at + 4, length, true);
    data.setUint32(at + 8, content, true);
    data.setUint32(at + 12, length, true);
    return at;
  }

  private deeper<T>(work: () => T): T {
    if (this.depth >= maxDepth) {
      throw new PolicyError("eval_limit_error", "nested too deeply");
    }
    this.depth += 1;
    const done = work();
    this.depth -= 1;
    return done;
  }
}
