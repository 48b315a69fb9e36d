import { expect, test } from "vitest";
import { fromJs } from "../../../src/engine/index.ts";
import { differenceLines } from "./value-difference.ts";

const long = "abcdefghij".repeat(12);

test.each([
  { note: "short scalars can be seen", expected: 1, found: 2, want: [] },
  { note: "equal", expected: { a: 1 }, found: { a: 1 }, want: [] },
  {
    note: "objects",
    expected: { a: 1, b: { "c d": [1, 2] }, gone: null },
    found: { a: 2, b: { "c d": [1, 3] }, more: "x" },
    want: [
      "- .a: 1",
      "+ .a: 2",
      '- .b["c d"][1]: 2',
      '+ .b["c d"][1]: 3',
      "- .gone: null",
      '+ .more: "x"',
    ],
  },
  {
    note: "sets",
    expected: new Set([1, 2, 3]),
    found: new Set([2, 3, 4, 5]),
    want: ["- 1", "+ 4", "+ 5"],
  },
  {
    note: "an item more",
    expected: ["a", "b", "c"],
    found: ["a", "x", "b", "c"],
    want: ['+ [1]: "x"'],
  },
  {
    note: "all items twice",
    expected: ["a"],
    found: ["a", "a"],
    want: ['+ [1]: "a"'],
  },
  {
    note: "types",
    expected: { a: [1] },
    found: { a: new Set([1]) },
    want: ["- .a: [1]", "+ .a: {1}"],
  },
  {
    note: "long texts, from where they differ",
    expected: `${long}1`,
    found: `${long}2`,
    want: ['- …"abcdefghijabcdefghij1"', '+ …"abcdefghijabcdefghij2"'],
  },
  {
    note: "many",
    expected: Array.from({ length: 30 }, () => 0),
    found: Array.from({ length: 30 }, () => 1),
    want: [
      ...Array.from({ length: 20 }, (_, at) => [
        `- [${at}]: 0`,
        `+ [${at}]: 1`,
      ]).flat(),
      "… and 10 more",
    ],
  },
])("difference: $note", ({ expected, found, want }) => {
  expect(differenceLines(fromJs(expected), fromJs(found))).toEqual(want);
});
