import { expect, test } from "vitest";
import { runOwn, treeOf } from "../../test/support/command-line.ts";

const tests = Array.from(
  { length: 12 },
  (_, index) => `
test_${index} if {
	print("in", ${index})
	lib.shout("a") == "A!"
}

test_mocked_${index} if lib.shout("a") == "b" with loud.ly as quiet
`,
);

const files = {
  "lib.rego": `package lib

shout(text) := loud.ly(text)

unused if input.x
`,
  "lib_test.rego": `package lib_test

import data.lib

quiet(_) := "b"

test_fails if false

test_errs := x if some x in [true, false]
${tests.join("")}`,
  "shout.mjs": `export const builtins = [
  {
    name: "loud.ly",
    decl: {
      type: "function",
      args: [{ type: "string" }],
      result: { type: "string" },
    },
    run: (text) => text.toUpperCase() + "!",
  },
];
`,
};

function masked(text: string): string {
  return text.replace(/\([0-9.]+(?:ns|µs|ms|s)\)/g, "(time)");
}

test.each([
  { note: "every test", flags: ["-v"], status: 2 },
  { note: "coverage", flags: ["-c", "-r", "_1"], status: 0 },
])("as with one thread: $note", ({ flags, status }) => {
  const cwd = treeOf(files);
  const [alone, threads] = ["1", "3"].map((count) =>
    runOwn(["test", "-p", count, "--builtins", "shout.mjs", ...flags, "."], {
      cwd,
    }),
  );
  expect(threads?.stderr).toBe(alone?.stderr);
  expect(masked(threads?.stdout ?? "")).toBe(masked(alone?.stdout ?? ""));
  expect(threads?.status).toBe(status);
});

test("a module that fails in the threads", () => {
  const cwd = treeOf({
    ...files,
    "shout.mjs": `import { isMainThread } from "node:worker_threads";
if (!isMainThread) throw new Error("not here");
${files["shout.mjs"]}`,
  });
  const { status, stderr } = runOwn(
    ["test", "-p", "2", "--builtins", "shout.mjs", "."],
    { cwd },
  );
  expect(stderr).toContain("shout.mjs: cannot be loaded: not here");
  expect(status).toBe(1);
});
