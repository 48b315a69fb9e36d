import { expect, test } from "vitest";
import { checkRulePlaces } from "./check-rule-places.ts";
import { jsonOf } from "./shared-source.ts";

const places = ["a/b", "a/b/c", 'quo"ted/x', "ä"].map((path, at) => ({
  path: path.split("/"),
  location: { file: "p.rego", row: at + 1, col: 1 },
}));

const conflict = (row: number, path: string) =>
  `p.rego:${row}:1: rego_compile_error: conflicting rule for data path ${path} found`;

test.each([
  { note: "nothing", data: {}, want: undefined },
  { note: "beside", data: { a: { x: 1 } }, want: undefined },
  {
    note: "an equal name below",
    data: { x: { a: { b: 1 } } },
    want: undefined,
  },
  {
    note: "an own name of objects",
    data: { a: { x: { b: 1 } } },
    want: undefined,
  },
  {
    note: "at a rule, which is above another",
    data: { a: { b: { d: 1 } } },
    want: conflict(1, "a/b"),
  },
  {
    note: "a value in the way: all that it hides",
    data: { a: [] },
    want: `${conflict(1, "a/b")}; ${conflict(2, "a/b/c")}`,
  },
  {
    note: "a name that JSON escapes",
    data: { 'quo"ted': { x: 1 } },
    want: conflict(3, 'quo"ted/x'),
  },
  { note: "a name beyond ASCII", data: { ä: null }, want: conflict(4, "ä") },
])("rules and data: $note", ({ data, want }) => {
  for (const given of [data, jsonOf(data)]) {
    const check = () => checkRulePlaces({ places, data: given });
    if (want === undefined) {
      expect(check).not.toThrow();
    } else {
      expect(check).toThrow(want);
    }
  }
});
