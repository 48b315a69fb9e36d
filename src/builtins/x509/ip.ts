/** The text of an address of 4 or 16 bytes as Go prints it; undefined for other lengths. */
export function ipText(bytes: Uint8Array): string | undefined {
  if (bytes.length === 4) {
    return bytes.join(".");
  }
  if (bytes.length !== 16) {
    return undefined;
  }
  const mapped = bytes
    .subarray(0, 12)
    .every((byte, index) => byte === (index < 10 ? 0 : 0xff));
  return mapped ? bytes.subarray(12).join(".") : ip6Text(bytes);
}

function ip6Text(bytes: Uint8Array): string {
  const groups = Array.from(
    { length: 8 },
    (_, index) =>
      ((bytes[index * 2] as number) << 8) | (bytes[index * 2 + 1] as number),
  );
  const { start, length } = longestZeros(groups);
  const hex = groups.map((group) => group.toString(16));
  return length < 2
    ? hex.join(":")
    : `${hex.slice(0, start).join(":")}::${hex.slice(start + length).join(":")}`;
}

function longestZeros(groups: readonly number[]): {
  readonly start: number;
  readonly length: number;
} {
  let best = { start: 0, length: 0 };
  let start = 0;
  for (const [index, group] of groups.entries()) {
    if (group !== 0) {
      start = index + 1;
    } else if (index + 1 - start > best.length) {
      best = { start, length: index + 1 - start };
    }
  }
  return best;
}
