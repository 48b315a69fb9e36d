/** The members of a JSON object as they are written; each is cut out when it is asked for. */
export class JsonMembers {
  readonly #bytes: Buffer;
  readonly #names: readonly string[];
  /** Begin and end of each value. */
  readonly #places: readonly number[];

  constructor(
    bytes: Buffer,
    names: readonly string[],
    places: readonly number[],
  ) {
    this.#bytes = bytes;
    this.#names = names;
    this.#places = places;
  }

  has(name: string): boolean {
    return this.#names.includes(name);
  }

  /** The value's bytes; of two members with one name the later one's. */
  get(name: string): Buffer | undefined {
    const index = this.#names.lastIndexOf(name);
    return index === -1
      ? undefined
      : this.#bytes.subarray(
          this.#places[2 * index],
          this.#places[2 * index + 1],
        );
  }
}

/**
 * The members of an object, each value as its bytes, so that numbers keep their
 * spelling and only what is wanted is read on. Undefined for bytes that are no
 * whole object; the values themselves are not looked into.
 */
export function readMembers(bytes: Buffer): JsonMembers | undefined {
  // One unit a byte, and searched faster than bytes are.
  const text = bytes.toString("latin1");
  const names: string[] = [];
  const places: number[] = [];
  let at = skipBlanks(text, 0) + 1;
  if (text[at - 1] !== "{") {
    return undefined;
  }
  at = skipBlanks(text, at);
  if (text[at] === "}") {
    return new JsonMembers(bytes, names, places);
  }
  for (;;) {
    if (text[at] !== '"') {
      return undefined;
    }
    const keyEnd = endOfText(text, at);
    const colon = skipBlanks(text, keyEnd);
    const start = skipBlanks(text, colon + 1);
    const end = endOfValue(text, start);
    if (text[colon] !== ":" || end === start) {
      return undefined;
    }
    names.push(text.slice(at + 1, keyEnd - 1));
    places.push(start, end);
    at = skipBlanks(text, end);
    if (text[at] !== ",") {
      return text[at] === "}" && skipBlanks(text, at + 1) === text.length
        ? new JsonMembers(bytes, names, places)
        : undefined;
    }
    at = skipBlanks(text, at + 1);
  }
}

const quote = 0x22;
const backslash = 0x5c;

/** The text of a value that is one. */
export function textOf(bytes: Buffer | undefined): string | undefined {
  if (bytes?.[0] !== quote) {
    return undefined;
  }
  const text = bytes.toString("utf8", 1, bytes.length - 1);
  return text.includes("\\") ? (jsonOf(bytes) as string | undefined) : text;
}

/** A value as JavaScript has it; undefined for one that is no JSON. */
export function jsonOf(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString());
  } catch {
    return undefined;
  }
}

function skipBlanks(text: string, from: number): number {
  let at = from;
  while (text.charCodeAt(at) <= 0x20) {
    at += 1;
  }
  return at;
}

/** Behind the text that begins with a quote at `from`; the end where it does not end. */
function endOfText(text: string, from: number): number {
  let end = text.indexOf('"', from + 1);
  while (end !== -1 && isEscaped(text, end)) {
    end = text.indexOf('"', end + 1);
  }
  return end === -1 ? text.length : end + 1;
}

function isEscaped(text: string, at: number): boolean {
  let first = at;
  while (text.charCodeAt(first - 1) === backslash) {
    first -= 1;
  }
  return (at - first) % 2 === 1;
}

const kind = { plain: 0, opens: 1, closes: 2, quote: 3, ends: 4 } as const;

const kinds = new Uint8Array(256);
for (const [units, one] of [
  ["{[", kind.opens],
  ["}]", kind.closes],
  ['"', kind.quote],
  [", \t\r\n", kind.ends],
] as const) {
  for (const unit of units) {
    kinds[unit.charCodeAt(0)] = one;
  }
}

/** Behind the value that begins at `from`. */
function endOfValue(text: string, from: number): number {
  let depth = 0;
  let at = from;
  while (at < text.length) {
    const found = kinds[text.charCodeAt(at)];
    if (found === kind.quote) {
      at = endOfText(text, at);
    } else if (found === kind.opens) {
      depth += 1;
      at += 1;
    } else if (found === kind.closes && depth > 0) {
      depth -= 1;
      at += 1;
    } else if (depth === 0 && found !== kind.plain) {
      return at;
    } else {
      at += 1;
      continue;
    }
    if (depth === 0) {
      return at;
    }
  }
  return at;
}
