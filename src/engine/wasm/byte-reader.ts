/** Reads the binary format of WebAssembly. */
export class ByteReader {
  readonly bytes: Uint8Array;
  position: number;

  constructor(bytes: Uint8Array, position = 0) {
    this.bytes = bytes;
    this.position = position;
  }

  byte(): number {
    const value = this.bytes[this.position] ?? 0;
    this.position += 1;
    return value;
  }

  unsigned(): number {
    let value = 0;
    let shift = 0;
    for (;;) {
      const byte = this.byte();
      value |= (byte & 0x7f) << shift;
      shift += 7;
      if ((byte & 0x80) === 0) {
        return value >>> 0;
      }
    }
  }

  /** The low 32 bits of a signed number of any width. */
  signed(): number {
    let value = 0;
    let shift = 0;
    for (;;) {
      const byte = this.byte();
      if (shift < 32) {
        value |= (byte & 0x7f) << shift;
      }
      shift += 7;
      if ((byte & 0x80) === 0) {
        return shift < 32 && (byte & 0x40) !== 0
          ? value | (-1 << shift)
          : value;
      }
    }
  }

  take(length: number): Uint8Array {
    const part = this.bytes.subarray(this.position, this.position + length);
    this.position += length;
    return part;
  }

  name(): string {
    return new TextDecoder().decode(this.take(this.unsigned()));
  }
}
