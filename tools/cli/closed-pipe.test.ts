import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";
import { commandLine, treeOf } from "../../test/support/command-line.ts";

/** More output than a pipe holds, by each command. */
const rules = (rule: (index: number) => string): string =>
  Array.from({ length: 1_500 }, (_, index) => `\n${rule(index)}\n`).join("");

const cwd = treeOf({
  "tests/a_test.rego": `package a_test\n${rules((index) => `test_${index} if true`)}`,
  "wide/p.rego": `package p\n${rules((index) => `rule_${index} := "${"x".repeat(60)}"`)}`,
  "wrong/p.rego": `package p\n${rules((index) => `rule_${index} if unknown_${index}`)}`,
});

test.each([
  { args: "test -v tests", want: "tests/a_test.rego:3:\n" },
  { args: "eval -f raw numbers.range(1,90000)", want: "" },
  { args: "fmt wide/p.rego", want: "package p\n" },
  { args: "parse -f json wide/p.rego", want: "{\n" },
  { args: "capabilities --current", want: "{\n" },
  { args: "build -e p --emit ast wide", want: undefined },
  { args: "check -m 0 wrong 2>&1", want: "1500 errors occurred:\n" },
])(
  "a reader that stops early ends `$args` without a word",
  ({ args, want }) => {
    const [words = ""] = args.split(" 2>&1");
    const merge = args.endsWith("2>&1") ? "2>&1" : "";
    const quoted = words.split(" ").map((word) => `'${word}'`);
    // `true` reads nothing, `head` one line.
    const reader = want === "" ? "true" : "head -n 1";
    const piped = `"$0" "$1" ${quoted.join(" ")} ${merge} | ${reader}; exit "\${PIPESTATUS[0]}"`;
    const { status, stderr, stdout } = spawnSync(
      "bash",
      ["-c", piped, process.execPath, commandLine],
      { cwd, encoding: "utf8", timeout: 60_000 },
    );
    expect(stderr).toBe("");
    if (want !== undefined) {
      expect(stdout).toBe(want);
    }
    expect(status).toBe(141);
  },
);
