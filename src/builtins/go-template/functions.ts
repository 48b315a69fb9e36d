import { type Data, fail, isList, isTrue, JsonNumber, typeOf } from "./data.ts";
import { plainText, sprintf } from "./format.ts";

type TemplateFunction = {
  readonly min: number;
  readonly max?: number;
  run(operands: readonly Data[]): Data;
};

const compare: Readonly<Record<string, (found: number) => boolean>> = {
  lt: (found) => found < 0,
  le: (found) => found <= 0,
  gt: (found) => found > 0,
  ge: (found) => found >= 0,
};

/** The functions of `text/template`, but `and` and `or`, which do not evaluate all operands. */
export const functions: Readonly<Record<string, TemplateFunction>> = {
  not: { min: 1, max: 1, run: ([one]) => !isTrue(one) },
  len: { min: 1, max: 1, run: ([one]) => length(one) },
  index: { min: 1, run: ([one, ...keys]) => keys.reduce(element, one) },
  slice: { min: 1, run: ([one, ...bounds]) => slice(one, bounds) },
  call: { min: 1, run: ([one]) => fail(`non-function of type ${typeOf(one)}`) },
  print: { min: 0, run: print },
  println: { min: 0, run: (all) => `${all.map(plainText).join(" ")}\n` },
  printf: {
    min: 1,
    run: ([format, ...operands]) => sprintf(format as string, operands),
  },
  html: { min: 0, run: (all) => escapeHtml(print(all)) },
  js: { min: 0, run: (all) => escapeJs(print(all)) },
  urlquery: {
    min: 0,
    run: (all) =>
      encodeURIComponent(print(all))
        .replace(
          /[!'()*]/g,
          (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
        )
        .replaceAll("%20", "+"),
  },
  eq: { min: 1, run: ([one, ...others]) => equalsAny(one, others) },
  ne: { min: 2, max: 2, run: ([a, b]) => !equals(a, b) },
  ...Object.fromEntries(
    Object.entries(compare).map(([name, holds]) => [
      name,
      { min: 2, max: 2, run: ([a, b]: readonly Data[]) => holds(order(a, b)) },
    ]),
  ),
};

export const functionNames: ReadonlySet<string> = new Set([
  "and",
  "or",
  ...Object.keys(functions),
]);

/** Go's `Sprint`: spaces only between operands neither of which is a text. */
function print(operands: readonly Data[]): string {
  return operands
    .map((one, index) => {
      const isText = (data: Data) =>
        typeof data === "string" || data instanceof JsonNumber;
      const spaced = index > 0 && !isText(one) && !isText(operands[index - 1]);
      return (spaced ? " " : "") + plainText(one);
    })
    .join("");
}

function bytes(data: Data): Buffer | undefined {
  const text = data instanceof JsonNumber ? data.text : data;
  return typeof text === "string" ? Buffer.from(text, "utf8") : undefined;
}

function length(data: Data): bigint {
  const text = bytes(data);
  if (text !== undefined) {
    return BigInt(text.length);
  }
  if (isList(data)) {
    return BigInt(data.length);
  }
  if (data instanceof Map) {
    return BigInt(data.size);
  }
  return data === null || data === undefined
    ? fail("len of nil pointer")
    : fail(`len of type ${typeOf(data)}`);
}

function position(key: Data, limit: number, what: string): number {
  if (typeof key !== "bigint") {
    return key === null || key === undefined
      ? fail("cannot index slice/array with nil")
      : fail(`cannot index slice/array with type ${typeOf(key)}`);
  }
  return key < 0n || key >= BigInt(limit) + (what === "slice" ? 1n : 0n)
    ? fail(`index out of range: ${key}`)
    : Number(key);
}

function element(data: Data, key: Data): Data {
  if (data instanceof Map) {
    const name = key instanceof JsonNumber ? undefined : key;
    return typeof name === "string"
      ? data.get(name)
      : fail(`value has type ${typeOf(key)}; should be string`);
  }
  const text = bytes(data);
  if (text !== undefined) {
    return BigInt(text[position(key, text.length, "index")] as number);
  }
  if (isList(data)) {
    return data[position(key, data.length, "index")];
  }
  return data === null || data === undefined
    ? fail("index of untyped nil")
    : fail(`can't index item of type ${typeOf(data)}`);
}

function slice(data: Data, bounds: readonly Data[]): Data {
  if (bounds.length > 3) {
    fail(`too many slice indexes: ${bounds.length}`);
  }
  const text = bytes(data);
  if (text === undefined && !isList(data)) {
    return data === null || data === undefined
      ? fail("slice of untyped nil")
      : fail(`can't slice item of type ${typeOf(data)}`);
  }
  const size = text?.length ?? (data as readonly Data[]).length;
  const at = bounds.map((bound) => position(bound, size, "slice"));
  const [from = 0, to = size] = at;
  if (from > to) {
    fail(`invalid slice index: ${from} > ${to}`);
  }
  return text === undefined
    ? (data as readonly Data[]).slice(from, to)
    : text.subarray(from, to).toString("utf8");
}

type Kind = "bool" | "int" | "float" | "string";

function kindOf(data: Data): Kind | undefined {
  if (data instanceof JsonNumber) {
    return "string";
  }
  const kinds: Readonly<Record<string, Kind>> = {
    boolean: "bool",
    bigint: "int",
    number: "float",
    string: "string",
  };
  return kinds[typeof data];
}

function mismatch(a: Data, b: Data): never {
  return fail(
    `incompatible types for comparison: ${typeOf(a)} and ${typeOf(b)}`,
  );
}

function scalar(data: Data): Data {
  return data instanceof JsonNumber ? data.text : data;
}

function equals(a: Data, b: Data): boolean {
  if (a === null || a === undefined || b === null || b === undefined) {
    return (a ?? null) === (b ?? null);
  }
  const [kind, other] = [kindOf(a), kindOf(b)];
  if (kind === undefined || other === undefined) {
    return fail(
      `non-comparable type ${plainText(kind === undefined ? a : b)}: ${typeOf(kind === undefined ? a : b)}`,
    );
  }
  return kind === other ? scalar(a) === scalar(b) : mismatch(a, b);
}

function equalsAny(one: Data, others: readonly Data[]): boolean {
  if (others.length === 0) {
    fail("missing argument for comparison");
  }
  return others.some((other) => equals(one, other));
}

function order(a: Data, b: Data): number {
  const kind = kindOf(a);
  if (kind === undefined || kindOf(b) === undefined) {
    return fail("invalid type for comparison");
  }
  if (kind !== kindOf(b)) {
    return mismatch(a, b);
  }
  if (kind === "bool") {
    return fail("invalid type for comparison");
  }
  const [x, y] = [scalar(a), scalar(b)] as [string, string];
  return x < y ? -1 : x > y ? 1 : 0;
}

function escapeHtml(text: string): string {
  const escapes: Readonly<Record<string, string>> = {
    "\0": "\ufffd",
    '"': "&#34;",
    "'": "&#39;",
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
  };
  return text.replace(/[\0"'&<>]/g, (char) => escapes[char] as string);
}

function escapeJs(text: string): string {
  const escapes: Readonly<Record<string, string>> = {
    "\\": "\\\\",
    "'": "\\'",
    '"': '\\"',
    "<": "\\u003C",
    ">": "\\u003E",
    "&": "\\u0026",
    "=": "\\u003D",
  };
  return [...text]
    .map((char) =>
      char < " " || char === "\x7f"
        ? `\\u${char.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}`
        : (escapes[char] ?? char),
    )
    .join("");
}
