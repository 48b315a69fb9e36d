import {
  isArray,
  isNumber,
  jsonMembers,
  numberText,
  RegoObject,
  RegoSet,
  toGoJson,
  toInteger,
  type Value,
} from "../../engine/builtins/index.ts";
import { goShortFloatText } from "../go/float.ts";
import { Emitter } from "./emitter.ts";
import { parseYaml } from "./parse.ts";
import { spansLines, styleOf } from "./scalar-style.ts";

/** A value as YAML, as Go's yaml writes what JSON has of it. */
export function marshalYaml(value: Value): string {
  const emitter = new Emitter();
  writeNode(emitter, asReadByYaml(value));
  return emitter.end();
}

/**
 * Go's JSON text goes through YAML's reader, which refuses some characters and
 * folds a text at U+0085.
 */
function asReadByYaml(value: Value): Value {
  const json = toGoJson(value);
  return /[\x7f-\x9f\ufeff\ufffe\uffff]/.test(json) ? parseYaml(json) : value;
}

/** `isMember`: the value of a mapping's key. */
function writeNode(emitter: Emitter, value: Value, isMember = false): void {
  const plain = value instanceof RegoSet ? value.items : value;
  if (isArray(plain)) {
    writeSequence(emitter, plain, isMember);
  } else if (plain instanceof RegoObject) {
    writeMapping(emitter, plain);
  } else if (typeof plain === "string") {
    emitter.scalar(plain, styleOf(plain));
  } else {
    emitter.scalar(otherText(plain), "plain");
  }
}

function writeSequence(
  emitter: Emitter,
  items: readonly Value[],
  isMember: boolean,
): void {
  if (items.length === 0) {
    emitter.emptyFlow("[]");
    return;
  }
  emitter.nested(() => {
    for (const item of items) {
      emitter.entryMark("-");
      writeNode(emitter, item);
    }
  }, isMember && emitter.isAfterKey);
}

function writeMapping(emitter: Emitter, value: RegoObject): void {
  const members = [...jsonMembers(value)].sort(([a], [b]) => compareKeys(a, b));
  if (members.length === 0) {
    emitter.emptyFlow("{}");
    return;
  }
  emitter.nested(() => {
    for (const [key, member] of members) {
      writeKey(emitter, key);
      writeNode(emitter, member, true);
    }
  });
}

/** Bytes; a longer key stands behind a `?`. */
const longestSimpleKey = 128;

function writeKey(emitter: Emitter, key: string): void {
  const isSimple =
    !spansLines(key) && Buffer.byteLength(key) <= longestSimpleKey;
  if (isSimple) {
    emitter.beginKey();
    emitter.scalar(key, styleOf(key), true);
    emitter.keyMark();
  } else {
    emitter.entryMark("?");
    emitter.scalar(key, styleOf(key));
    emitter.entryMark(":");
  }
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
