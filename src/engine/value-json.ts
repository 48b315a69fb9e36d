import { PolicyError } from "./error.ts";
import { escapeHtml } from "./syntax/json-text.ts";
import {
  BigDecimal,
  compareValues,
  isArray,
  isNumber,
  numberFromText,
  numberText,
  RegoObject,
  RegoSet,
  type Value,
} from "./value.ts";

// What the stack holds with room to spare.
const maxDepth = 2_000;

/**
 * The value of a JSON text, numbers as they are spelled. Throws a SyntaxError
 * for anything that is not exactly one JSON value.
 */
export function parseJson(text: string): Value {
  const reader = new JsonReader(text);
  const value = reader.value(0);
  reader.end();
  return value;
}

class JsonReader {
  private readonly text: string;
  private at = 0;

  constructor(text: string) {
    this.text = text;
  }

  value(depth: number): Value {
    if (depth > maxDepth) {
      throw new SyntaxError("exceeded max depth");
    }
    this.skip();
    switch (this.text[this.at]) {
      case "{":
        return RegoObject.of(this.members(depth));
      case "[":
        return this.list("]", () => this.value(depth + 1));
      case '"':
        return this.string();
      case "t":
        return this.word("true", true);
      case "f":
        return this.word("false", false);
      case "n":
        return this.word("null", null);
      default:
        return numberFromText(
          this.match(/-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y),
        );
    }
  }

  end(): void {
    this.skip();
    if (this.at < this.text.length) {
      throw this.fault();
    }
  }

  private members(depth: number): (readonly [Value, Value])[] {
    return this.list("}", () => {
      this.skip();
      const key = this.string();
      this.skip();
      this.match(/:/y);
      return [key, this.value(depth + 1)] as const;
    });
  }

  private list<T>(close: string, element: () => T): T[] {
    const elements: T[] = [];
    this.at += 1;
    this.skip();
    if (this.text[this.at] === close) {
      this.at += 1;
      return elements;
    }
    for (;;) {
      elements.push(element());
      this.skip();
      if (this.text[this.at] === close) {
        this.at += 1;
        return elements;
      }
      this.match(/,/y);
    }
  }

  private string(): string {
    const token = this.match(/"[^"\\]*(?:\\[\s\S][^"\\]*)*"/y);
    return token.includes("\\") || hasControl(token)
      ? JSON.parse(token)
      : token.slice(1, -1);
  }

  private word<T>(word: string, value: T): T {
    if (!this.text.startsWith(word, this.at)) {
      throw this.fault();
    }
    this.at += word.length;
    return value;
  }

  private skip(): void {
    while (isSpace(this.text.charCodeAt(this.at))) {
      this.at += 1;
    }
  }

  private match(token: RegExp): string {
    token.lastIndex = this.at;
    const [found] = token.exec(this.text) ?? [];
    if (found === undefined) {
      throw this.fault();
    }
    this.at += found.length;
    return found;
  }

  private fault(): SyntaxError {
    const found = this.text[this.at];
    return new SyntaxError(
      found === undefined
        ? "unexpected end of JSON input"
        : `invalid character ${JSON.stringify(found)} at ${this.at}`,
    );
  }
}

function isSpace(unit: number): boolean {
  return unit === 0x20 || unit === 0x0a || unit === 0x0d || unit === 0x09;
}

// JSON.parse refuses control characters in a string, as it should.
function hasControl(token: string): boolean {
  for (let at = 0; at < token.length; at += 1) {
    if (token.charCodeAt(at) < 0x20) {
      return true;
    }
  }
  return false;
}

/** JSON text as OPA's `json.marshal` writes it, sets as arrays, but `<`, `>`, `&` as they are. */
export function toJson(value: Value): string {
  if (isNumber(value)) {
    return numberText(value);
  }
  if (isArray(value)) {
    return `[${value.map(toJson).join(",")}]`;
  }
  if (value instanceof RegoSet) {
    return `[${value.items.map(toJson).join(",")}]`;
  }
  if (value instanceof RegoObject) {
    const members = jsonMembers(value).map(
      ([key, member]) => `${JSON.stringify(key)}:${toJson(member)}`,
    );
    return `{${members.join(",")}}`;
  }
  return JSON.stringify(value);
}

/** JSON as Go writes it: safe inside HTML. */
export function toGoJson(value: Value): string {
  return escapeHtml(toJson(value));
}

/**
 * The members of an object as JSON has them: a key that is no text becomes its
 * JSON text; of two keys with one text the later member stays.
 */
export function jsonMembers(
  object: RegoObject,
): readonly (readonly [string, Value])[] {
  const texts = object.entries.map(
    ([key, member]) =>
      [typeof key === "string" ? key : toGoJson(key), member] as const,
  );
  const isPlain = object.entries.every(([key]) => typeof key === "string");
  return isPlain
    ? texts
    : [...new Map(texts)].sort(([a], [b]) => compareValues(a, b));
}

/** Rego's own text of a value: sets and keys of any type keep what they are. */
export function toRego(value: Value): string {
  if (isArray(value)) {
    return `[${value.map(toRego).join(", ")}]`;
  }
  if (value instanceof RegoSet) {
    return value.items.length === 0
      ? "set()"
      : `{${value.items.map(toRego).join(", ")}}`;
  }
  if (value instanceof RegoObject) {
    const members = value.entries.map(
      ([key, member]) => `${toRego(key)}: ${toRego(member)}`,
    );
    return `{${members.join(", ")}}`;
  }
  return toJson(value);
}

/**
 * A JavaScript value as Rego's: a `Set` is a set, a `Map` an object with keys
 * of any type, a plain object one with text keys; members that are undefined
 * are left out. Throws `eval_input_error` for what Rego has nothing for.
 */
export function fromJs(value: unknown): Value {
  switch (typeof value) {
    case "string":
    case "boolean":
      return value;
    case "bigint":
      return fromBigint(value);
    case "number":
      return fromNumber(value);
    case "object":
      return fromJsObject(value);
    default:
      throw foreign(`a ${typeof value}`);
  }
}

/** The one form of an integer. */
export function fromBigint(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

function fromNumber(value: number): number | bigint | BigDecimal {
  if (!Number.isFinite(value)) {
    throw foreign(String(value));
  }
  return numberFromText(String(value));
}

function fromJsObject(value: object | null): Value {
  if (
    value === null ||
    value instanceof BigDecimal ||
    value instanceof RegoSet ||
    value instanceof RegoObject
  ) {
    return value;
  }
  if (Array.isArray(value)) {
    return value.map(fromJs);
  }
  if (value instanceof Set) {
    return RegoSet.of([...value].map(fromJs));
  }
  const entries: Iterable<[unknown, unknown]> =
    value instanceof Map ? value : Object.entries(value);
  return RegoObject.of(
    [...entries]
      .filter(([, member]) => member !== undefined)
      .map(([key, member]) => [fromJs(key), fromJs(member)] as const),
  );
}

/**
 * A Rego value as JavaScript's: a set is a `Set`, an object a plain one, or a
 * `Map` when a key is no text; a number that is neither a double nor an integer
 * is the nearest double.
 */
export function toJs(value: Value): unknown {
  if (value instanceof BigDecimal) {
    return Number(numberText(value));
  }
  if (isArray(value)) {
    return value.map(toJs);
  }
  if (value instanceof RegoSet) {
    return new Set(value.items.map(toJs));
  }
  if (value instanceof RegoObject) {
    const entries = value.entries.map(
      ([key, member]) => [toJs(key), toJs(member)] as const,
    );
    return value.entries.every(([key]) => typeof key === "string")
      ? Object.fromEntries(entries)
      : new Map(entries);
  }
  return value;
}

function foreign(what: string): PolicyError {
  return new PolicyError("eval_input_error", `${what} is no Rego value`);
}
