import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test, vi } from "vitest";
import { PolicyError } from "../../src/engine/index.ts";
import { printError } from "./output.ts";

const { isTTY } = process.stderr;

afterEach(() => {
  process.stderr.isTTY = isTTY;
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

function printed(): string {
  const file = join(mkdtempSync(join(tmpdir(), "portcullis-")), "a.rego");
  writeFileSync(file, "package a\n\n\tp if q\n");
  const lines: string[] = [];
  vi.spyOn(console, "error").mockImplementation((line) => lines.push(line));
  const location = { file, row: 3, col: 7 };
  printError(
    new PolicyError("rego_unsafe_var_error", "var q is unsafe", { location }),
  );
  return lines.join("\n").replace(file, "a.rego");
}

test("an error has its line and a caret under the fault", () => {
  vi.stubEnv("NO_COLOR", "1");
  vi.stubEnv("FORCE_COLOR", undefined);
  process.stderr.isTTY = false;
  expect(printed()).toBe(
    "a.rego:3:7: rego_unsafe_var_error: var q is unsafe\n\t\tp if q\n\t\t     ^",
  );
});

test("where colours are shown, the message is bold and the caret red", () => {
  vi.stubEnv("NO_COLOR", undefined);
  vi.stubEnv("FORCE_COLOR", "1");
  process.stderr.isTTY = false;
  expect(printed()).toBe(
    "\u001b[1ma.rego:3:7: rego_unsafe_var_error: var q is unsafe\u001b[22m\n\t\tp if q\n\t\t     \u001b[31m^\u001b[39m",
  );
});

test("on a terminal it says where the code is explained", () => {
  process.stderr.isTTY = true;
  expect(printed().split("\n").at(-1)).toContain(
    "docs/errors.md explains rego_unsafe_var_error",
  );
});
