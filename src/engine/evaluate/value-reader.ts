import type { MemoryView } from "./memory-view.ts";

/** A Rego value as JavaScript has it; sets are arrays, big integers bigints. */
export type PlainValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | readonly PlainValue[]
  | { readonly [key: string]: PlainValue };

/** Reads values out of linear memory; docs/abi.md §1 gives the layout. */
export class ValueReader {
  private readonly memory: MemoryView;

  constructor(memory: MemoryView) {
    this.memory = memory;
  }

  value(value: number): PlainValue {
    this.memory.refresh();
    return this.read(value);
  }

  /** Items of an array or set value, unread. */
  items(value: number): number[] {
    this.memory.refresh();
    const start = this.memory.word(value + 8);
    const end = start + this.memory.word(value + 4) * 4;
    const items: number[] = [];
    for (let at = start; at < end; at += 4) {
      items.push(this.memory.word(at));
    }
    return items;
  }

  /** Value of the only member of an object value, unread. */
  onlyMember(value: number): number {
    this.memory.refresh();
    return this.memory.word(this.memory.word(value + 8) + 12);
  }

  private read(value: number): PlainValue {
    if (value & 1) {
      return value >> 1;
    }
    switch (value) {
      case 2:
        return null;
      case 6:
        return false;
      case 10:
        return true;
      default:
        return this.boxed(value);
    }
  }

  private boxed(value: number): PlainValue {
    switch (this.memory.bytes[value]) {
      case 2:
        return this.number(value);
      case 3:
        return this.memory.string(value);
      case 5:
        return this.object(value);
      default:
        return this.items(value).map((item) => this.read(item));
    }
  }

  private number(value: number): PlainValue {
    if (this.memory.bytes[value + 1] === 1) {
      return toSafe(this.memory.data.getBigInt64(value + 16, true));
    }
    const text = this.memory.string(value);
    return /^-?\d+$/.test(text) ? toSafe(BigInt(text)) : Number(text);
  }

  private object(place: number): PlainValue {
    const start = this.memory.word(place + 8);
    const length = this.memory.word(place + 4);
    const object: { [key: string]: PlainValue } = {};
    for (let index = 0; index < length; index += 1) {
      const entry = start + index * 16;
      const key = this.read(this.memory.word(entry + 8));
      const name = typeof key === "string" ? key : stringify(key);
      const value = this.read(this.memory.word(entry + 12));
      if (name === "__proto__") {
        // A key like any other.
        Object.defineProperty(object, name, {
          value,
          enumerable: true,
          configurable: true,
          writable: true,
        });
      } else {
        object[name] = value;
      }
    }
    return object;
  }
}

function toSafe(value: bigint): number | bigint {
  return value >= BigInt(Number.MIN_SAFE_INTEGER) &&
    value <= BigInt(Number.MAX_SAFE_INTEGER)
    ? Number(value)
    : value;
}

/** JSON text of a JavaScript value; bigints are written as integers. */
export function stringify(value: unknown): string {
  if (typeof value === "bigint") {
    return value.toString();
  }
  if (value === null || typeof value !== "object") {
    return JSON.stringify(value) ?? "null";
  }
  if (value instanceof Set || Array.isArray(value)) {
    return `[${[...value].map(stringify).join(",")}]`;
  }
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .map(([key, member]) => `${JSON.stringify(key)}:${stringify(member)}`);
  return `{${members.join(",")}}`;
}
