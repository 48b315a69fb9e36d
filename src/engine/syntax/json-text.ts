/** A number written as it is. */
type RawNumber = { readonly number: string };

/** JSON whose objects keep their order; undefined fields are left out. */
export type Json =
  | null
  | boolean
  | string
  | RawNumber
  | readonly Json[]
  | JsonObject;

export type JsonObject = ReadonlyMap<string, Json | undefined>;

/** An object with its fields in this order. */
export function jsonObject(
  fields: Readonly<Record<string, Json | undefined>>,
): JsonObject {
  return new Map(Object.entries(fields));
}

/** JSON text as Go writes it; `indent` is "" for one line. */
export function writeJson(value: Json, indent = ""): string {
  return write(value, indent, "\n");
}

function write(value: Json, indent: string, line: string): string {
  if (typeof value === "string") {
    return quote(value);
  }
  if (value === null || typeof value === "boolean") {
    return String(value);
  }
  const inner = line + indent;
  if (Array.isArray(value)) {
    const items = (value as readonly Json[]).map((item) =>
      write(item, indent, inner),
    );
    return wrap("[]", items, indent, line);
  }
  if (!(value instanceof Map)) {
    return (value as RawNumber).number;
  }
  const colon = indent === "" ? ":" : ": ";
  const fields = [...(value as JsonObject)].flatMap(([name, field]) =>
    field === undefined
      ? []
      : [quote(name) + colon + write(field, indent, inner)],
  );
  return wrap("{}", fields, indent, line);
}

function wrap(
  [open = "", close = ""]: string,
  items: readonly string[],
  indent: string,
  line: string,
): string {
  if (items.length === 0 || indent === "") {
    return open + items.join(",") + close;
  }
  const inner = line + indent;
  return open + inner + items.join(`,${inner}`) + line + close;
}

function quote(text: string): string {
  return escapeHtml(JSON.stringify(text));
}

/** JSON text in which, as Go does, what HTML or JavaScript would misread is escaped. */
export function escapeHtml(json: string): string {
  return json.replace(
    /[<>&\u2028\u2029]/g,
    (character) =>
      `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

const alphabet =
  "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** The UTF-8 bytes of a text in base64, as Go writes bytes. */
export function base64(text: string): string {
  const bytes = new TextEncoder().encode(text);
  let out = "";
  for (let index = 0; index < bytes.length; index += 3) {
    const [a = 0, b, c] = bytes.subarray(index, index + 3);
    const bits = (a << 16) | ((b ?? 0) << 8) | (c ?? 0);
    out += alphabet.charAt(bits >> 18) + alphabet.charAt((bits >> 12) & 63);
    out += b === undefined ? "=" : alphabet.charAt((bits >> 6) & 63);
    out += c === undefined ? "=" : alphabet.charAt(bits & 63);
  }
  return out;
}
