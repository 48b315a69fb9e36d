/** YAML 1.1's line breaks. */
export function isBreak(char: string): boolean {
  return (
    char === "\n" ||
    char === "\r" ||
    char === "\x85" ||
    char === "\u2028" ||
    char === "\u2029"
  );
}

/** What neither plain nor single-quoted text shows as it is. */
export function isUnprintable(char: string): boolean {
  const code = char.codePointAt(0) ?? 0;
  return (
    (code < 0x20 && char !== "\n") ||
    (code >= 0x7f && code < 0xa0) ||
    (code >= 0xd800 && code < 0xe000) ||
    code === 0xfeff ||
    code > 0xfffd
  );
}

/** What a double-quoted text shows by an escape only. */
export function mustEscape(char: string): boolean {
  return isUnprintable(char) || isBreak(char) || char === '"' || char === "\\";
}

const shortEscapes: Readonly<Record<string, string>> = {
  "\0": "\\0",
  "\x07": "\\a",
  "\b": "\\b",
  "\t": "\\t",
  "\n": "\\n",
  "\v": "\\v",
  "\f": "\\f",
  "\r": "\\r",
  "\x1b": "\\e",
  '"': '\\"',
  "\\": "\\\\",
  "\x85": "\\N",
  "\xa0": "\\_",
  "\u2028": "\\L",
  "\u2029": "\\P",
};

/** A character as the escape of a double-quoted text. */
export function escapeChar(char: string): string {
  const short = shortEscapes[char];
  if (short !== undefined) {
    return short;
  }
  const code = char.codePointAt(0) ?? 0;
  const hex = (size: number) =>
    code.toString(16).toUpperCase().padStart(size, "0");
  if (code <= 0xff) {
    return `\\x${hex(2)}`;
  }
  return code <= 0xffff ? `\\u${hex(4)}` : `\\U${hex(8)}`;
}
