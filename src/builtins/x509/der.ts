/** Universal tags of ASN.1. */
export const tag = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  oid: 0x06,
  utf8String: 0x0c,
  numericString: 0x12,
  printableString: 0x13,
  t61String: 0x14,
  ia5String: 0x16,
  utcTime: 0x17,
  generalizedTime: 0x18,
  bmpString: 0x1e,
  sequence: 0x30,
  set: 0x31,
} as const;

/** A context-specific tag. */
export function context(number: number, constructed = false): number {
  return 0x80 | (constructed ? 0x20 : 0) | number;
}

/** One element: its tag, its content and all of its bytes. */
export type Element = {
  readonly tag: number;
  readonly content: Buffer;
  readonly all: Buffer;
};

/** An object identifier's numbers. */
export type Oid = readonly number[];

/**
 * Reads DER from front to end, as strict as Go's x509: lengths and integers in
 * their shortest form, no tags beyond one byte. A method gives undefined, and
 * moves nothing, where the next element is not what it reads.
 */
export class DerReader {
  private readonly bytes: Buffer;
  private at = 0;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }

  get empty(): boolean {
    return this.at >= this.bytes.length;
  }

  /** Whether the next element has the tag. */
  has(wanted: number): boolean {
    return this.bytes[this.at] === wanted;
  }

  any(): Element | undefined {
    const { bytes, at } = this;
    const [first, second] = [bytes[at], bytes[at + 1]];
    if (first === undefined || second === undefined || (first & 31) === 31) {
      return undefined;
    }
    const header = second < 0x80 ? { size: 2, length: second } : this.long();
    if (header === undefined) {
      return undefined;
    }
    const end = at + header.size + header.length;
    if (end > bytes.length) {
      return undefined;
    }
    this.at = end;
    return {
      tag: first,
      content: bytes.subarray(at + header.size, end),
      all: bytes.subarray(at, end),
    };
  }

  element(wanted: number): Element | undefined {
    return this.has(wanted) ? this.any() : undefined;
  }

  content(wanted: number): Buffer | undefined {
    return this.element(wanted)?.content;
  }

  /** A reader of the content. */
  inside(wanted: number): DerReader | undefined {
    const content = this.content(wanted);
    return content && new DerReader(content);
  }

  /** False for an element with the tag that is malformed. */
  skipOptional(wanted: number): boolean {
    return !this.has(wanted) || this.any() !== undefined;
  }

  integer(wanted: number = tag.integer): bigint | undefined {
    const content = this.content(wanted);
    return content && toInteger(content);
  }

  oid(): Oid | undefined {
    const content = this.content(tag.oid);
    return content && toOid(content);
  }

  boolean(): boolean | undefined {
    const content = this.content(tag.boolean);
    const byte = content?.length === 1 ? content[0] : undefined;
    return byte === 0 || byte === 0xff ? byte === 0xff : undefined;
  }

  bitString(): BitString | undefined {
    const content = this.content(tag.bitString);
    const padding = content?.[0];
    if (content === undefined || padding === undefined || padding > 7) {
      return undefined;
    }
    const last = content[content.length - 1] ?? 0;
    const lone = content.length === 1;
    return (lone && padding !== 0) || (!lone && last & ((1 << padding) - 1))
      ? undefined
      : { bytes: content.subarray(1), padding };
  }

  private long(): { size: number; length: number } | undefined {
    const count = (this.bytes[this.at + 1] as number) & 0x7f;
    const digits = this.bytes.subarray(this.at + 2, this.at + 2 + count);
    if (count === 0 || count > 4 || digits.length < count || digits[0] === 0) {
      return undefined;
    }
    const length = digits.readUIntBE(0, count);
    return length < 0x80 ? undefined : { size: 2 + count, length };
  }
}

/** Bits, the unused ones at the end. */
export type BitString = { readonly bytes: Buffer; readonly padding: number };

/** Bit 0 is the first one. */
export function bitAt({ bytes, padding }: BitString, index: number): boolean {
  return (
    index < bytes.length * 8 - padding &&
    ((bytes[index >> 3] as number) & (0x80 >> (index & 7))) !== 0
  );
}

/** The bytes with the unused bits in front. */
export function rightAlign({ bytes, padding }: BitString): Buffer {
  if (padding === 0) {
    return bytes;
  }
  return Buffer.from(
    bytes.map(
      (byte, index) =>
        (byte >> padding) | ((bytes[index - 1] ?? 0) << (8 - padding)),
    ),
  );
}

/** The integer, signed, if it is in its shortest form. */
export function toInteger(content: Buffer): bigint | undefined {
  const [first, second] = content;
  if (
    first === undefined ||
    (second !== undefined &&
      ((first === 0 && second < 0x80) || (first === 0xff && second >= 0x80)))
  ) {
    return undefined;
  }
  return BigInt.asIntN(content.length * 8, toUnsigned(content));
}

/** The integer of big-endian bytes. */
export function toUnsigned(bytes: Uint8Array): bigint {
  return bytes.length === 0
    ? 0n
    : BigInt(`0x${Buffer.from(bytes).toString("hex")}`);
}

/** The numbers of an object identifier, none above 2^31. */
export function toOid(content: Buffer): Oid | undefined {
  const numbers: number[] = [];
  let current = 0;
  let started = false;
  for (const byte of content) {
    if ((!started && byte === 0x80) || current >= 2 ** 24) {
      return undefined;
    }
    current = current * 128 + (byte & 0x7f);
    started = byte >= 0x80;
    if (!started) {
      numbers.push(current);
      current = 0;
    }
  }
  const [first, ...others] = numbers;
  if (first === undefined || started) {
    return undefined;
  }
  return first < 80
    ? [Math.floor(first / 40), first % 40, ...others]
    : [2, first - 80, ...others];
}

/** DER of an element. */
export function encodeDer(wanted: number, ...contents: Uint8Array[]): Buffer {
  const content = Buffer.concat(contents);
  const { length } = content;
  const hex = length.toString(16);
  const digits = Buffer.from(
    hex.padStart(hex.length + (hex.length & 1), "0"),
    "hex",
  );
  const header =
    length < 0x80
      ? [wanted, length]
      : [wanted, 0x80 | digits.length, ...digits];
  return Buffer.concat([Buffer.from(header), content]);
}

/** DER of an integer that is not negative. */
export function encodeUnsigned(value: Uint8Array): Buffer {
  let start = 0;
  while (start < value.length - 1 && value[start] === 0) {
    start += 1;
  }
  const bytes = value.subarray(start);
  const sign = bytes.length === 0 || (bytes[0] as number) >= 0x80 ? [0] : [];
  return encodeDer(tag.integer, Buffer.from(sign), bytes);
}
