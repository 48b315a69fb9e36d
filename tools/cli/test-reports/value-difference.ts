import {
  equalValues,
  RegoObject,
  RegoSet,
  toRego,
  type Value,
} from "../../../src/engine/index.ts";
import { truncate } from "./failure-site.ts";

/** One thing that differs: where, and what is there on either side. */
type Difference = {
  /** A ref's keys as text: `.user.roles[0]`. */
  readonly path: string;
  readonly expected: Value | undefined;
  readonly found: Value | undefined;
};

// What fits on a screen beside the expression.
const maxDifferences = 20;
const maxLength = 72;

/**
 * The difference of two values in lines: `-` is what was expected, `+` what
 * was found. None where one is short and has no parts: it can be seen.
 */
export function differenceLines(
  expected: Value,
  found: Value,
): readonly string[] {
  const differences = differ(expected, found, "");
  const [first] = differences;
  if (!first || isShort(expected) || isShort(found)) {
    return [];
  }
  const shown = differences.slice(0, maxDifferences);
  const more = differences.length - shown.length;
  return [
    ...shown.flatMap(differenceText),
    ...(more > 0 ? [`… and ${more} more`] : []),
  ];
}

/** Of a value without parts all can be seen. */
function isShort(value: Value): boolean {
  return typeof value === "string"
    ? value.length < maxLength / 2
    : typeof value !== "object" || value === null;
}

function differenceText({ expected, found, path }: Difference): string[] {
  const before = path === "" ? "" : `${path}: `;
  if (typeof expected === "string" && typeof found === "string") {
    const start = commonStart(expected, found);
    return [
      `- ${before}${textFrom(expected, start)}`,
      `+ ${before}${textFrom(found, start)}`,
    ];
  }
  return [
    ...(expected === undefined ? [] : [`- ${before}${valueText(expected)}`]),
    ...(found === undefined ? [] : [`+ ${before}${valueText(found)}`]),
  ];
}

function valueText(value: Value): string {
  return truncate(toRego(value), maxLength);
}

function commonStart(a: string, b: string): number {
  let at = 0;
  while (at < a.length && a[at] === b[at]) {
    at += 1;
  }
  return at;
}

/** A long text from shortly before the place where it differs. */
function textFrom(text: string, start: number): string {
  const from = start + 20 > maxLength ? start - 20 : 0;
  const shown = truncate(toRego(text.slice(from)), maxLength);
  return from === 0 ? shown : `…${shown}`;
}

function differ(expected: Value, found: Value, path: string): Difference[] {
  if (equalValues(expected, found)) {
    return [];
  }
  if (expected instanceof RegoObject && found instanceof RegoObject) {
    return differInMembers(expected, found, path);
  }
  if (expected instanceof RegoSet && found instanceof RegoSet) {
    return [
      ...without(expected, found).map((item) => only("expected", item, path)),
      ...without(found, expected).map((item) => only("found", item, path)),
    ];
  }
  if (isList(expected) && isList(found)) {
    return differInItems(expected, found, path);
  }
  return [{ path, expected, found }];
}

function without(set: RegoSet, other: RegoSet): readonly Value[] {
  return set.items.filter((item) => !other.has(item));
}

function only(
  side: "expected" | "found",
  value: Value,
  path: string,
): Difference {
  const nothing = { path, expected: undefined, found: undefined };
  return { ...nothing, [side]: value };
}

function differInMembers(
  expected: RegoObject,
  found: RegoObject,
  path: string,
): Difference[] {
  const missing = expected.entries.flatMap(([key, value]) => {
    const other = found.get(key);
    const place = path + keyText(key);
    return other === undefined
      ? [only("expected", value, place)]
      : differ(value, other, place);
  });
  const added = found.entries.flatMap(([key, value]) =>
    expected.get(key) === undefined
      ? [only("found", value, path + keyText(key))]
      : [],
  );
  return [...missing, ...added];
}

/** Items that were put in or left out are told as such, not as changes of all behind them. */
function differInItems(
  expected: readonly Value[],
  found: readonly Value[],
  path: string,
): Difference[] {
  if (expected.length === found.length) {
    return expected.flatMap((item, index) =>
      differ(item, found[index] as Value, `${path}[${index}]`),
    );
  }
  const before = alike(expected, found);
  const behind = Math.min(
    alike(expected.toReversed(), found.toReversed()),
    Math.min(expected.length, found.length) - before,
  );
  const middle = (list: readonly Value[], side: "expected" | "found") =>
    list
      .slice(before, list.length - behind)
      .map((item, index) => only(side, item, `${path}[${before + index}]`));
  return [...middle(expected, "expected"), ...middle(found, "found")];
}

/** How many items at the beginning are the same. */
function alike(a: readonly Value[], b: readonly Value[]): number {
  let count = 0;
  while (
    count < Math.min(a.length, b.length) &&
    equalValues(a[count] as Value, b[count] as Value)
  ) {
    count += 1;
  }
  return count;
}

function keyText(key: Value): string {
  return typeof key === "string" && /^[a-zA-Z_]\w*$/.test(key)
    ? `.${key}`
    : `[${toRego(key)}]`;
}

function isList(value: Value): value is readonly Value[] {
  return Array.isArray(value);
}
