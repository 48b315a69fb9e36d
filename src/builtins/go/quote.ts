/** Text or bytes in double quotes as Go's `%q` writes them; bytes that are no UTF-8 as `\x…`. */
export function goQuote(text: string | Uint8Array): string {
  const bytes = Buffer.from(text as Uint8Array);
  let quoted = "";
  for (const char of bytes.toString("utf8")) {
    quoted += char === "\ufffd" ? char : quoteChar(char);
  }
  return `"${quoted.includes("\ufffd") ? quoteBytes(bytes) : quoted}"`;
}

const short: Readonly<Record<string, string>> = {
  '"': '\\"',
  "\\": "\\\\",
  "\x07": "\\a",
  "\b": "\\b",
  "\f": "\\f",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "\v": "\\v",
};

function quoteChar(char: string): string {
  const code = char.codePointAt(0) as number;
  if (short[char] !== undefined) {
    return short[char];
  }
  if (code < 0x20 || code === 0x7f) {
    return `\\x${code.toString(16).padStart(2, "0")}`;
  }
  return code === 0x20 || /[\p{L}\p{M}\p{N}\p{P}\p{S}]/u.test(char)
    ? char
    : code > 0xffff
      ? `\\U${code.toString(16).padStart(8, "0")}`
      : `\\u${code.toString(16).padStart(4, "0")}`;
}

/** Character by character, so that bytes that belong to none are told apart. */
function quoteBytes(bytes: Buffer): string {
  let quoted = "";
  let at = 0;
  while (at < bytes.length) {
    const size = [1, 2, 3, 4].find((length) => isCharacter(bytes, at, length));
    quoted +=
      size === undefined
        ? `\\x${(bytes[at] as number).toString(16).padStart(2, "0")}`
        : quoteChar(bytes.toString("utf8", at, at + size));
    at += size ?? 1;
  }
  return quoted;
}

function isCharacter(bytes: Buffer, at: number, length: number): boolean {
  const part = bytes.subarray(at, at + length);
  const text = part.toString("utf8");
  return [...text].length === 1 && Buffer.from(text, "utf8").equals(part);
}
