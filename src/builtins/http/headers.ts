import {
  BuiltinError,
  isNumber,
  numberText,
  type RegoObject,
  toRego,
  type Value,
} from "../../engine/builtins/index.ts";
import { goQuote } from "../go/quote.ts";

/** What the transport writes itself, whatever is asked for. */
const ownHeaders: ReadonlySet<string> = new Set([
  "Content-Length",
  "Transfer-Encoding",
  "Trailer",
]);

/** The headers to send, by their canonical names; values are bytes. */
export function requestHeaders(given: RegoObject): Map<string, string> {
  const headers = new Map<string, string>();
  for (const [name, value] of given.entries) {
    if (typeof value !== "string") {
      throw new BuiltinError(
        `invalid type for headers value ${goQuoted(value)}`,
      );
    }
    const canonical = canonicalName(
      typeof name === "string" ? name : toRego(name),
    );
    if (!ownHeaders.has(canonical)) {
      headers.set(canonical, Buffer.from(value).toString("latin1"));
    }
  }
  return headers;
}

/** What is wrong with a header, in Go's words. */
export function headerFault(
  headers: ReadonlyMap<string, string>,
): string | undefined {
  for (const [name, value] of headers) {
    if (!token.test(name)) {
      return `net/http: invalid header field name ${goQuote(name)}`;
    }
    if (controls.test(value)) {
      return `net/http: invalid header field value for ${goQuote(name)}`;
    }
  }
  return undefined;
}

const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
const controls = /[\x00-\x08\x0a-\x1f\x7f]/;

function canonicalName(name: string): string {
  return token.test(name)
    ? name
        .toLowerCase()
        .replace(/(^|-)[a-z]/g, (initial) => initial.toUpperCase())
    : name;
}

/** A value that is no text, as Go's `%q` shows it. */
function goQuoted(value: Value): string {
  if (isNumber(value)) {
    return goQuote(numberText(value));
  }
  return value === null
    ? "%!q(<nil>)"
    : `%!q(${typeof value}=${toRego(value)})`;
}
