import { goFloatText, goShortFloatText } from "../go/float.ts";
import { goQuote } from "../go/quote.ts";
import { type Data, isList, JsonNumber, typeOf } from "./data.ts";

/** Go's `%v`. */
export function plainText(data: Data): string {
  if (data === null || data === undefined) {
    return "<nil>";
  }
  if (data instanceof JsonNumber) {
    return data.text;
  }
  if (isList(data)) {
    return `[${data.map(plainText).join(" ")}]`;
  }
  if (data instanceof Map) {
    const members = [...data].map(
      ([key, value]) => `${key}:${plainText(value)}`,
    );
    return `map[${members.join(" ")}]`;
  }
  return typeof data === "number" ? floatText(data) : String(data);
}

/** `%v` of a float has an exponent only from 1e21 on. */
function floatText(value: number): string {
  return Math.abs(value) < 1e21 && (value === 0 || Math.abs(value) >= 1e-4)
    ? goFloatText(value)
    : goShortFloatText(value);
}

/** Go's `%#v`. */
function syntaxText(data: Data): string {
  if (typeof data === "string") {
    return goQuote(data);
  }
  if (data instanceof JsonNumber) {
    return goQuote(data.text);
  }
  if (isList(data)) {
    return `[]interface {}{${data.map(syntaxText).join(", ")}}`;
  }
  if (data instanceof Map) {
    const members = [...data].map(
      ([key, value]) => `${goQuote(key)}:${syntaxText(value)}`,
    );
    return `map[string]interface {}{${members.join(", ")}}`;
  }
  return data === null || data === undefined
    ? "interface {}(nil)"
    : plainText(data);
}

type Verb = {
  readonly flags: string;
  readonly width: number;
  readonly precision: number | undefined;
  readonly letter: string;
};

/** Go's `Sprintf`. */
export function sprintf(format: string, operands: readonly Data[]): string {
  let next = 0;
  const text = format.replace(
    /%([-+# 0]*)(\d*)(?:\.(\d*))?(.|$)/gsu,
    (_whole, ...parts: (string | undefined)[]) => {
      const [flags = "", width = "", precision, letter = ""] = parts;
      if (letter === "%") {
        return "%";
      }
      if (letter === "") {
        return "%!(NOVERB)";
      }
      next += 1;
      if (next > operands.length) {
        return `%!${letter}(MISSING)`;
      }
      return formatOne(operands[next - 1], {
        flags,
        width: Math.min(Number(width), maxWidth),
        precision:
          precision === undefined
            ? undefined
            : Math.min(Number(precision), maxWidth),
        letter,
      });
    },
  );
  const extra = operands
    .slice(next)
    .map((one) => `${typeOf(one)}=${plainText(one)}`);
  return extra.length === 0 ? text : `${text}%!(EXTRA ${extra.join(", ")})`;
}

// Go refuses wider ones.
const maxWidth = 1_000_000;

function formatOne(data: Data, verb: Verb): string {
  const { flags, letter } = verb;
  if (letter === "v") {
    return pad(flags.includes("#") ? syntaxText(data) : plainText(data), verb);
  }
  if (letter === "T") {
    return pad(typeOf(data), verb);
  }
  const text = byType(data, verb);
  if (text !== undefined) {
    return pad(text, verb);
  }
  return data === null || data === undefined
    ? `%!${letter}(<nil>)`
    : `%!${letter}(${typeOf(data)}=${plainText(data)})`;
}

/** Undefined where the verb is none of the type's. */
function byType(data: Data, verb: Verb): string | undefined {
  switch (typeof data) {
    case "bigint":
      return integer(data, verb);
    case "number":
      return float(data, verb);
    case "boolean":
      return verb.letter === "t" ? String(data) : undefined;
    default:
      return stringLike(data, verb);
  }
}

function pad(text: string, { flags, width }: Verb): string {
  const missing = width - [...text].length;
  if (missing <= 0) {
    return text;
  }
  if (flags.includes("-")) {
    return text + " ".repeat(missing);
  }
  if (flags.includes("0")) {
    const sign = /^[+-]/.exec(text)?.[0] ?? "";
    return sign + "0".repeat(missing) + text.slice(sign.length);
  }
  return " ".repeat(missing) + text;
}

function signed(text: string, flags: string): string {
  const plus = flags.includes("+") ? "+" : flags.includes(" ") ? " " : "";
  return text.startsWith("-") ? text : plus + text;
}

const bases: Readonly<Record<string, number>> = {
  d: 10,
  b: 2,
  o: 8,
  x: 16,
  X: 16,
};

function integer(value: bigint, { flags, letter }: Verb): string | undefined {
  const base = bases[letter];
  if (base !== undefined) {
    const text = signed(value.toString(base), flags);
    return letter === "X" ? text.toUpperCase() : text;
  }
  const char =
    value >= 0n && value <= 0x10ffffn
      ? String.fromCodePoint(Number(value))
      : "\ufffd";
  switch (letter) {
    case "c":
      return char;
    case "q":
      return `'${char === "'" ? "\\'" : goQuote(char).slice(1, -1).replace('\\"', '"')}'`;
    case "U":
      return `U+${value.toString(16).toUpperCase().padStart(4, "0")}`;
    default:
      return undefined;
  }
}

function float(
  value: number,
  { flags, letter, precision }: Verb,
): string | undefined {
  const exponent = (text: string) => text.replace(/e([+-])(\d)$/, "e$10$2");
  switch (letter) {
    case "f":
    case "F":
      return signed(value.toFixed(Math.min(precision ?? 6, 100)), flags);
    case "e":
      return signed(
        exponent(value.toExponential(Math.min(precision ?? 6, 100))),
        flags,
      );
    case "g":
      return signed(
        precision === undefined
          ? floatText(value)
          : String(
              Number(value.toPrecision(Math.min(Math.max(precision, 1), 100))),
            ),
        flags,
      );
    default:
      return undefined;
  }
}

/** Texts, and lists and maps of them. */
function stringLike(data: Data, verb: Verb): string | undefined {
  if (isList(data)) {
    return `[${data.map((one) => formatOne(one, { ...verb, width: 0 })).join(" ")}]`;
  }
  if (data instanceof Map) {
    const members = [...data].map(
      ([key, value]) =>
        `${formatOne(key, { ...verb, width: 0 })}:${formatOne(value, { ...verb, width: 0 })}`,
    );
    return `map[${members.join(" ")}]`;
  }
  const text = data instanceof JsonNumber ? data.text : data;
  if (typeof text !== "string") {
    return undefined;
  }
  const cut =
    verb.precision === undefined
      ? text
      : [...text].slice(0, verb.precision).join("");
  const hex = Buffer.from(cut, "utf8").toString("hex");
  switch (verb.letter) {
    case "s":
      return cut;
    case "q":
      return goQuote(cut);
    case "x":
      return hex;
    case "X":
      return hex.toUpperCase();
    default:
      return undefined;
  }
}
