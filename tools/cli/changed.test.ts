import { spawnSync } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { prepareTests } from "../../src/engine/index.ts";
import { treeOf } from "../../test/support/command-line.ts";
import { loadPaths } from "./load-paths.ts";
import { changedFiles } from "./test-reports/changed-files.ts";
import { differenceFrom } from "./test-reports/changes.ts";

const files = {
  "lib.rego": "package lib\n\none := 1\n\ntwo := one + 1\n",
  "other.rego": "package other\n\nthree := 3\n\nfour := 4\n",
  "a_test.rego": `package a_test

test_two if data.lib.two == 2

test_mocked if data.other.three == 5 with data.lib.one as 5 with data.other.three as 5

test_alone if true
`,
  "b_test.rego":
    "package b_test\n\ntest_other if data.other.four == 4\n\ntest_b if true\n",
  "data.json": '{"known": 1}',
  "README.md": "read me\n",
};

function git(folder: string, ...args: readonly string[]): void {
  const identity = ["-c", "user.email=a@example.org", "-c", "user.name=a"];
  const { status, stderr } = spawnSync("git", [...identity, ...args], {
    cwd: folder,
    encoding: "utf8",
  });
  expect(status, stderr).toBe(0);
}

function repository(): string {
  const folder = treeOf(files);
  git(folder, "init", "-q");
  git(folder, "add", "-A");
  git(folder, "commit", "-q", "-m", "first");
  return folder;
}

/** The tests that are run after a change. */
async function chosen(folder: string): Promise<readonly string[]> {
  const loaded = await loadPaths([folder]);
  const asked = { loaded, paths: [folder], others: [] };
  const { changes } = differenceFrom("HEAD", asked);
  const prepared = await prepareTests({ ...loaded, changes });
  if ("errors" in prepared) {
    throw prepared.errors[0];
  }
  return prepared.suite.tests.map(({ name }) => name);
}

const all = ["test_two", "test_mocked", "test_alone", "test_other", "test_b"];

test.each([
  { note: "nothing", file: "README.md", text: "other\n", want: [] },
  {
    note: "a rule, by those that use it",
    file: "lib.rego",
    text: "package lib\n\none := 2 - 1\n\ntwo := one + 1\n",
    want: ["test_two", "test_mocked"],
  },
  {
    note: "tests themselves",
    file: "b_test.rego",
    text: "package b_test\n\ntest_new if true\n",
    want: ["test_new"],
  },
  {
    note: "a rule that is gone",
    file: "other.rego",
    text: "package other\n\nthree := 3\n",
    want: ["test_mocked", "test_other"],
  },
  {
    note: "a file that is new",
    file: "c_test.rego",
    text: "package c_test\n\ntest_c if data.lib.two == 2\n",
    want: ["test_c"],
  },
  { note: "data", file: "data.json", text: '{"known": 2}', want: all },
])("what differs: $note", async ({ file, text, want }) => {
  const folder = repository();
  writeFileSync(join(folder, file), text);
  expect(await chosen(folder)).toEqual(want);
});

test("a file that is gone concerns those that name its rules", async () => {
  const folder = repository();
  rmSync(join(folder, "other.rego"));
  expect(await chosen(folder)).toEqual(["test_mocked", "test_other"]);
});

test.each([
  { note: "no repository", ref: "HEAD", want: "--changed: git: not a git" },
  { note: "an option", ref: "--output=x", want: "names no commit" },
])("$note", ({ ref, want }) => {
  const folder = treeOf({ "a.rego": "package a\n" });
  expect(() => changedFiles(ref, folder)).toThrow(want);
});
