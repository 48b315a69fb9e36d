import type { Random } from "../support/random.ts";

/** One call of each pattern builtin. */
export type PatternCase = {
  readonly pattern: string;
  readonly text: string;
  readonly replacement: string;
  readonly glob: string;
  readonly delimiters: readonly string[] | null;
  readonly left: string;
  readonly right: string;
};

const atoms = [
  ..."abcabcks1_- .",
  "ab",
  "é",
  "ſ",
  "世",
  "\\d",
  "\\w",
  "\\S",
  "\\b",
  "\\B",
  "^",
  "$",
  "\\A",
  "\\z",
  "[ab]",
  "[^a]",
  "[[:alpha:]]",
  "[[:^digit:]]",
  "\\pL",
  "\\p{Greek}",
  "[\\pL\\d]",
  "\\x{e9}",
  "\\n",
  "\\Qa.b\\E",
  "()",
  "(?i:k)",
  "(?i:[a-c])",
  "σ",
];
const repeats = ["*", "+", "?", "*?", "+?", "??", "{2}", "{0,2}", "{1,}"];
const broken = ["(", ")", "[", "**", "\\", "{1001}", "\\8", "[b-a]", "(?z)"];
const letters = [..."aabbcckKsS1_- .@\nxéÉſ世σΣ"];

function times(random: Random, most: number, make: () => string): string {
  return Array.from({ length: random.below(most + 1) }, make).join("");
}

function generateRegex(random: Random, depth: number): string {
  if (depth === 0) {
    return random.pick(atoms);
  }
  const inner = (): string => generateRegex(random, depth - 1);
  switch (random.below(6)) {
    case 0:
      return inner() + inner();
    case 1:
      return `(${inner()}|${inner()})`;
    case 2:
      return `(?:${inner()})${random.pick(repeats)}`;
    case 3:
      return `(${inner()})${random.pick(repeats)}`;
    case 4:
      return `(?${random.pick(["i", "s", "m", "U"])}:${inner()})`;
    default:
      return `(?P<n${random.below(2)}>${inner()})${inner()}`;
  }
}

// An alternative is never empty: gobwas panics on some of them.
function generateGlob(random: Random, depth: number): string {
  const part = (): string => {
    if (depth > 0 && random.chance(0.15)) {
      return `{a${generateGlob(random, depth - 1)},${random.pick(["b", "*c", "?"])}}`;
    }
    return random.pick([
      ..."aabbc.*?",
      "**",
      "[ab]",
      "[!a]",
      "[a-c]",
      "é",
      "\\*",
    ]);
  };
  return part() + times(random, 4, part);
}

function generateIntersected(random: Random): string {
  return times(
    random,
    5,
    () =>
      random.pick(["a", "b", ".", "[ab]", "[b-d]"]) +
      random.pick(["", "", "*", "+"]),
  );
}

export function generatePatternCase(random: Random): PatternCase {
  const regex = generateRegex(random, 1 + random.below(3));
  return {
    pattern: random.chance(0.1) ? regex + random.pick(broken) : regex,
    text: times(random, 14, () => random.pick(letters)),
    replacement: times(random, 3, () =>
      random.pick([
        "x",
        "$1",
        "$" + "{1}",
        "$0",
        "$$",
        "$n0",
        "$" + "{n1}",
        "$",
      ]),
    ),
    glob: generateGlob(random, 2),
    delimiters: random.pick([null, [], ["."], [".", "b"]]),
    left: generateIntersected(random),
    right: generateIntersected(random),
  };
}
