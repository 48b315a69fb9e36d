/** Text in quotes as Go's time package writes it; the characters are bytes. */
export function quoteBytes(bytes: string): string {
  const escaped = bytes.replace(/["\\]/g, "\\$&").replace(
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is escaped
    /[\x00-\x1f\x80-\xff]/g,
    (byte) => `\\x${byte.charCodeAt(0).toString(16).padStart(2, "0")}`,
  );
  return `"${escaped}"`;
}
