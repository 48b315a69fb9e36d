import type { Random } from "../../support/random.ts";

/** The base document of every generated program, as JSON. */
export const generatedData =
  '{"base":{"limits":{"ann":3,"bob":1e2,"two":null},"roles":[{"name":"admin","of":["ann"]},{"name":"reader","of":["ann","bob"]},{"of":[]}]}}';

const members: readonly (readonly [string, readonly string[]])[] = [
  ["a", ["1", "-7", "12345678901234567890", "0.5", '"1"', "null", "[1]"]],
  ["b", ['"two"', '""', '"Zoë"', '"k"', '"ann"', "3", "true"]],
  [
    "xs",
    [
      "[1,2,3,2]",
      "[]",
      '[3,"3",[3],{"x":3}]',
      "[0.1,0.2,1e3]",
      "[1]",
      '{"1":2}',
      "[[1,2],[3,4]]",
      "[true,false,null]",
    ],
  ],
  [
    "o",
    [
      '{"k":"v","n":{"m":[true,null,1.5]}}',
      '{"k":1}',
      "{}",
      '{"k":{"k":{"k":0}},"two":2}',
      '{"n":{"m":[]},"k":false,"ann":[1,{"k":2}]}',
      "[1,2]",
    ],
  ],
  ["f", ["true", "false", "0"]],
  ["z", ["null"]],
  [
    "names",
    ['["ann","bob","cyd"]', "[]", '["bob"]', '["ann","bob"]', '["t","k",""]'],
  ],
];

/** An input document as JSON: members that programs look for, some missing. */
export function generateInput(random: Random): string {
  if (random.chance(0.02)) {
    return random.pick(["[]", '"text"', "7", "{}", "false"]);
  }
  const texts = members
    .filter(() => random.chance(0.85))
    .map(([name, values]) => `"${name}":${random.pick(values)}`);
  // A member of its own makes every input another document.
  texts.push(`"id":${random.below(1_000_000_000)}`);
  return `{${texts.join(",")}}`;
}
