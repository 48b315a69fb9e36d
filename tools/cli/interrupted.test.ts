import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { commandLine, treeOf } from "../../test/support/command-line.ts";
import { waitFor } from "../../test/support/process.ts";

const slow = `package a_test

test_slow if {
	some i in numbers.range(1, 100000)
	some j in numbers.range(1, 100000)
	i + j < 0
}
`;

test("test --watch ends at once when it is interrupted, tests under way or not", async () => {
  const cwd = treeOf({ "a_test.rego": "package a_test\n\ntest_a if true\n" });
  const args = ["test", "--watch", "--timeout", "1h", "-v", "."];
  for (const change of [undefined, slow]) {
    const child = spawn(process.execPath, [commandLine, ...args], { cwd });
    let text = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (chunk: string) => {
        text += chunk;
      });
    }
    await waitFor("the first run", () => text.includes("Watching"));
    if (change !== undefined) {
      writeFileSync(join(cwd, "a_test.rego"), change);
      // Long enough for the second run to begin; when it has not, less is shown.
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
    const ended = once(child, "exit");
    child.kill("SIGINT");
    const [status, signal] = await ended;
    // As OPA: a run under way does not hear the signal, which ends the process.
    expect([
      [0, null],
      [null, "SIGINT"],
    ]).toContainEqual([status, signal]);
    expect(text).not.toMatch(/^\s+at /m);
    expect(text.match(/Watching/g)).toHaveLength(1);
  }
});
