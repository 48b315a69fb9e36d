import { createRandom, type Random } from "../../../test/support/random.ts";

/** Rego cut where a reader sees words: names, numbers, strings, blanks, marks. */
function tokensOf(text: string): string[] {
  return (
    text.match(
      /[\p{L}\p{N}_]+|"(?:\\.|[^"\\\n])*"|`[^`]*`|\s+|:=|[=!<>]=|./gsu,
    ) ?? []
  );
}

const pieces = [
  ...'{}[]()|&,;:=."`$#\n_\\-+*/%<>!@',
  ":=",
  "==",
  " if ",
  " contains ",
  " some x in ",
  " every y in ",
  " not ",
  " with input as ",
  " else := ",
  " and ",
  " or ",
  "default ",
  "import rego.v1\n",
  "import future.keywords.not\n",
  "# METADATA\n# scope: document\n",
  '$"{',
  "$`{",
  "\\u12",
  "\\ud800",
  "1e999999",
  "1e-999999",
  "0x1F",
  "01",
  "9".repeat(400),
  "\u{1f600}",
  "\u0000",
  "\ufeff",
  "\r\n",
  "\u2028",
  "data",
  "input",
  "__proto__",
  "constructor",
];

type Mutation = (
  tokens: string[],
  random: Random,
  corpus: readonly string[],
) => string[];

const mutations: readonly Mutation[] = [
  (tokens, random) => without(tokens, random.below(tokens.length), 1),
  (tokens, random) =>
    without(tokens, random.below(tokens.length), 1 + random.below(12)),
  (tokens, random) => inserted(tokens, random, [random.pick(pieces)]),
  (tokens, random) => {
    const at = random.below(tokens.length);
    return inserted(tokens, random, tokens.slice(at, at + 1 + random.below(8)));
  },
  (tokens, random) => {
    const changed = [...tokens];
    changed[random.below(tokens.length)] = random.pick(tokens);
    return changed;
  },
  (tokens, random, corpus) => {
    const other = tokensOf(random.pick(corpus));
    const at = random.below(other.length + 1);
    return inserted(tokens, random, other.slice(at, at + random.below(40)));
  },
  (tokens, random) =>
    inserted(tokens, random, [
      random.pick(nesting).repeat(1 + random.below(400)),
    ]),
  (tokens, random) => {
    const text = tokens.join("");
    const at = random.below(text.length);
    const code = text.charCodeAt(at) ^ (1 << random.below(8));
    return [text.slice(0, at), String.fromCharCode(code), text.slice(at + 1)];
  },
];

const nesting = ["[", "{", "(", "{a|", "[a|", "f(", "not ", '$"{', "-", "x["];

function without(tokens: string[], at: number, count: number): string[] {
  return [...tokens.slice(0, at), ...tokens.slice(at + count)];
}

function inserted(
  tokens: string[],
  random: Random,
  more: readonly string[],
): string[] {
  const at = random.below(tokens.length + 1);
  return [...tokens.slice(0, at), ...more, ...tokens.slice(at)];
}

/** A module of the corpus with one to six faults, the same for the same seed and number. */
export function mutant(
  { seed, number }: { readonly seed: number; readonly number: number },
  corpus: readonly string[],
): string {
  const random = createRandom(seed + number);
  let tokens = tokensOf(random.pick(corpus));
  const count = 1 + random.below(6);
  for (let fault = 0; fault < count && tokens.length > 0; fault += 1) {
    tokens = random.pick(mutations)(tokens, random, corpus);
  }
  return tokens.join("");
}
