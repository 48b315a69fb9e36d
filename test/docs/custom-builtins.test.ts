import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { runOwn } from "../support/command-line.ts";

const page = readFileSync("docs/custom-builtins.md", "utf8");

/** The block of the page that begins with the comment that names its file. */
function block(file: string): string {
  const found = [...page.matchAll(/^```\w+\n([\s\S]*?)^```/gm)]
    .map(([, text = ""]) => text)
    .find((text) => text.split("\n", 1)[0]?.endsWith(` ${file}`));
  expect(found, file).toBeDefined();
  return found ?? "";
}

test("the example of docs/custom-builtins.md passes as it says", () => {
  const folder = mkdtempSync(join(tmpdir(), "portcullis-docs-"));
  const [module = "", rego = ""] = ["acme.mjs", "acme_test.rego"].map(
    (file) => {
      writeFileSync(join(folder, file), block(file));
      return join(folder, file);
    },
  );
  const { status, stdout, stderr } = runOwn([
    "test",
    "--builtins",
    module,
    rego,
  ]);
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  expect(stdout).toContain("PASS: 3/3");
});
