import { beforeAll, describe, expect, test } from "vitest";
import { readDirectory } from "../../src/bundle/index.ts";
import { compile, loadPolicy, type Policy } from "../../src/engine/index.ts";

const entrypoint = "guards/dlp/verdict";
const mebibyte = 1 << 20;

// Text that every expression nearly matches, again and again.
const probes: readonly (readonly [string, string])[] = [
  ["mail", "a@".repeat(mebibyte / 2)],
  ["cards", "4111 1111 1111 111 ".repeat(mebibyte / 19)],
  ["SSN", "123-45-678 ".repeat(mebibyte / 11)],
  ["AWS", `aws ${"a".repeat(28)} `.repeat(mebibyte / 33)],
  ["JWT", "eyJhbGciOi.eyJ".repeat(mebibyte / 14)],
  ["phones", "(212) 555-012 ".repeat(mebibyte / 14)],
];

describe("D8: a mebibyte of near-matches", () => {
  let policy: Policy;
  beforeAll(async () => {
    const { modules, data } = readDirectory(".");
    const compiled = compile({ modules, entrypoints: [entrypoint] });
    if ("errors" in compiled) {
      throw compiled.errors[0];
    }
    policy = await loadPolicy(compiled.policy.wasm, { data });
  });

  test.each(probes)(
    "%s: a verdict, or the limit; then a clean one",
    (_, text) => {
      const judge = (message: string) =>
        policy.evaluate(
          { mcp: { method: "tools/call", params: { message } } },
          { entrypoint, limits: { deadlineMs: 2_000 } },
        );
      let outcome: unknown;
      try {
        outcome = judge(text);
      } catch (error) {
        expect(error).toMatchObject({ code: "eval_limit_error" });
        outcome = "limit";
      }
      expect(outcome).toBeDefined();
      expect(judge("hello")).toMatchObject({ allowed: true });
    },
  );
});
