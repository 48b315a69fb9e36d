import { expect, test } from "vitest";
import {
  canonicalJson,
  parseExactJson,
  stringifyExactJson,
} from "./exact-json.ts";

test.each([
  { note: "big integer", text: '{"a":[123456789012345678901,-0]}' },
  { note: "number inside a string", text: '{"a 12":"x 1.0 \\" 2"}' },
])("stringify returns the text: $note", ({ text }) => {
  expect(stringifyExactJson(parseExactJson(text))).toBe(text);
});

test.each([
  { note: "fraction", a: "150.0", b: "1.50e2", same: true },
  {
    note: "beyond 2^53",
    a: "9007199254740993",
    b: "9007199254740992",
    same: false,
  },
  { note: "key order", a: '{"x":1,"y":2}', b: '{"y":2.0,"x":1}', same: true },
])("canonical text: $note", ({ a, b, same }) => {
  expect(
    canonicalJson(parseExactJson(a)) === canonicalJson(parseExactJson(b)),
  ).toBe(same);
});
