// A leading U+FEFF is a character of the text like any other.
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

// Where the module says that its constants end; docs/abi.md §2.
const heapBaseWord = 1024;

// Up to here a loop beats the decoder's call.
const shortText = 32;

/** Linear memory as words, bytes and texts; docs/abi.md §1 gives the layout of values. */
export class MemoryView {
  private readonly memory: WebAssembly.Memory;
  /** Strings of the policy itself, by address: they never change. */
  private readonly constants = new Map<number, string>();
  data: DataView;
  bytes: Uint8Array;

  constructor(memory: WebAssembly.Memory) {
    this.memory = memory;
    this.data = new DataView(memory.buffer);
    this.bytes = new Uint8Array(memory.buffer);
  }

  /** Memory may have grown, which detaches the old buffer. */
  refresh(): void {
    if (this.data.buffer !== this.memory.buffer) {
      this.data = new DataView(this.memory.buffer);
      this.bytes = new Uint8Array(this.memory.buffer);
    }
  }

  word(at: number): number {
    return this.data.getUint32(at, true);
  }

  /** NUL-terminated text. */
  text(at: number): string {
    const end = this.bytes.indexOf(0, at);
    return decoder.decode(this.bytes.subarray(at, end));
  }

  /** The text of a string value, or the spelling of a number that is kept as text. */
  string(value: number): string {
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
}
