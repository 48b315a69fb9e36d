/**
 * A Rego value with nothing lost. A `number` is one whose JavaScript text is
 * Rego's own; other integers are `bigint`, all other numbers `BigDecimal`.
 */
export type Value =
  | null
  | boolean
  | string
  | number
  | bigint
  | BigDecimal
  | readonly Value[]
  | RegoSet
  | RegoObject;

/** A number by its text, for those that JavaScript cannot hold or would spell otherwise. */
export class BigDecimal {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** A set: its items are sorted and unique. */
export class RegoSet {
  readonly items: readonly Value[];

  private constructor(items: readonly Value[]) {
    this.items = items;
  }

  static of(items: Iterable<Value>): RegoSet {
    return new RegoSet(sortUnique([...items], compareValues));
  }

  has(item: Value): boolean {
    return search(this.items, (one) => compareValues(one, item)) >= 0;
  }
}

/** A key with its value. */
export type Entry = readonly [key: Value, value: Value];

/** An object: its entries are sorted by key, keys are of any type and unique. */
export class RegoObject {
  readonly entries: readonly Entry[];

  private constructor(entries: readonly Entry[]) {
    this.entries = entries;
  }

  /** Of several entries with one key the last stays. */
  static of(entries: Iterable<Entry>): RegoObject {
    const reversed = [...entries].reverse();
    return new RegoObject(
      sortUnique(reversed, ([a], [b]) => compareValues(a, b)),
    );
  }

  get(key: Value): Value | undefined {
    const at = search(this.entries, ([one]) => compareValues(one, key));
    return at < 0 ? undefined : this.entries[at]?.[1];
  }
}

/** The number that a JSON number's text stands for, spelled as it is. */
export function numberFromText(text: string): number | bigint | BigDecimal {
  const number = Number(text);
  if (String(number) === text && !isUnsafe(number)) {
    return number;
  }
  return isPlainInteger(text) ? BigInt(text) : new BigDecimal(text);
}

/** The text of a number as Rego prints it. */
export function numberText(value: number | bigint | BigDecimal): string {
  return value instanceof BigDecimal ? value.text : String(value);
}

export function isNumber(value: Value): value is number | bigint | BigDecimal {
  return (
    typeof value === "number" ||
    typeof value === "bigint" ||
    value instanceof BigDecimal
  );
}

export function isArray(value: Value): value is readonly Value[] {
  return Array.isArray(value);
}

/** A type as OPA's error texts name it. */
export type TypeName =
  | "null"
  | "boolean"
  | "number"
  | "string"
  | "array"
  | "object"
  | "set";

export function typeName(value: Value): TypeName {
  if (typeof value === "string" || typeof value === "boolean") {
    return typeof value as "string" | "boolean";
  }
  if (value === null) {
    return "null";
  }
  if (isArray(value)) {
    return "array";
  }
  if (value instanceof RegoSet) {
    return "set";
  }
  return value instanceof RegoObject ? "object" : "number";
}

/** The integer that a number is, whatever its spelling; undefined for fractions. */
export function toInteger(
  value: number | bigint | BigDecimal,
): bigint | undefined {
  if (typeof value === "bigint") {
    return value;
  }
  if (typeof value === "number") {
    return Number.isInteger(value) ? BigInt(value) : undefined;
  }
  const { sign, digits, point } = decimal(value.text);
  // A few bytes of text may ask for gigabytes of digits.
  if (digits.length > point || point > maxIntegerDigits) {
    return undefined;
  }
  return BigInt(sign) * BigInt(digits.padEnd(point, "0"));
}

const maxIntegerDigits = 100_000;

const order: Readonly<Record<TypeName, number>> = {
  null: 0,
  boolean: 1,
  number: 2,
  string: 3,
  array: 4,
  object: 5,
  set: 6,
};

/** Rego's total order: below zero, zero or above it. */
export function compareValues(a: Value, b: Value): number {
  if (typeof a === "number" && typeof b === "number") {
    return a - b;
  }
  if (typeof a === "string" && typeof b === "string") {
    return compareTexts(a, b);
  }
  const type = typeName(a);
  const types = order[type] - order[typeName(b)];
  return types === 0 ? compareAlike(type, a, b) : types;
}

export function equalValues(a: Value, b: Value): boolean {
  return compareValues(a, b) === 0;
}

function compareAlike(type: TypeName, a: Value, b: Value): number {
  switch (type) {
    case "number":
      return compareNumbers(a as number, b as number);
    case "boolean":
      return Number(a) - Number(b);
    case "array":
      return compareLists(a as readonly Value[], b as readonly Value[]);
    case "set":
      return compareLists((a as RegoSet).items, (b as RegoSet).items);
    case "object":
      return compareLists(
        (a as RegoObject).entries.flat(),
        (b as RegoObject).entries.flat(),
      );
    default:
      return 0;
  }
}

function compareLists(a: readonly Value[], b: readonly Value[]): number {
  const shared = Math.min(a.length, b.length);
  for (let index = 0; index < shared; index += 1) {
    const found = compareValues(a[index] as Value, b[index] as Value);
    if (found !== 0) {
      return found;
    }
  }
  return a.length - b.length;
}

/** By code points, which is the order of UTF-8 bytes. */
function compareTexts(a: string, b: string): number {
  const shared = Math.min(a.length, b.length);
  for (let at = 0; at < shared; at += 1) {
    const [x, y] = [a.charCodeAt(at), b.charCodeAt(at)];
    if (x !== y) {
      // Surrogates stand for code points above all others.
      return isSurrogate(x) === isSurrogate(y)
        ? x - y
        : isSurrogate(x)
          ? 1
          : -1;
    }
  }
  return a.length - b.length;
}

function isSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdfff;
}

type AnyNumber = number | bigint | BigDecimal;

function compareNumbers(a: AnyNumber, b: AnyNumber): number {
  if (!(a instanceof BigDecimal || b instanceof BigDecimal)) {
    return a < b ? -1 : a > b ? 1 : 0;
  }
  const [x, y] = [decimal(numberText(a)), decimal(numberText(b))];
  if (x.sign !== y.sign || x.sign === 0) {
    return x.sign - y.sign;
  }
  const sizes =
    x.point - y.point ||
    (x.digits < y.digits ? -1 : x.digits > y.digits ? 1 : 0);
  return x.sign * sizes;
}

/** `0.digits × 10^point` with a sign; digits have no zeros at either end. */
function decimal(text: string): {
  readonly sign: number;
  readonly digits: string;
  readonly point: number;
} {
  const [mantissa = "", exponent = "0"] = text.toLowerCase().split("e");
  const [whole = "", fraction = ""] = mantissa.replace("-", "").split(".");
  const all = whole + fraction;
  const digits = all.replace(/^0+/, "");
  const point = whole.length - (all.length - digits.length) + Number(exponent);
  const trimmed = digits.replace(/0+$/, "");
  return trimmed === ""
    ? { sign: 0, digits: "", point: 0 }
    : { sign: text.startsWith("-") ? -1 : 1, digits: trimmed, point };
}

/** Integers beyond 2^53 are bigint whatever their text. */
function isUnsafe(number: number): boolean {
  return Number.isInteger(number) && !Number.isSafeInteger(number);
}

function isPlainInteger(text: string): boolean {
  return /^(?:-?[1-9]\d*|0)$/.test(text);
}

/** Sorted, and of equal ones the first. */
function sortUnique<T>(list: T[], compare: (a: T, b: T) => number): T[] {
  list.sort(compare);
  return list.filter(
    (one, index) => index === 0 || compare(list[index - 1] as T, one) !== 0,
  );
}

/** Index of the element for which `compare` gives zero, below zero for none. */
function search<T>(
  list: readonly T[],
  compare: (element: T) => number,
): number {
  let [low, high] = [0, list.length - 1];
  while (low <= high) {
    const middle = (low + high) >> 1;
    const found = compare(list[middle] as T);
    if (found === 0) {
      return middle;
    }
    [low, high] = found < 0 ? [middle + 1, high] : [low, middle - 1];
  }
  return -1;
}
