import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { runOwn, treeOf } from "../../test/support/command-line.ts";

function run(cwd: string, ...args: string[]) {
  return runOwn(args, { cwd });
}

describe("portcullis init guard", () => {
  const folder = treeOf({});

  test("writes a guard that is sound, formatted and tested", () => {
    expect(run(folder, "init", "guard", "my_guard").status).toBe(0);
    expect(run(folder, "check", "-S", "guards").stderr).toBe("");
    expect(run(folder, "fmt", "-l", "guards")).toMatchObject({
      status: 0,
      stdout: "",
    });
    expect(run(folder, "test", "-b", ".")).toMatchObject({
      status: 0,
      stdout: "PASS: 4/4\n",
    });
    expect(run(folder, "serve", "--check").status).toBe(0);
  });

  test("never writes over anything", () => {
    const file = join(folder, "guards/my_guard/guard.rego");
    writeFileSync(file, "mine");
    const { status, stderr } = run(folder, "init", "guard", "my_guard");
    expect(status).toBe(1);
    expect(stderr).toContain("is there already; nothing was written");
    expect(readFileSync(file, "utf8")).toBe("mine");
  });

  test("says where a second one goes", () => {
    const { status, stdout } = run(folder, "init", "guard", "other");
    expect(status).toBe(0);
    expect(stdout).toContain("guards/pipeline.yaml: `- guard: other`");
  });

  test.each([["guard"], ["guard", "My-Guard"], ["thing", "x"], []])(
    "wrong use: %s %s",
    (...args) => {
      const { status, stderr } = run(folder, "init", ...args.filter(Boolean));
      expect(status).toBe(1);
      expect(stderr).toMatch(/^portcullis init: /);
    },
  );
});
