import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { runOwn, treeOf } from "../../test/support/command-line.ts";

describe("requests through all guards", () => {
  const folder = treeOf({});
  const file = "guards/methods/cases/methods.yaml";
  const run = (...args: string[]) =>
    runOwn(["test", "-b", ".", ...args], { cwd: folder });
  const write = (want: string) =>
    writeFileSync(
      join(folder, file),
      `cases:\n  - note: a listed method\n    want: { verdict: allow }\n  - note: another\n    request: { method: PUT }\n    want: ${want}\n`,
    );

  beforeAll(() => {
    runOwn(["init", "guard", "methods"], { cwd: folder });
  });

  test("what is otherwise than wanted is told with its place", () => {
    write("{ verdict: deny, guard: methods, code: none, httpStatus: 403 }");
    const { status, stdout } = run();
    expect(status).toBe(2);
    expect(stdout).toContain(`${file}:4:\ncases.another: FAIL`);
    expect(stdout).toContain('code: wanted "none", found "method_not_allowed"');
    expect(stdout).toContain("PASS: 3/4\nFAIL: 1/4\n");
  });

  test("every report has them", () => {
    const junit = run("--format", "junit").stdout;
    expect(junit).toContain(`cases.another failed">${file}:4</failure>`);
    expect(run("--format", "tap").stdout).toContain("not ok 4 - cases.another");
    const json: readonly object[] = JSON.parse(run("--format", "json").stdout);
    expect(json.at(-1)).toMatchObject({ package: "cases", fail: true });
  });

  test("--run chooses by the note", () => {
    const { status, stdout } = run("--run", "^cases.a listed");
    expect({ status, stdout }).toEqual({ status: 0, stdout: "PASS: 1/1\n" });
  });

  test("a mistyped key is named with its place and the nearest", () => {
    write("{ verdct: deny }");
    const { status, stderr } = run();
    expect(status).toBe(1);
    expect(stderr).toContain(
      `${file}:6:13: test_case_error: unknown key \`verdct\`; did you mean \`verdict\`?`,
    );
  });

  test("without --bundle there are none", () => {
    const { status, stdout } = runOwn(["test", "guards/methods/guard.rego"], {
      cwd: folder,
    });
    expect({ status, stdout }).toEqual({ status: 0, stdout: "" });
  });
});
