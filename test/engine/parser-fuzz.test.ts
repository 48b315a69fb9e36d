import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compile, PolicyError } from "../../src/engine/index.ts";

const seeds = ["identity", "tool_scope", "dlp", "budget"].map((guard) =>
  readFileSync(`guards/${guard}/guard.rego`, "utf8"),
);

const pieces = [
  ...'{}[]()|&,;:=."`$#\n_',
  ":=",
  "==",
  " some x in ",
  " every y in ",
  " not ",
  " with input as ",
  " else ",
  " if ",
  " contains ",
  "default ",
  '$"{',
  "\\u12",
  "1e999999",
  "\u{1f600}",
  "\u0000",
];

/** A guard with a stretch cut out and a few pieces put in. */
const mutated = fc
  .tuple(
    fc.constantFrom(...seeds),
    fc.nat(),
    fc.nat({ max: 40 }),
    fc.array(fc.constantFrom(...pieces), { maxLength: 4 }),
  )
  .map(([text, place, length, put]) => {
    const at = place % text.length;
    return text.slice(0, at) + put.join("") + text.slice(at + length);
  });

describe("broken Rego", () => {
  test("is compiled or refused with a place, never a crash", () => {
    fc.assert(
      fc.property(mutated, (text) => {
        const compiled = compile({ modules: { "a.rego": text } });
        for (const error of "errors" in compiled ? compiled.errors : []) {
          expect(error).toBeInstanceOf(PolicyError);
          expect(error.code).toMatch(/^rego_/);
        }
      }),
      { numRuns: 1_500 },
    );
    // 1,500 compilations: a busy machine needs minutes.
  }, 300_000);

  test.each([
    ["brackets", "["],
    ["braces and bars", "{a|"],
    ["bars and commas", "[a|[b,"],
    ["calls", "f("],
    ["templates", '$"{'],
  ])(
    "nested %s end in time",
    (_, piece) => {
      const text = `package a\n\np := ${piece.repeat(3_000)}`;
      const compiled = compile({ modules: { "a.rego": text } });
      expect("errors" in compiled && compiled.errors[0]?.code).toBe(
        "rego_parse_error",
      );
    },
    5_000,
  );
});
