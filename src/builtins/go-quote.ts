const short: Readonly<Record<string, string>> = {
  '"': '\\"',
  "\\": "\\\\",
  "\u0007": "\\a",
  "\b": "\\b",
  "\f": "\\f",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "\v": "\\v",
};

// What Go takes for printable.
const printable = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u;

/** Text in quotes as Go's `%q` writes it. */
export function goQuote(text: string): string {
  return `"${[...text].map(escapeCharacter).join("")}"`;
}

function escapeCharacter(character: string): string {
  const known = short[character];
  if (known !== undefined) {
    return known;
  }
  if (printable.test(character)) {
    return character;
  }
  const point = character.codePointAt(0) ?? 0;
  if (point < 0x80) {
    return `\\x${point.toString(16).padStart(2, "0")}`;
  }
  return point > 0xffff
    ? `\\U${point.toString(16).padStart(8, "0")}`
    : `\\u${point.toString(16).padStart(4, "0")}`;
}
