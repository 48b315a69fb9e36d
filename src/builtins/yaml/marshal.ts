import {
  BuiltinError,
  isArray,
  isNumber,
  jsonMembers,
  numberText,
  RegoObject,
  RegoSet,
  toInteger,
  type Value,
} from "../../engine/builtins/index.ts";
import { goShortFloatText } from "../go/float.ts";
import { needsQuotes } from "./resolve.ts";
import { writeText } from "./write-text.ts";

/** A value as YAML, as Go's yaml writes what JSON has of it. */
export function marshalYaml(value: Value): string {
  const text = block(value, 0);
  return typeof text === "string" ? `${text}\n` : `${text.join("\n")}\n`;
}

const longestSimpleKey = 128;

/** The lines of a composite that is not empty; the text of anything else. */
function block(value: Value, indent: number): string | string[] {
  const plain = value instanceof RegoSet ? value.items : value;
  if (isArray(plain)) {
    return plain.length === 0
      ? "[]"
      : plain.flatMap((item) => prefixed("- ", block(item, indent + 2)));
  }
  if (plain instanceof RegoObject) {
    const members = [...jsonMembers(plain)].sort(([a], [b]) =>
      compareKeys(a, b),
    );
    return members.length === 0
      ? "{}"
      : members.flatMap(([key, member]) => memberLines(key, member, indent));
  }
  return typeof plain === "string"
    ? scalarText(plain, indent)
    : otherText(plain);
}

/** Puts a mark before the first line and spaces before the others. */
function prefixed(mark: string, content: string | string[]): string[] {
  const lines = typeof content === "string" ? [content] : content;
  return lines.map((line, index) =>
    index === 0 ? mark + line : " ".repeat(mark.length) + line,
  );
}

function memberLines(key: string, member: Value, indent: number): string[] {
  const isSimple = key.length <= longestSimpleKey && !key.includes("\n");
  const name = writeText(key, {
    indent,
    quoted: needsQuotes(key),
    isKey: isSimple,
  });
  const isList = isArray(member) || member instanceof RegoSet;
  const content = block(member, indent + 2);
  const head = isSimple ? `${name}:` : `? ${name}\n:`;
  if (typeof content === "string") {
    return [`${head} ${content}`];
  }
  if (!isSimple) {
    return [`? ${name}`, ...prefixed(": ", content)];
  }
  return [head, ...(isList ? content : content.map((line) => `  ${line}`))];
}

function scalarText(text: string, indent: number): string {
  for (const char of text) {
    if (
      char === "\x7f" ||
      (char > "\x7f" && char < "\xa0" && char !== "\x85")
    ) {
      throw new BuiltinError("yaml: control characters are not allowed");
    }
  }
  return writeText(text, { indent, quoted: needsQuotes(text), isKey: false });
}

function otherText(value: Value): string {
  if (!isNumber(value)) {
    return String(value);
  }
  const integer = /^-?\d+$/.test(numberText(value))
    ? toInteger(value)
    : undefined;
  const fits =
    integer !== undefined && integer >= -(2n ** 63n) && integer < 2n ** 64n;
  return fits
    ? integer.toString()
    : goShortFloatText(Number(numberText(value)));
}

/** Go's order of keys: numbers within them by size, letters after all others. */
function compareKeys(a: string, b: string): number {
  const [x, y] = [[...a], [...b]];
  const at = x.findIndex((char, index) => char !== y[index]);
  if (at < 0 || at >= y.length) {
    return x.length - y.length;
  }
  const [p, q] = [x[at] as string, y[at] as string];
  const [isLetter, isOther] = [/\p{L}/u.test(p), /\p{L}/u.test(q)];
  if (isLetter !== isOther) {
    return isOther ? -1 : 1;
  }
  const byPoint = (p.codePointAt(0) ?? 0) - (q.codePointAt(0) ?? 0);
  return isLetter ? byPoint : compareNumbers(x, y, at) || byPoint;
}

function compareNumbers(
  x: readonly string[],
  y: readonly string[],
  at: number,
): number {
  const digits = (chars: readonly string[]) =>
    /^\d*/.exec(chars.slice(at).join(""))?.[0] ?? "";
  // Zeros count only after another digit.
  const before = /[1-9]\d*$/.test(x.slice(0, at).join("")) ? "1" : "";
  const [m, n] = [digits(x), digits(y)];
  const [p, q] = [BigInt(`0${before}${m}`), BigInt(`0${before}${n}`)];
  return p < q ? -1 : p > q ? 1 : m.length - n.length;
}
