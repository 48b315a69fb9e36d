import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { describe, expect, test } from "vitest";

const program = resolve("dist/tools/bin/portcullis.js");

/** Runs the built command line in a folder; `npm test` builds it first. */
function run(cwd: string, ...args: string[]) {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [program, ...args],
    { cwd, encoding: "utf8", timeout: 60_000 },
  );
  return { status, stdout, stderr };
}

describe("portcullis init guard", () => {
  const folder = mkdtempSync(join(tmpdir(), "portcullis-init-"));

  test("writes a guard that is sound, formatted and tested", () => {
    expect(run(folder, "init", "guard", "my_guard").status).toBe(0);
    expect(run(folder, "check", "-S", "guards").stderr).toBe("");
    expect(run(folder, "fmt", "-l", "guards")).toMatchObject({
      status: 0,
      stdout: "",
    });
    expect(run(folder, "test", "-b", ".")).toMatchObject({
      status: 0,
      stdout: "PASS: 2/2\n",
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
