/** Appends an unsigned LEB128 number. */
export function writeUnsigned(bytes: number[], value: number): void {
  let rest = value >>> 0;
  do {
    const low = rest & 0x7f;
    rest >>>= 7;
    bytes.push(rest === 0 ? low : low | 0x80);
  } while (rest !== 0);
}

/** Appends a signed LEB128 number of 32 bits. */
export function writeSigned(bytes: number[], value: number): void {
  let rest = value | 0;
  for (;;) {
    const low = rest & 0x7f;
    rest >>= 7;
    if (
      (rest === 0 && (low & 0x40) === 0) ||
      (rest === -1 && (low & 0x40) !== 0)
    ) {
      bytes.push(low);
      return;
    }
    bytes.push(low | 0x80);
  }
}

/** Appends a signed LEB128 number of 64 bits. */
export function writeSigned64(bytes: number[], value: bigint): void {
  let rest = BigInt.asIntN(64, value);
  for (;;) {
    const low = Number(rest & 0x7fn);
    rest >>= 7n;
    if (
      (rest === 0n && (low & 0x40) === 0) ||
      (rest === -1n && (low & 0x40) !== 0)
    ) {
      bytes.push(low);
      return;
    }
    bytes.push(low | 0x80);
  }
}
