/**
 * JSON whose numbers keep their text: conformance cases hold integers beyond
 * 2^53 and forms such as `1e400` that JSON.parse would change.
 */
export type ExactJson =
  | null
  | boolean
  | string
  | ExactNumber
  | readonly ExactJson[]
  | { readonly [key: string]: ExactJson };

/** A number by its source text. */
class ExactNumber {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

const numberMark = "\u0000number:";
const stringOrNumber = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

/** Parses JSON text; every number becomes an ExactNumber. */
export function parseExactJson(text: string): ExactJson {
  const marked = text.replace(stringOrNumber, (token) =>
    token.startsWith('"') ? token : JSON.stringify(numberMark + token),
  );
  return JSON.parse(marked, (_key, value: unknown) =>
    typeof value === "string" && value.startsWith(numberMark)
      ? new ExactNumber(value.slice(numberMark.length))
      : value,
  ) as ExactJson;
}

/** The JSON text of a value, numbers as they were written. */
export function stringifyExactJson(value: ExactJson): string {
  return write(value, (text) => text, false);
}

/** One text for all spellings of equal values: keys sorted, numbers normalised. */
export function canonicalJson(value: ExactJson): string {
  return write(value, normalNumber, true);
}

function write(
  value: ExactJson,
  number: (text: string) => string,
  sorted: boolean,
): string {
  if (value instanceof ExactNumber) {
    return number(value.text);
  }
  if (value === null || typeof value !== "object") {
    return JSON.stringify(value);
  }
  if (isList(value)) {
    return `[${value.map((item) => write(item, number, sorted)).join(",")}]`;
  }
  const keys = sorted ? Object.keys(value).sort() : Object.keys(value);
  const members = keys.map(
    (key) =>
      `${JSON.stringify(key)}:${write(value[key] ?? null, number, sorted)}`,
  );
  return `{${members.join(",")}}`;
}

function isList(value: ExactJson): value is readonly ExactJson[] {
  return Array.isArray(value);
}

/** `1.50e2`, `150` and `150.0` are all `15e1`. */
function normalNumber(text: string): string {
  const match = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(text);
  if (!match) {
    return text;
  }
  const [, sign = "", whole = "", fraction = "", exponent = "0"] = match;
  const digits = (whole + fraction).replace(/^0+/, "");
  if (digits === "") {
    return "0";
  }
  const trimmed = digits.replace(/0+$/, "");
  const power =
    Number(exponent) - fraction.length + (digits.length - trimmed.length);
  return `${sign}${trimmed}e${power}`;
}
