import type { ScalarNode } from "./parse.ts";
import { YamlFault } from "./token.ts";

/** A scalar: whole numbers are bigints, others numbers; dates are text. */
export type YamlScalar = null | boolean | string | bigint | number;

const words: ReadonlyMap<string, YamlScalar> = new Map<string, YamlScalar>([
  ["", null],
  ["~", null],
  ...["null", "Null", "NULL"].map((word) => [word, null] as const),
  ...["true", "True", "TRUE"].map((word) => [word, true] as const),
  ...["false", "False", "FALSE"].map((word) => [word, false] as const),
  ...[".nan", ".NaN", ".NAN"].map((word) => [word, Number.NaN] as const),
  ...[".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"].map(
    (word) => [word, Number.POSITIVE_INFINITY] as const,
  ),
  ...["-.inf", "-.Inf", "-.INF"].map(
    (word) => [word, Number.NEGATIVE_INFINITY] as const,
  ),
]);

export type Resolved = { readonly tag: string; readonly value: YamlScalar };

/** What a scalar stands for; its tag in the short form, `!!int`. */
export function resolveScalar({ plain, tag, value }: ScalarNode): Resolved {
  const short = tag === "!" ? "" : tag;
  if (short === "!!str" || (!plain && short === "")) {
    return { tag: "!!str", value };
  }
  const resolvable = [
    "",
    "!!bool",
    "!!int",
    "!!float",
    "!!null",
    "!!timestamp",
  ];
  if (!resolvable.includes(short)) {
    return { tag: short, value };
  }
  const found = resolvePlain(value);
  if (short === "" || short === found.tag) {
    return found;
  }
  if (short === "!!float" && found.tag === "!!int") {
    return { tag: short, value: Number(found.value) };
  }
  throw new YamlFault(`cannot decode ${found.tag} \`${value}\` as a ${short}`);
}

function resolvePlain(text: string): Resolved {
  const word = words.get(text);
  if (word !== undefined) {
    return { tag: tagOf(word), value: word };
  }
  if (text === "<<") {
    return { tag: "!!merge", value: text };
  }
  if (/^[0-9+.-]/.test(text)) {
    const number = resolveNumber(text);
    if (number) {
      return number;
    }
  }
  return { tag: "!!str", value: text };
}

function tagOf(value: YamlScalar): string {
  if (value === null) {
    return "!!null";
  }
  return typeof value === "boolean" ? "!!bool" : "!!float";
}

const maxInteger = 2n ** 64n - 1n;
const minInteger = -(2n ** 63n);
const floatForm = /^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$/;

function resolveNumber(text: string): Resolved | undefined {
  const time = text.startsWith(".") ? undefined : timestamp(text);
  if (time !== undefined) {
    return { tag: "!!timestamp", value: time };
  }
  const digits = text.startsWith(".") ? text : text.replaceAll("_", "");
  const integer = text.startsWith(".") ? undefined : integerOf(digits);
  if (integer !== undefined && integer <= maxInteger && integer >= minInteger) {
    return { tag: "!!int", value: integer };
  }
  return floatForm.test(digits)
    ? { tag: "!!float", value: Number(digits) }
    : undefined;
}

/** Decimal, 0x, 0o, 0b, or octal behind a bare 0. */
function integerOf(digits: string): bigint | undefined {
  const sign = digits.startsWith("-") ? -1n : 1n;
  const bare = digits.replace(/^[-+]/, "");
  if (/^(0[xX][0-9a-fA-F]+|0[oO][0-7]+|0[bB][01]+|0|[1-9][0-9]*)$/.test(bare)) {
    return sign * BigInt(bare.toLowerCase());
  }
  return /^0[0-7]+$/.test(bare)
    ? sign * BigInt(`0o${bare.slice(1)}`)
    : undefined;
}

const timeForm =
  /^(\d{4})-(\d{1,2})-(\d{1,2})(?:([Tt ])(\d{1,2}):(\d{1,2}):(\d{1,2})(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)?)?$/;

/** A date or a time as RFC 3339 writes it. */
function timestamp(text: string): string | undefined {
  const match = timeForm.exec(text);
  if (!match) {
    return undefined;
  }
  const [, year, month, day, separator, hour, minute, second, fraction, zone] =
    match;
  const pad = (part: string | undefined): string =>
    (part ?? "").padStart(2, "0");
  const date = `${year}-${pad(month)}-${pad(day)}`;
  const isDay =
    new Date(`${date}T00:00:00Z`).toJSON()?.startsWith(date) ?? false;
  const needsZone = separator !== undefined && separator !== " ";
  const inRange =
    Number(hour ?? 0) < 24 &&
    Number(minute ?? 0) < 60 &&
    Number(second ?? 0) < 60;
  if (!isDay || !inRange || needsZone !== (zone !== undefined)) {
    return undefined;
  }
  const trimmed = fraction?.replace(/0+$/, "");
  return `${date}T${pad(hour)}:${pad(minute)}:${pad(second)}${trimmed ? `.${trimmed}` : ""}${zone ?? "Z"}`;
}
