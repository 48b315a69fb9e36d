import { expect, test } from "vitest";
import { parseJson, toJson } from "../engine/index.ts";
import { DataTree } from "./data-tree.ts";

type Part = readonly [path: string, json: string];

test.each<{
  note: string;
  parts: readonly Part[];
  want: string;
  taken?: readonly string[];
}>([
  { note: "nothing", parts: [], want: "{}" },
  {
    note: "numbers stay as they are spelled",
    parts: [["", '{"a": 1.0, "b": 1e3, "c": 12345678901234567890.5}']],
    want: '{"a":1.0,"b":1e3,"c":12345678901234567890.5}',
  },
  {
    note: "objects of several files are one",
    parts: [
      ["", '{"a": {"b": 1}}'],
      ["a/c", '{"d": 2}'],
      ["a/c", '{"e": [3]}'],
    ],
    want: '{"a":{"b":1,"c":{"d":2,"e":[3]}}}',
  },
  {
    note: "a key of JavaScript's own is a key",
    parts: [
      ["__proto__", '{"x": 1}'],
      ["__proto__/constructor", '{"y": 2}'],
    ],
    want: '{"__proto__":{"constructor":{"y":2},"x":1}}',
  },
  {
    note: "two values for one place",
    parts: [
      ["", '{"a": {"b": 1}}'],
      ["a", '{"b": 2}'],
    ],
    want: '{"a":{"b":1}}',
    taken: ["a", "b"],
  },
  {
    note: "an object where a value is",
    parts: [
      ["", '{"a": 1}'],
      ["a/b", '{"c": 2}'],
    ],
    want: '{"a":1}',
    taken: ["a"],
  },
  { note: "no object at the root", parts: [["", "[]"]], want: "{}", taken: [] },
])("$note", ({ parts, want, taken }) => {
  const tree = new DataTree();
  const found = parts.map(([path, json]) =>
    tree.insert(path.split("/").filter(Boolean), parseJson(json)),
  );
  expect(found.at(-1)).toEqual(taken);
  expect(toJson(tree.toObject())).toBe(want);
});
