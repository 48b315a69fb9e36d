import type { Random } from "../../support/random.ts";

/** An input document with what the rules look at, and more. */
export function runInput(random: Random): string {
  const list = Array.from({ length: random.below(5) }, () => value(random, 2));
  const members = [
    `"list":[${list.join(",")}]`,
    ...(random.chance(0.7) ? [`"n":${number(random)}`] : []),
    ...(random.chance(0.3) ? [`"user":${text(random)}`] : []),
    ...(random.chance(0.4) ? [`${text(random)}:${value(random, 3)}`] : []),
  ];
  return `{${members.join(",")}}`;
}

function value(random: Random, depth: number): string {
  switch (depth === 0 ? random.below(4) : random.below(6)) {
    case 0:
      return number(random);
    case 1:
      return text(random);
    case 2:
      return random.pick(["true", "false", "null"]);
    case 3:
      return number(random);
    case 4:
      return `[${Array.from({ length: random.below(4) }, () => value(random, depth - 1)).join(",")}]`;
    default:
      return `{${Array.from({ length: random.below(3) }, (_, at) => `"k${at}":${value(random, depth - 1)}`).join(",")}}`;
  }
}

function number(random: Random): string {
  return random.pick([
    "0",
    "1",
    "-1",
    "4",
    "1.5",
    "100.0",
    "1e3",
    "-0",
    "9007199254740993",
    "123456789012345678901234567890",
    "0.1",
    "1e-7",
    String(random.below(1_000)),
  ]);
}

function text(random: Random): string {
  return random.pick([
    '"a"',
    '"b"',
    '""',
    '"é<&>"',
    '"\\u0000\\n"',
    '"\\ud83d\\ude00"',
    '"10"',
    '"a/b"',
  ]);
}
