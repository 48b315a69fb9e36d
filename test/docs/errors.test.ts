import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

/** The codes of a text that stand between the given marks. */
function codes(text: string, pattern: RegExp): string[] {
  return [...text.matchAll(pattern)].map(([, code = ""]) => code).sort();
}

test("docs/errors.md explains every error code, and no other", () => {
  const union = /export type ErrorCode =([^;]+);/.exec(
    readFileSync("src/engine/error.ts", "utf8"),
  )?.[1];
  const declared = codes(union ?? "", /"([a-z_]+)"/g);
  const explained = codes(
    readFileSync("docs/errors.md", "utf8"),
    /^\| `([a-z_]+)` \|/gm,
  );
  expect(declared.length).toBeGreaterThan(10);
  expect(explained).toEqual(declared);
});
