import { expect, test } from "vitest";
import { maskEvent } from "./mask.ts";

const event = new Map([
  ["path", '"a"'],
  ["input", '{"password":"x","list":[{"k":1.50},2],"deep":{"a b":1}}'],
  ["result", "true"],
]);

function masked(rules: unknown): Record<string, unknown> {
  const members = [...maskEvent(event, JSON.stringify(rules))].map(
    ([name, json]) => [name, JSON.parse(json)],
  );
  return Object.fromEntries(members);
}

test("removes and replaces what the rules name, and says so", () => {
  const rules = [
    "/input/password",
    "/input/list/0/k",
    { op: "upsert", path: "/input/new/deep", value: [1] },
    { op: "upsert", path: "/input/list/1", value: "***" },
    { op: "remove", path: "/result" },
  ];
  expect(masked(rules)).toStrictEqual({
    path: "a",
    input: { list: [{}, "***"], deep: { "a b": 1 }, new: { deep: [1] } },
    erased: ["/input/password", "/input/list/0/k", "/result"],
    masked: ["/input/new/deep", "/input/list/1"],
  });
});

test.each([
  ["nothing there", ["/input/nope", "/input/list/7", "/nd_builtin_cache"]],
  ["an escaped name, which OPA looks up as it is", ["/input/deep/a b"]],
  [
    "a way through a text",
    [{ op: "upsert", path: "/input/password/x", value: 1 }],
  ],
])("changes nothing: %s", (_what, rules) => {
  expect(maskEvent(event, JSON.stringify(rules))).toStrictEqual(event);
});

test("numbers keep their spelling", () => {
  const { input } = Object.fromEntries(maskEvent(event, '["/input/password"]'));
  expect(input).toContain("1.50");
});

test.each([
  [{}, "unexpected rule format"],
  [["input"], "slash-prefixed"],
  [[""], "non-empty"],
  [["/labels/id"], "mask prefix not allowed: labels"],
  [["/input/%zz"], "invalid URL escape"],
  [[{ op: "nope", path: "/input" }], "mask op is not supported: nope"],
  [[1], "invalid mask rule format"],
])("%j is no list of rules", (rules, message) => {
  expect(() => masked(rules)).toThrow(message);
});
