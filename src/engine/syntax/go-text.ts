import type { YamlValue } from "../yaml/decode.ts";

/** A value as Go's `%s` writes it, for texts that quote what was found. */
export function goText(value: YamlValue): string {
  switch (typeof value) {
    case "string":
      return value;
    case "boolean":
      return `%!s(bool=${value})`;
    case "bigint":
      return `%!s(int=${value})`;
    case "number":
      return `%!s(float64=${value})`;
    default:
      return value === null ? "%!s(<nil>)" : compositeText(value);
  }
}

function compositeText(value: Extract<YamlValue, object>): string {
  if (!(value instanceof Map)) {
    return `[${(value as readonly YamlValue[]).map(goText).join(" ")}]`;
  }
  const entries = [...value.entries()].map(
    ([key, item]) => `${goText(key)}:${goText(item)}`,
  );
  return `map[${entries.sort().join(" ")}]`;
}

/** A character as Go's `%+q` writes it. */
export function goCharacter(character: string): string {
  const code = character.codePointAt(0) ?? 0xfffd;
  const named: Readonly<Record<string, string>> = {
    "'": "\\'",
    "\\": "\\\\",
    "\n": "\\n",
    "\t": "\\t",
    "\r": "\\r",
  };
  const text = named[character];
  if (text !== undefined) {
    return `'${text}'`;
  }
  if (code >= 0x20 && code < 0x7f) {
    return `'${character}'`;
  }
  const hex = code.toString(16);
  if (code < 0x20 || code === 0x7f) {
    return `'\\x${hex.padStart(2, "0")}'`;
  }
  return code > 0xffff
    ? `'\\U${hex.padStart(8, "0")}'`
    : `'\\u${hex.padStart(4, "0")}'`;
}
