/** A Rego value as JavaScript has it; sets are arrays, big integers bigints. */
export type PlainValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | readonly PlainValue[]
  | { readonly [key: string]: PlainValue };

const decoder = new TextDecoder();

// Where the module says that its constants end; docs/abi.md §2.
const heapBaseWord = 1024;

// Up to here a loop beats the decoder's call.
const shortText = 32;

/** Reads values out of linear memory; docs/abi.md §1 gives the layout. */
export class ValueReader {
  private readonly memory: WebAssembly.Memory;
  /** Strings of the policy itself, by address: they never change. */
  private readonly constants = new Map<number, string>();
  private view: DataView;
  private bytes: Uint8Array;

  constructor(memory: WebAssembly.Memory) {
    this.memory = memory;
    this.view = new DataView(memory.buffer);
    this.bytes = new Uint8Array(memory.buffer);
  }

  /** Memory may have grown, which detaches the old buffer. */
  private refresh(): void {
    if (this.view.buffer !== this.memory.buffer) {
      this.view = new DataView(this.memory.buffer);
      this.bytes = new Uint8Array(this.memory.buffer);
    }
  }

  /** The current bytes of the memory. */
  get memoryBytes(): Uint8Array {
    this.refresh();
    return this.bytes;
  }

  private word(at: number): number {
    return this.view.getUint32(at, true);
  }

  /** NUL-terminated text. */
  text(at: number): string {
    this.refresh();
    const end = this.bytes.indexOf(0, at);
    return decoder.decode(this.bytes.subarray(at, end));
  }

  value(value: number): PlainValue {
    this.refresh();
    return this.read(value);
  }

  /** Items of an array or set value, unread. */
  items(value: number): number[] {
    this.refresh();
    const start = this.word(value + 8);
    const end = start + this.word(value + 4) * 4;
    const items: number[] = [];
    for (let at = start; at < end; at += 4) {
      items.push(this.word(at));
    }
    return items;
  }

  /** Value of the only member of an object value, unread. */
  onlyMember(value: number): number {
    this.refresh();
    return this.word(this.word(value + 8) + 12);
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
    switch (this.bytes[value]) {
      case 2:
        return this.number(value);
      case 3:
        return this.string(value);
      case 5:
        return this.object(value);
      default:
        return this.items(value).map((item) => this.read(item));
    }
  }

  private string(value: number): string {
    if (value >= this.word(heapBaseWord)) {
      return this.decode(value);
    }
    const known = this.constants.get(value);
    if (known !== undefined) {
      return known;
    }
    const text = this.decode(value);
    this.constants.set(value, text);
    return text;
  }

  private decode(value: number): string {
    const start = this.word(value + 8);
    const length = this.word(value + 4);
    const end = start + length;
    if (length > shortText) {
      return decoder.decode(this.bytes.subarray(start, end));
    }
    let text = "";
    for (let at = start; at < end; at += 1) {
      const byte = this.bytes[at] as number;
      if (byte >= 0x80) {
        return decoder.decode(this.bytes.subarray(start, end));
      }
      text += String.fromCharCode(byte);
    }
    return text;
  }

  private number(value: number): PlainValue {
    if (this.bytes[value + 1] === 1) {
      return toSafe(this.view.getBigInt64(value + 16, true));
    }
    const text = this.string(value);
    return /^-?\d+$/.test(text) ? toSafe(BigInt(text)) : Number(text);
  }

  private object(place: number): PlainValue {
    const start = this.word(place + 8);
    const length = this.word(place + 4);
    const object: { [key: string]: PlainValue } = {};
    for (let index = 0; index < length; index += 1) {
      const entry = start + index * 16;
      const key = this.read(this.word(entry + 8));
      const name = typeof key === "string" ? key : stringify(key);
      const value = this.read(this.word(entry + 12));
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
