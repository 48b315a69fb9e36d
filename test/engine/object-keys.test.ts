import { expect, test } from "vitest";
import { compile, loadPolicy } from "../../src/engine/index.ts";

const input = { a: "k", b: "k", x: 7, y: 8 };

// In OPA's order of keys, of equal ones the last counts.
test.each([
  ["the same text twice", '{"a": input.x, "a": 2}', { a: 2 }],
  ["the first is undefined", '{"a": input.nope, "a": 2}', { a: 2 }],
  ["the same ref twice", "{input.a: 1, input.a: 2}", { k: 2 }],
  ["refs in another order", "{input.b: 1, input.a: 2}", { k: 1 }],
  ["a text comes before a ref", '{input.a: 1, "k": 2}', { k: 1 }],
  ["a call after all", '{lower(input.a): 3, "k": 2}', { k: 3 }],
])("keys of an object that are equal: %s", (_, object, wanted) =>
  expect(evaluated(object)).resolves.toEqual(wanted),
);

async function evaluated(object: string): Promise<unknown> {
  const compiled = compile({
    modules: { "keys.rego": `package keys\n\nr := ${object}\n` },
    entrypoints: ["keys/r"],
  });
  if ("errors" in compiled) {
    throw compiled.errors[0];
  }
  const policy = await loadPolicy(compiled.policy.wasm);
  return JSON.parse(
    policy.start(Buffer.from(JSON.stringify(input))).evaluateJson("keys/r") ??
      "null",
  );
}
