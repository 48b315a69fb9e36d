import { numberFromText, type Value } from "../../engine/builtins/index.ts";
import { goFloatText } from "../go/float.ts";

const words: ReadonlyMap<string, boolean | null> = new Map([
  ...[
    "y",
    "Y",
    "yes",
    "Yes",
    "YES",
    "true",
    "True",
    "TRUE",
    "on",
    "On",
    "ON",
  ].map((word) => [word, true] as const),
  ...[
    "n",
    "N",
    "no",
    "No",
    "NO",
    "false",
    "False",
    "FALSE",
    "off",
    "Off",
    "OFF",
  ].map((word) => [word, false] as const),
  ...["", "~", "null", "Null", "NULL"].map((word) => [word, null] as const),
]);

/** Numbers that JSON has nothing for, by Go's text. */
const unsupported: ReadonlyMap<string, string> = new Map([
  ...[".nan", ".NaN", ".NAN"].map((word) => [word, "NaN"] as const),
  ...[".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"].map(
    (word) => [word, "+Inf"] as const,
  ),
  ...["-.inf", "-.Inf", "-.INF"].map((word) => [word, "-Inf"] as const),
]);

/** What a plain scalar of YAML 1.1 stands for. */
export type Scalar =
  | { readonly tag: "!!str" | "!!timestamp"; readonly value: string }
  | { readonly tag: "!!bool"; readonly value: boolean }
  | { readonly tag: "!!null"; readonly value: null }
  | { readonly tag: "!!int" | "!!float"; readonly value: Value }
  /** A number that JSON cannot have. */
  | { readonly tag: "!!float"; readonly unsupported: string };

/** Resolves a plain scalar as Go's yaml does. */
export function resolveScalar(text: string): Scalar {
  const word = words.get(text);
  if (word !== undefined) {
    return word === null
      ? { tag: "!!null", value: null }
      : { tag: "!!bool", value: word };
  }
  const infinite = unsupported.get(text);
  if (infinite !== undefined) {
    return { tag: "!!float", unsupported: infinite };
  }
  if (isTimestamp(text)) {
    return { tag: "!!timestamp", value: text };
  }
  const integer = readInteger(text);
  if (integer !== undefined) {
    return { tag: "!!int", value: numberFromText(String(integer)) };
  }
  const float = readFloat(text);
  return float === undefined
    ? { tag: "!!str", value: text }
    : { tag: "!!float", value: numberFromText(jsonFloatText(float)) };
}

const date = /^\d{4}-\d{1,2}-\d{1,2}$/;
const moment =
  /^\d{4}-\d{1,2}-\d{1,2}(?:[Tt]\d{1,2}:\d{1,2}:\d{1,2}(?:\.\d+)?(?:Z|[+-]\d{2}:\d{2})| \d{1,2}:\d{1,2}:\d{1,2}(?:\.\d+)?)$/;

function isTimestamp(text: string): boolean {
  return date.test(text) || moment.test(text);
}

const integerForms: readonly (readonly [RegExp, number])[] = [
  [/^([+-]?)0[xX]([0-9a-fA-F]+)$/, 16],
  [/^([+-]?)0[bB]([01]+)$/, 2],
  [/^([+-]?)0[oO]?([0-7]+)$/, 8],
  [/^([+-]?)(0|[1-9]\d*)$/, 10],
];

const prefixes: Readonly<Record<number, string>> = {
  16: "0x",
  2: "0b",
  8: "0o",
  10: "",
};

/** An integer of 64 bits, signed or not; `_` may stand between digits. */
function readInteger(text: string): bigint | undefined {
  if (!/^[+\-0-9]/.test(text)) {
    return undefined;
  }
  const plain = text.replaceAll("_", "");
  for (const [form, base] of integerForms) {
    const found = form.exec(plain);
    if (found !== null) {
      const size = BigInt(`${prefixes[base]}${found[2]}`);
      const value = found[1] === "-" ? -size : size;
      const fits =
        value >= -(2n ** 63n) &&
        value < (found[1] === "" ? 2n ** 64n : 2n ** 63n);
      return fits ? value : undefined;
    }
  }
  return undefined;
}

/** Go's JSON has no zero before an exponent of one digit. */
function jsonFloatText(float: number): string {
  return goFloatText(float).replace(/e-0(?=\d$)/, "e-");
}

const floatForm = /^[-+]?(?:\.\d+|\d+(?:\.\d*)?)(?:[eE][-+]?\d+)?$/;

function readFloat(text: string): number | undefined {
  const plain = /^[+\-0-9]/.test(text) ? text.replaceAll("_", "") : text;
  const value = floatForm.test(plain) ? Number(plain) : Number.NaN;
  return Number.isFinite(value) ? value : undefined;
}

/** Whether a text would be read as something else than itself if it were plain. */
export function needsQuotes(text: string): boolean {
  return (
    resolveScalar(text).tag !== "!!str" ||
    /^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?$/.test(text)
  );
}
