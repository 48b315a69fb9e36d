import type { Term } from "./ast.ts";
import {
  at,
  fail,
  illegal,
  locate,
  type Parser,
  scan,
} from "./parser-state.ts";

// The largest binary exponent, as in OPA: printing a number takes time in it.
const maxExponent = 1e5;
// What is smaller is zero to OPA.
const smallestExponent = -(2 ** 31);

/** number: [ "-" ] [ "." ] digits; the last token stays current. */
export function parseNumber(parser: Parser): Term | undefined {
  const location = locate(parser);
  let prefix = "";
  if (at(parser, "-")) {
    prefix = "-";
    scan(parser);
    if (!at(parser, "number") && !at(parser, ".")) {
      return illegal(parser, "expected number");
    }
  }
  const pointed = at(parser, ".");
  if (pointed) {
    scan(parser);
    if (!at(parser, "number")) {
      return illegal(parser, "expected number");
    }
  }
  const { lit } = parser.state.token;
  if (!pointed && /^0(?![.]|[eE].|$)/.test(lit)) {
    return illegal(parser, "expected number without leading zero");
  }
  const value = `${prefix}${pointed ? "0." : ""}${lit}`;
  const [exponent = "0"] = /(?<=[eE]).+$/.exec(value) ?? [];
  const isFloat = /^-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?$/.test(value);
  if (!isFloat || Math.abs(Number(exponent)) > 2 ** 31) {
    return illegal(parser, "invalid float");
  }
  if (Math.abs(binaryExponent(value)) > maxExponent) {
    return fail(parser, locate(parser), "number too big");
  }
  return { kind: "number", value, location };
}

/** The number of bits before the point; about, for numbers far from 1. */
function binaryExponent(text: string): number {
  if (text.length < 20 && /^-?[0-9]+$/.test(text)) {
    return 0;
  }
  const [, whole = "", fraction = "", exponent = "0"] =
    /^-?([0-9]+)(?:\.([0-9]+))?(?:[eE]([+-]?[0-9]+))?$/.exec(text) ?? [];
  const digits = `${whole}${fraction}`;
  const leading = digits.search(/[1-9]/);
  if (leading < 0) {
    return 0;
  }
  const decimal = whole.length - leading + Number(exponent);
  const binary = decimal * Math.log2(10);
  return binary < smallestExponent ? 0 : binary;
}

/** A quoted or raw string; its token stays current. */
export function parseString(parser: Parser): Term | undefined {
  const { lit } = parser.state.token;
  const location = locate(parser);
  const inner = lit.slice(1, -1);
  if (lit.startsWith("`") || !inner.includes("\\")) {
    return { kind: "string", value: inner, location };
  }
  const value = unquote(inner);
  return value === undefined
    ? fail(parser, location, `illegal string literal: ${lit}`)
    : { kind: "string", value, location };
}

/** The value of a quoted string with escapes, by JSON's rules. */
export function unquote(inner: string): string | undefined {
  try {
    return toWellFormed(JSON.parse(`"${inner}"`));
  } catch {
    return undefined;
  }
}

/** Half a surrogate pair is no character: it becomes U+FFFD, as in Go. */
function toWellFormed(text: string): string {
  return text.replace(
    /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g,
    "\ufffd",
  );
}
