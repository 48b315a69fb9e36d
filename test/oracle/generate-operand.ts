import type { TypeDecl } from "../../src/engine/builtins/capabilities.ts";
import type { Random } from "../support/random.ts";

const numbers = [
  "0",
  "-0",
  "1",
  "-1",
  "2",
  "3",
  "7",
  "10",
  "16",
  "-5",
  "64",
  "100",
  "1000",
  "0.5",
  "-0.5",
  "1.5",
  "2.5",
  "-2.5",
  "1.0",
  "0.1",
  "0.2",
  "3.14159",
  "1e3",
  "1.5e3",
  "1e-3",
  "1e-7",
  "1e20",
  "1e21",
  "1e100",
  "123456789012345678901234567890",
  "-123456789012345678901234567890",
  "9223372036854775807",
  "9223372036854775808",
  "-9223372036854775808",
  "9007199254740993",
  "18446744073709551617",
  "1.23456789012345678901234567890",
  "4294967296",
  "2147483648",
  "1073741824",
  "99999999999999999999.5",
];
const hugeNumbers = ["1e400", "-1e400", "1e-400"];

const plainTexts = [
  "",
  "a",
  "b",
  "A",
  "abc",
  "abcabc",
  "ab",
  "c",
  " ",
  "  a b\t",
  "é",
  "éa",
  "日本語",
  "本",
  "🙂",
  "a🙂b",
  "ß",
  "İ",
  "ǅ",
  "\u0000",
  "\n",
  "words that go on for more than eighty columns, 'quoted' once, so that a writer of YAML folds them",
  "a\u0085 b\u2028c",
  "line\n  indented\n\n",
  '"quoted"',
  "\\",
  "/",
  "%",
  "%20",
  "a/b",
  "a.b.c",
  ".",
  ",",
  "1",
  "-1",
  "1.5",
  "0x10",
  "1e400",
  "true",
  "null",
  "\u2028",
  "\ufffd",
  "a\u0301",
  "Σ",
  "ς",
  "ﬁ",
  "<&>",
  "\u007f",
  "\u0085",
];

/** One operand as Rego text; mostly of the wanted type, at times of another. */
export function generateOperand(
  random: Random,
  type: TypeDecl,
  words: Words,
): string {
  if (random.chance(0.06)) {
    return generateAny(random, { ...words, depth: 2 });
  }
  return generateTyped(random, type, { ...words, depth: deepest });
}

/** What to choose from instead of the lists above. */
export type Words = {
  readonly texts?: readonly string[];
  readonly numbers?: readonly string[];
};

type Options = Words & { readonly depth: number };

const deepest = 3;

function generateTyped(
  random: Random,
  type: TypeDecl,
  options: Options,
): string {
  // An element of a wrong type is what most checks forget.
  if (options.depth < deepest && random.chance(0.04)) {
    return generateAny(random, { ...options, depth: 1 });
  }
  const inner = { ...options, depth: options.depth - 1 };
  const one = (of: TypeDecl): string => generateTyped(random, of, inner);
  switch (type.type) {
    // One of the texts in `of`: a type of our own, for vocabularies.
    case "text":
      return JSON.stringify(random.pick(type.of as unknown as string[]));
    case "null":
      return "null";
    case "boolean":
      return random.pick(["true", "false"]);
    case "number":
      return number(random, options);
    case "string":
      return JSON.stringify(text(random, options));
    case "array": {
      const fixed = type.static as readonly TypeDecl[] | undefined;
      return fixed
        ? `[${fixed.map(one).join(", ")}]`
        : `[${several(random, () => one(asType(type.dynamic))).join(", ")}]`;
    }
    case "set":
      return setOf(several(random, () => one(asType(type.of))));
    case "object":
      return object(random, type, one);
    case "any": {
      const choices = type.of as readonly TypeDecl[] | undefined;
      if (choices && choices.length > 0) {
        return one(random.pick(choices));
      }
      return options.texts && random.chance(0.5)
        ? JSON.stringify(random.pick(options.texts))
        : generateAny(random, options);
    }
    default:
      throw new Error(`no operands of type ${type.type}`);
  }
}

function asType(type: unknown): TypeDecl {
  return (type ?? { type: "any" }) as TypeDecl;
}

function object(
  random: Random,
  type: TypeDecl,
  one: (of: TypeDecl) => string,
): string {
  const dynamic = type.dynamic as
    | { readonly key: TypeDecl; readonly value: TypeDecl }
    | undefined;
  const fixed = (type.static ?? []) as readonly {
    readonly key: unknown;
    readonly value: TypeDecl;
  }[];
  const entries = fixed
    .filter(() => random.chance(0.8))
    .map(({ key, value }) => `${JSON.stringify(key)}: ${one(value)}`);
  if (dynamic) {
    entries.push(
      ...several(random, () => `${one(dynamic.key)}: ${one(dynamic.value)}`),
    );
  }
  // Rego refuses a key that stands twice.
  const unique = new Map(entries.map((entry) => [entry.split(": ")[0], entry]));
  return `{${[...unique.values()].join(", ")}}`;
}

function setOf(items: readonly string[]): string {
  return items.length === 0 ? "set()" : `{${[...new Set(items)].join(", ")}}`;
}

function several<T>(random: Random, make: () => T): T[] {
  return Array.from({ length: random.below(5) }, make);
}

function number(random: Random, options: Options): string {
  if (options.numbers) {
    return random.pick(options.numbers);
  }
  return random.pick(random.chance(0.05) ? hugeNumbers : numbers);
}

function text(random: Random, { texts }: Options): string {
  if (texts && random.chance(0.85)) {
    return random.pick(texts);
  }
  return random.chance(0.8)
    ? random.pick(plainTexts)
    : random.pick(plainTexts) +
        random.pick(plainTexts) +
        random.pick(plainTexts);
}

/** Any value, up to a depth. */
function generateAny(random: Random, options: Options): string {
  const { depth } = options;
  const inner = { ...options, depth: depth - 1 };
  const one = (): string => generateAny(random, inner);
  switch (random.below(depth > 0 ? 8 : 5)) {
    case 0:
      return "null";
    case 1:
      return random.pick(["true", "false"]);
    case 2:
      return random.pick(options.numbers ?? numbers);
    case 3:
    case 4:
      return JSON.stringify(random.pick(plainTexts));
    case 5:
      return `[${several(random, one).join(", ")}]`;
    case 6:
      return setOf(several(random, one));
    default:
      return object(random, anyObject, one);
  }
}

const anyObject: TypeDecl = {
  type: "object",
  dynamic: { key: { type: "any" }, value: { type: "any" } },
};
