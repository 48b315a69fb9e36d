import { PolicyError } from "../error.ts";

/** Why a module of somebody else is refused, with the byte that is to blame. */
export function refusal(text: string, offset: number): PolicyError {
  return new PolicyError("guard_module_error", `${text} at offset ${offset}`);
}

/**
 * Reads the binary format of WebAssembly from bytes that nobody vouches for:
 * every number and every length is checked, and nothing is read past the end.
 */
export class StrictReader {
  readonly bytes: Uint8Array;
  readonly end: number;
  position: number;

  constructor(bytes: Uint8Array, position = 0, end = bytes.length) {
    this.bytes = bytes;
    this.position = position;
    this.end = end;
  }

  get atEnd(): boolean {
    return this.position === this.end;
  }

  refuse(text: string, offset = this.position): never {
    throw refusal(text, offset);
  }

  byte(): number {
    if (this.position >= this.end) {
      this.refuse("the module ends too early");
    }
    const value = this.bytes[this.position] as number;
    this.position += 1;
    return value;
  }

  /** A byte that has only one meaning so far. */
  expect(value: number, what: string): void {
    const at = this.position;
    const found = this.byte();
    if (found !== value) {
      this.refuse(`${what} is 0x${found.toString(16)}`, at);
    }
  }

  /** An unsigned number of 32 bits. */
  unsigned(): number {
    const at = this.position;
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.byte();
      if (shift === 28 && byte > 0x0f) {
        break;
      }
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) {
        return value;
      }
    }
    return this.refuse("a number has more than 32 bits", at);
  }

  /** An index of what there are `count` of. */
  below(count: number, what: string): number {
    const at = this.position;
    const index = this.unsigned();
    if (index >= count) {
      this.refuse(`there is no ${what} ${index}`, at);
    }
    return index;
  }

  /** A signed number of at most `bits` bits; exact up to 53 of them. */
  signed(bits: number): number {
    const at = this.position;
    let value = 0;
    for (let shift = 0; shift < bits; shift += 7) {
      const byte = this.byte();
      value += (byte & 0x7f) * 2 ** shift;
      const spare = 0x7f & -(1 << Math.min(bits - shift - 1, 7));
      if ((byte & spare) !== 0 && (byte & spare) !== spare) {
        break;
      }
      if (byte < 0x80) {
        return (byte & 0x40) === 0 ? value : value - 2 ** (shift + 7);
      }
    }
    return this.refuse(`a number has more than ${bits} bits`, at);
  }

  take(length: number): Uint8Array {
    if (length > this.end - this.position) {
      this.refuse("the module ends too early");
    }
    const part = this.bytes.subarray(this.position, this.position + length);
    this.position += length;
    return part;
  }

  /** A reader of the next `length` bytes, which this one moves past. */
  part(length: number): StrictReader {
    const start = this.position;
    this.take(length);
    return new StrictReader(this.bytes, start, this.position);
  }

  name(): string {
    const at = this.position;
    const bytes = this.take(this.unsigned());
    try {
      return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(
        bytes,
      );
    } catch {
      return this.refuse("a name is not UTF-8", at);
    }
  }

  /** As many things as the number in front of them says; each takes a byte at least. */
  list<T>(read: (reader: this) => T): T[] {
    const at = this.position;
    const count = this.unsigned();
    if (count > this.end - this.position) {
      this.refuse(`a list of ${count} does not fit`, at);
    }
    const found: T[] = [];
    for (let index = 0; index < count; index += 1) {
      found.push(read(this));
    }
    return found;
  }
}
