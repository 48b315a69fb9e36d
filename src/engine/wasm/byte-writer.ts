/** Bytes that grow at their end. */
export class ByteWriter {
  private bytes: Uint8Array;
  /** How many there are. */
  length = 0;

  constructor(room = 64) {
    this.bytes = new Uint8Array(room);
  }

  byte(value: number): void {
    if (this.length === this.bytes.length) {
      this.grow(1);
    }
    this.bytes[this.length] = value;
    this.length += 1;
  }

  /** Little-endian, 32 bits. */
  word(value: number): void {
    this.byte(value);
    this.byte(value >>> 8);
    this.byte(value >>> 16);
    this.byte(value >>> 24);
  }

  raw(data: Uint8Array): void {
    this.grow(data.length);
    this.bytes.set(data, this.length);
    this.length += data.length;
  }

  /** Zeros up to a multiple of a power of two. */
  align(to: number): void {
    const end = (this.length + to - 1) & -to;
    this.grow(end - this.length);
    this.length = end;
  }

  /** An unsigned LEB128 number. */
  unsigned(value: number): void {
    let rest = value >>> 0;
    while (rest > 0x7f) {
      this.byte((rest & 0x7f) | 0x80);
      rest >>>= 7;
    }
    this.byte(rest);
  }

  /** A signed LEB128 number of 32 bits. */
  signed(value: number): void {
    let rest = value | 0;
    while (rest < -0x40 || rest > 0x3f) {
      this.byte((rest & 0x7f) | 0x80);
      rest >>= 7;
    }
    this.byte(rest & 0x7f);
  }

  /** A signed LEB128 number of 64 bits. */
  signed64(value: bigint): void {
    let rest = BigInt.asIntN(64, value);
    while (rest < -0x40n || rest > 0x3fn) {
      this.byte(Number(rest & 0x7fn) | 0x80);
      rest >>= 7n;
    }
    this.byte(Number(rest & 0x7fn));
  }

  private grow(by: number): void {
    const needed = this.length + by;
    if (needed > this.bytes.length) {
      const room = new Uint8Array(Math.max(needed, this.bytes.length * 2));
      room.set(this.bytes.subarray(0, this.length));
      this.bytes = room;
    }
  }

  /** What was written so far; writing more may leave it behind. */
  written(): Uint8Array {
    return this.bytes.subarray(0, this.length);
  }
}
