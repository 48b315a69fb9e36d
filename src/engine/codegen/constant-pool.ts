import { PolicyError } from "../error.ts";
import type { Constant } from "../ir/constant.ts";
import { ByteWriter } from "../wasm/byte-writer.ts";

/** Tags of unboxed values; docs/abi.md §1. */
export const tag = {
  undefined: 0,
  null: 2,
  false: 6,
  true: 10,
  memoUndefined: 14,
} as const;

const typeByte = { number: 2, string: 3, array: 4, object: 5, set: 6 } as const;

// The flag of objects and sets whose members are in order; docs/abi.md §1.
const sorted = 1 << 8;

/** An entry of an object; docs/abi.md §1. */
type Entry = {
  readonly key: number;
  readonly prefix: bigint;
  readonly value: number;
};

const encoder = new TextEncoder();

/** Constants in the runtime's value layout, at fixed addresses. */
export class ConstantPool {
  readonly base: number;
  private readonly bytes = new ByteWriter(1 << 12);
  private readonly strings = new Map<string, number>();
  private readonly texts = new Map<string, number>();
  private readonly numbers = new Map<string, number>();
  private readonly composites = new Map<string, number>();
  private readonly images = new Map<string, number | undefined>();

  constructor(base: number) {
    this.base = align(base, 16);
  }

  private align(): number {
    this.bytes.align(8);
    return this.base + this.bytes.length;
  }

  private word(value: number): void {
    this.bytes.word(value);
  }

  private raw(data: Uint8Array): number {
    const at = this.align();
    this.bytes.raw(data);
    return at;
  }

  /** Room for `size` bytes that are zero. */
  reserve(size: number): number {
    return this.raw(new Uint8Array(size));
  }

  /** A string value. */
  string(text: string): number {
    const known = this.strings.get(text);
    if (known !== undefined) {
      return known;
    }
    const utf8 = encoder.encode(text);
    const content = this.raw(utf8);
    const at = this.align();
    this.word(typeByte.string);
    this.word(utf8.length);
    this.word(content);
    this.word(0);
    this.strings.set(text, at);
    return at;
  }

  /** NUL-terminated text, for aborts. */
  text(text: string): number {
    const known = this.texts.get(text);
    if (known !== undefined) {
      return known;
    }
    const at = this.raw(encoder.encode(`${text}\u0000`));
    this.texts.set(text, at);
    return at;
  }

  /** Bytes that are made once a key; undefined when they cannot be made. */
  image(key: string, make: () => Uint8Array | undefined): number | undefined {
    if (!this.images.has(key)) {
      const bytes = make();
      this.images.set(key, bytes && this.raw(bytes));
    }
    return this.images.get(key);
  }

  /** A number value by its text. */
  number(text: string): number {
    const small = smallInteger(text);
    if (small !== undefined) {
      return small;
    }
    const known = this.numbers.get(text);
    if (known !== undefined) {
      return known;
    }
    const at = isInt64(text) ? this.boxed(BigInt(text)) : this.numberText(text);
    this.numbers.set(text, at);
    return at;
  }

  private boxed(value: bigint): number {
    const at = this.align();
    this.word(typeByte.number | (1 << 8));
    this.word(0);
    this.word(0);
    this.word(0);
    const bits = BigInt.asUintN(64, value);
    this.word(Number(bits & 0xffffffffn));
    this.word(Number(bits >> 32n));
    return at;
  }

  private numberText(text: string): number {
    const content = this.raw(encoder.encode(text));
    const at = this.align();
    this.word(typeByte.number);
    this.word(text.length);
    this.word(content);
    this.word(0);
    this.word(0);
    this.word(0);
    return at;
  }

  /** A value of any type; equal constants share one address. */
  constant(value: Constant): number {
    switch (value.kind) {
      case "null":
        return tag.null;
      case "boolean":
        return value.value ? tag.true : tag.false;
      case "number":
        return this.number(value.value);
      case "string":
        return this.string(value.value);
      default:
        return this.composite(value);
    }
  }

  private composite(
    value: Extract<Constant, { kind: "array" | "set" | "object" }>,
  ): number {
    const members = value.value.map((member): readonly [string, number] =>
      "kind" in member
        ? ["", this.constant(member)]
        : [member[0], this.constant(member[1])],
    );
    // Equal members have equal addresses.
    const key = `${value.kind} ${JSON.stringify(members)}`;
    const known = this.composites.get(key);
    if (known !== undefined) {
      return known;
    }
    const at =
      value.kind === "object"
        ? this.object(members)
        : this.list(
            typeByte[value.kind],
            members.map(([, address]) => address),
          );
    this.composites.set(key, at);
    return at;
  }

  /** An array of values. */
  array(items: readonly number[]): number {
    return this.list(typeByte.array, items);
  }

  /** An array, or a set in order. */
  private list(type: number, items: readonly number[]): number {
    const content = this.align();
    for (const item of items) {
      this.word(item);
    }
    const at = this.align();
    this.word(type === typeByte.set ? type | sorted : type);
    this.word(items.length);
    this.word(content);
    this.word(items.length);
    return at;
  }

  /** An object from names to small integers, in key order. */
  idObject(ids: ReadonlyMap<string, number>): number {
    return this.object([...ids].map(([name, id]) => [name, (id << 1) | 1]));
  }

  /** An object from constants, in Rego's order, to small natural numbers. */
  table(members: readonly (readonly [Constant, number])[]): number {
    return this.sortedObject(
      members.map(([key, number]) => ({
        key: this.constant(key),
        prefix: key.kind === "string" ? stringPrefix(key.value) : 0n,
        value: (number << 1) | 1,
      })),
    );
  }

  private object(members: readonly (readonly [string, number])[]): number {
    const entries = members
      .map(([name, value]) => ({
        key: this.string(name),
        prefix: stringPrefix(name),
        utf8: encoder.encode(name),
        value,
      }))
      .sort((a, b) => compareBytes(a.utf8, b.utf8));
    return this.sortedObject(entries);
  }

  private sortedObject(entries: readonly Entry[]): number {
    const content = this.align();
    for (const { key, prefix, value } of entries) {
      this.word(Number(prefix & 0xffffffffn));
      this.word(Number(prefix >> 32n));
      this.word(key);
      this.word(value);
    }
    const at = this.align();
    this.word(typeByte.object | sorted);
    this.word(entries.length);
    this.word(content);
    this.word(entries.length);
    return at;
  }

  /** The segment and the address after it. */
  finish(): { readonly bytes: Uint8Array; readonly end: number } {
    this.align();
    return {
      bytes: this.bytes.written(),
      end: align(this.base + this.bytes.length, 16),
    };
  }
}

/** The first eight bytes of a string, big-endian; docs/abi.md §1. */
export function stringPrefix(text: string): bigint {
  const utf8 = encoder.encode(text);
  let prefix = 0n;
  for (let index = 0; index < 8; index += 1) {
    prefix = (prefix << 8n) | BigInt(utf8[index] ?? 0);
  }
  return prefix;
}

/** The tagged form of integers of 31 bits. */
function smallInteger(text: string): number | undefined {
  if (!/^(?:0|-?[1-9][0-9]{0,9})$/.test(text)) {
    return undefined;
  }
  const value = Number(text);
  return value >= -0x40000000 && value < 0x40000000
    ? (value << 1) | 1
    : undefined;
}

function isInt64(text: string): boolean {
  if (!/^(?:0|-?[1-9][0-9]{0,18})$/.test(text)) {
    return false;
  }
  const value = BigInt(text);
  return value === BigInt.asIntN(64, value);
}

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const common = Math.min(a.length, b.length);
  for (let index = 0; index < common; index += 1) {
    const difference = (a[index] ?? 0) - (b[index] ?? 0);
    if (difference !== 0) {
      return difference;
    }
  }
  return a.length - b.length;
}

function align(value: number, to: number): number {
  if (value < 0) {
    throw new PolicyError("internal_error", "an address is negative");
  }
  return Math.ceil(value / to) * to;
}
