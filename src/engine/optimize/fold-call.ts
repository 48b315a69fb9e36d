import { type Constant, compareConstants } from "../ir/constant.ts";

/** What a call of constants may give. */
export type Folded = Extract<
  Constant,
  { kind: "boolean" | "number" | "string" }
>;

type Fold = (...args: readonly Constant[]) => Folded | undefined;

const largest = 2 ** 31;

/** A small integer; undefined for others, which the runtime computes. */
function number(value: number): Folded | undefined {
  return Number.isInteger(value) && Math.abs(value) < largest
    ? { kind: "number", value: String(value) }
    : undefined;
}

function boolean(value: boolean): Folded {
  return { kind: "boolean", value };
}

function arithmetic(compute: (a: number, b: number) => number): Fold {
  return (a, b) =>
    a?.kind === "number" && b?.kind === "number"
      ? number(compute(Number(a.value), Number(b.value)))
      : undefined;
}

function comparison(holds: (order: number) => boolean): Fold {
  return (a, b) => a && b && boolean(holds(compareConstants(a, b)));
}

function ofTexts(holds: (text: string, part: string) => boolean): Fold {
  return (a, b) =>
    a?.kind === "string" && b?.kind === "string"
      ? boolean(holds(a.value, b.value))
      : undefined;
}

/** Builtins whose value for constants is plain to see. */
const folds: Readonly<Record<string, Fold>> = {
  plus: arithmetic((a, b) => a + b),
  minus: arithmetic((a, b) => a - b),
  mul: arithmetic((a, b) => a * b),
  lt: comparison((order) => order < 0),
  lte: comparison((order) => order <= 0),
  gt: comparison((order) => order > 0),
  gte: comparison((order) => order >= 0),
  equal: comparison((order) => order === 0),
  neq: comparison((order) => order !== 0),
  startswith: ofTexts((text, part) => text.startsWith(part)),
  endswith: ofTexts((text, part) => text.endsWith(part)),
  contains: ofTexts((text, part) => text.includes(part)),
  count: (value) => {
    switch (value?.kind) {
      case "string":
        return number([...value.value].length);
      case "array":
      case "set":
      case "object":
        return number(value.value.length);
      default:
        return undefined;
    }
  },
  concat: (between, parts) => {
    const texts =
      parts?.kind === "array" || parts?.kind === "set" ? parts.value : [];
    return between?.kind === "string" &&
      texts.length > 0 &&
      texts.every((part) => part.kind === "string")
      ? {
          kind: "string",
          value: texts.map((part) => part.value).join(between.value),
        }
      : undefined;
  },
  "internal.member_2": (item, collection) => {
    if (!item || !collection) {
      return undefined;
    }
    switch (collection.kind) {
      case "array":
      case "set":
        return boolean(
          collection.value.some((one) => compareConstants(one, item) === 0),
        );
      case "object":
        return boolean(
          collection.value.some(([, one]) => compareConstants(one, item) === 0),
        );
      default:
        return undefined;
    }
  },
};

/** What a builtin gives for constants; undefined where that is left to the runtime. */
export function foldCall(
  name: string,
  args: readonly Constant[],
): Folded | undefined {
  return Object.hasOwn(folds, name) ? folds[name]?.(...args) : undefined;
}
