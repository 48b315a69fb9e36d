import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";
import { commandLine, treeOf } from "../../test/support/command-line.ts";

test("a reader that stops early ends the program without a word", () => {
  // More output than a pipe holds.
  const tests = Array.from(
    { length: 1_500 },
    (_, index) => `\ntest_${index} if true\n`,
  );
  const cwd = treeOf({ "a_test.rego": `package a_test\n${tests.join("")}` });
  const piped = `"$0" "$1" test -v . | head -n 1; exit "\${PIPESTATUS[0]}"`;
  const { status, stderr, stdout } = spawnSync(
    "bash",
    ["-c", piped, process.execPath, commandLine],
    { cwd, encoding: "utf8", timeout: 60_000 },
  );
  expect(stderr).toBe("");
  expect(stdout).toBe("a_test.rego:3:\n");
  expect(status).toBe(141);
});
