import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { runOwn, treeOf } from "../../test/support/command-line.ts";

/** A folder with an ugly module, a sound one and one that is no Rego. */
function folder(): string {
  return treeOf({
    "ok/sound.rego": "package sound\n\np := 1\n",
    "ok/ugly.rego": "package   ugly\np:=1\n",
    "broken.rego": "package broken\n\np := {\n",
    "old.rego": "package old\n\np { true }\n",
  });
}

function fmt(cwd: string, args: readonly string[], input = "") {
  return runOwn(["fmt", ...args], { cwd, input });
}

describe("portcullis fmt", () => {
  const cwd = folder();

  test.each<[string, number, string]>([
    ["ok/ugly.rego", 0, "package ugly\n\np := 1\n"],
    ["-l ok", 0, "ok/ugly.rego\n"],
    ["-l --fail ok", 2, "ok/ugly.rego\n"],
    ["-l --fail=false ok", 0, "ok/ugly.rego\n"],
    ["--fail ok/sound.rego", 0, "package sound\n\np := 1\n"],
    ["--fail ok/ugly.rego", 2, ""],
    ["nowhere", 1, ""],
    ["broken.rego", 2, ""],
    ["old.rego", 2, ""],
    ["--v0-compatible old.rego", 0, "package old\n\np = true\n"],
    ["--width 0 ok", 1, ""],
  ])("%s", (args, status, stdout) => {
    expect(fmt(cwd, args.split(" "))).toMatchObject({ status, stdout });
  });

  test("a fault is shown with its place", () => {
    const { stderr } = fmt(cwd, ["old.rego"]);
    expect(stderr).toContain("old.rego:3:1: rego_parse_error: `if` keyword");
  });

  test("-w writes what would change, and only that", () => {
    const own = folder();
    expect(fmt(own, ["-w", "ok"])).toEqual({
      status: 0,
      stdout: "",
      stderr: "",
    });
    const text = readFileSync(join(own, "ok/ugly.rego"), "utf8");
    expect(text).toBe("package ugly\n\np := 1\n");
    expect(fmt(own, ["-l", "ok"]).stdout).toBe("");
  });

  test("-d shows what is gone and what is new", () => {
    const { stdout } = fmt(cwd, ["-d", "ok/ugly.rego"]);
    expect(stdout).toContain("\x1b[31m");
    expect(stdout).toContain("\x1b[32m");
  });

  test("standard input may be a part of a module", () => {
    expect(fmt(cwd, [], "x   := 1\n").stdout).toBe("x := 1\n");
    expect(fmt(cwd, [], "x :=").status).toBe(1);
  });
});
