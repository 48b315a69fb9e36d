import { expect, test } from "vitest";
import { compile, loadPolicy } from "../../src/engine/index.ts";

// Enough rules for an index, half of them about a number as a key.
const letters = ["a", "b", "c", "d", "e"];
const rego = [
  "package keys",
  ...letters.flatMap((letter, at) => [
    `p contains ${2 * at} if input.x[1] == "${letter}"`,
    `p contains ${2 * at + 1} if input.x["1"] == "${letter}"`,
  ]),
].join("\n\n");

test.each([
  ["an array has the number", { x: ["z", "a"] }, [0]],
  ["an object has the name", { x: { 1: "b" } }, [3]],
  ["neither", { x: "a" }, []],
])("a key that is a number is no name: %s", async (_, input, wanted) => {
  const compiled = compile({
    modules: { "keys.rego": rego },
    entrypoints: ["keys/p"],
  });
  if ("errors" in compiled) {
    throw compiled.errors[0];
  }
  const policy = await loadPolicy(compiled.policy.wasm);
  const found = policy.evaluate(input, { entrypoint: "keys/p" });
  expect([...(found as Iterable<unknown>)]).toEqual(wanted);
});
