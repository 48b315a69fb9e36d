import { isUtf8 } from "node:buffer";

const replacement = "\uFFFD";

/**
 * Bytes as text. Invalid UTF-8 becomes U+FFFD byte by byte, as Go (and so the
 * documents of opa-envoy-plugin) has it; a byte order mark stays.
 */
export function decodeText(bytes: Uint8Array): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return isUtf8(bytes) ? buffer.toString("utf8") : decodeInvalid(buffer);
}

function decodeInvalid(buffer: Buffer): string {
  let text = "";
  let at = 0;
  while (at < buffer.length) {
    const length = sequenceLength(buffer, at);
    text +=
      length === 0 ? replacement : buffer.toString("utf8", at, at + length);
    at += Math.max(length, 1);
  }
  return text;
}

/** The length of the valid UTF-8 sequence at `at`; 0 where there is none. */
function sequenceLength(buffer: Buffer, at: number): number {
  const first = buffer[at] ?? 0;
  const length = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  const end = at + length;
  return end <= buffer.length && isUtf8(buffer.subarray(at, end)) ? length : 0;
}

const badEscape = /%(?![0-9A-Fa-f]{2})/;

/**
 * Percent-decoding as Go's `url.PathUnescape`; undefined for a bad escape.
 * The whole text is decoded: an escaped slash is a slash afterwards.
 */
export function unescapePath(text: string): string | undefined {
  if (!text.includes("%")) {
    return text;
  }
  return badEscape.test(text) ? undefined : decodeText(unescapeBytes(text));
}

/** As `unescapePath`, with `+` for a blank, as in queries and forms. */
function unescapeQuery(text: string): string | undefined {
  return unescapePath(text.replaceAll("+", " "));
}

function unescapeBytes(text: string): Buffer {
  const bytes = Buffer.from(text, "utf8");
  let length = 0;
  for (let at = 0; at < bytes.length; at += 1) {
    let byte = bytes[at] ?? 0;
    if (byte === 0x25) {
      byte = Number.parseInt(bytes.toString("latin1", at + 1, at + 3), 16);
      at += 2;
    }
    bytes[length] = byte;
    length += 1;
  }
  return bytes.subarray(0, length);
}

/**
 * A query or form as `{name: [value…]}` in order of appearance, as Go's
 * `url.ParseQuery`; undefined for a semicolon or a bad escape.
 */
export function parseQuery(text: string): Map<string, string[]> | undefined {
  const values = new Map<string, string[]>();
  for (const pair of text.split("&")) {
    if (pair === "") {
      continue;
    }
    const equals = pair.indexOf("=");
    const name = unescapeQuery(equals < 0 ? pair : pair.slice(0, equals));
    const value = equals < 0 ? "" : unescapeQuery(pair.slice(equals + 1));
    if (name === undefined || value === undefined || pair.includes(";")) {
      return undefined;
    }
    const list = values.get(name);
    if (list) {
      list.push(value);
    } else {
      values.set(name, [value]);
    }
  }
  return values;
}

/** `{name: [value…]}` as JSON text. */
export function valuesJson(values: ReadonlyMap<string, unknown[]>): string {
  if (values.size === 0) {
    return "{}";
  }
  const members = [...values].map(
    ([name, list]) => `${JSON.stringify(name)}:${JSON.stringify(list)}`,
  );
  return `{${members.join(",")}}`;
}

/** What `parseQuery` refuses a text for, in Go's words; undefined where it does not. */
export function queryFault(text: string): string | undefined {
  const pairs = text.split("&").filter((pair) => pair !== "");
  if (pairs.some((pair) => pair.includes(";"))) {
    return "invalid semicolon separator in query";
  }
  return pairs
    .flatMap((pair) => {
      const equals = pair.indexOf("=");
      return equals < 0
        ? [pair]
        : [pair.slice(0, equals), pair.slice(equals + 1)];
    })
    .map(escapeFault)
    .find((fault) => fault !== undefined);
}

/** The first bad escape of a text, in Go's words; undefined where there is none. */
export function escapeFault(text: string): string | undefined {
  const at = text.search(badEscape);
  return at < 0
    ? undefined
    : `invalid URL escape ${quoteBytes(Buffer.from(text.slice(at, at + 3), "utf8").subarray(0, 3))}`;
}

/** What Go's `strconv.ParseInt` says of a text that is no signed 64-bit integer. */
export function integerFault(text: string): string | undefined {
  if (/^[0-9]{1,15}$/.test(text)) {
    return undefined;
  }
  const parsing = `strconv.ParseInt: parsing ${quoteText(text)}`;
  if (!/^[+-]?[0-9]+$/.test(text)) {
    return `${parsing}: invalid syntax`;
  }
  // Far more digits than any 64-bit integer has, zeros in front aside.
  const digits = text.replace(/^([+-]?)0+(?=[0-9])/, "$1");
  const isSmall =
    digits.length <= 20 &&
    BigInt.asIntN(64, BigInt(digits.replace("+", ""))) ===
      BigInt(digits.replace("+", ""));
  return isSmall ? undefined : `${parsing}: value out of range`;
}

/** A text as Go's `%q` writes it. */
export function quoteText(text: string): string {
  return quoteBytes(Buffer.from(text, "utf8"));
}

function quoteBytes(bytes: Buffer): string {
  let quoted = "";
  for (let at = 0; at < bytes.length; ) {
    const length = sequenceLength(bytes, at);
    quoted +=
      length === 0
        ? hexEscape(bytes[at] ?? 0)
        : quoteCharacter(bytes.toString("utf8", at, at + length));
    at += Math.max(length, 1);
  }
  return `"${quoted}"`;
}

const named: Readonly<Record<string, string>> = {
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

// What Go does not print as it is; a blank is the only space that it does.
const unprintable = /[\p{C}\p{Z}]/u;

function quoteCharacter(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  if (named[character] !== undefined) {
    return named[character];
  }
  if (character === " " || !unprintable.test(character)) {
    return character;
  }
  if (code < 0x80) {
    return hexEscape(code);
  }
  const hex = code.toString(16);
  return code > 0xffff
    ? `\\U${hex.padStart(8, "0")}`
    : `\\u${hex.padStart(4, "0")}`;
}

function hexEscape(byte: number): string {
  return `\\x${byte.toString(16).padStart(2, "0")}`;
}
