import { describe, expect, test } from "vitest";
import { opaProgram, runBoth } from "../support/both-tools.ts";
import { treeOf } from "../support/command-line.ts";

const files = {
  "bundle/a/p.rego": `package a.b

allow if input.x > 1

v := input.x

s contains input.x

c := 1 if input.x

c := 2 if input.x

list := [x | some x in input.xs]

big := 123456789012345678901234567890

nothing := null

greeting := sprintf("%s <%d>", [data.words.hello, input.x])

divided := 1 / input.zero
`,
  "bundle/words/data.yaml": "hello: hi\n",
  "old/q.rego": "package q\n\np[x] { x := input.x }\n",
  "broken/q.rego": "package q\n\np if x\n",
  "one.json": '{"x": 2, "xs": [1], "zero": 0}',
  "two.yaml": "x: 0\n",
  "three.yml": "x: [1, {a: b}]\n",
  "bad.json": "{bad",
  "empty.json": "",
  "inputs/list.json": "[1]",
  "inputs/deep/more.json": '{"x": 5}',
  "inputs/notes.txt": "no input",
};

const runs: readonly (readonly string[])[] = [
  ["--decision", "a/b/allow", "-b", "bundle", "one.json", "two.yaml"],
  ["--decision", "/a/b/allow", "-b", "bundle", "one.json"],
  ["--decision", "a/b/v", "-b", "bundle", "one.json", "three.yml"],
  ["--decision", "a/b/v", "-b", "bundle", "one.json", "bad.json"],
  ["--decision", "a/b/v", "-b", "bundle", "inputs"],
  ["--decision", "a/b/s", "-b", "bundle", "one.json", "inputs"],
  ["--decision", "a/b/c", "-b", "bundle", "one.json", "two.yaml"],
  ["--decision", "a/b/big", "-b", "bundle", "one.json"],
  ["--decision", "a/b/nothing", "-b", "bundle", "one.json"],
  ["--decision", "a/b/greeting", "-b", "bundle", "one.json"],
  ["--decision", "a/b/divided", "-b", "bundle", "one.json"],
  ["--decision", "a/b/none", "-b", "bundle", "one.json"],
  ["--decision", "words", "-b", "bundle", "one.json"],
  ["--decision", "words/hello", "-b", "bundle", "one.json"],
  ["--decision", "a.b", "-b", "bundle", "one.json"],
  ["-b", "bundle", "one.json"],
  ["--decision", "a/b/allow", "-b", "bundle", "--fail", "one.json"],
  ["--decision", "a/b/allow", "-b", "bundle", "--fail", "two.yaml"],
  ["--decision", "a/b/allow", "-b", "bundle", "--fail", "bad.json"],
  ["--decision", "a/b/nothing", "-b", "bundle", "--fail", "one.json"],
  ["--decision", "a/b/allow", "-b", "bundle", "--fail-defined", "one.json"],
  ["--decision", "a/b/allow", "-b", "bundle", "--fail-defined", "two.yaml"],
  ["--decision", "a/b/list", "-b", "bundle", "--fail-non-empty", "two.yaml"],
  ["--decision", "a/b/list", "-b", "bundle", "--fail-non-empty", "one.json"],
  [
    "--decision",
    "a/b/v",
    "-b",
    "bundle",
    "--fail",
    "--fail-defined",
    "one.json",
  ],
  ["--decision", "q/p", "-b", "old", "--v0-compatible", "one.json"],
  ["--decision", "q/p", "-b", "broken", "one.json"],
  ["--decision", "q/p", "-b", "nowhere", "one.json"],
  ["--decision", "a/b/v", "-b", "bundle", "nowhere.json"],
  ["--decision", "a/b/v", "-b", "bundle"],
];

/** The report without the ids of decisions. */
function masked(text: string): string {
  return text.replace(/"decision_id": "[^"]+"/g, '"decision_id": "id"');
}

describe.skipIf(opaProgram === undefined)(`exec, ${runs.length} runs`, () => {
  const folder = treeOf(files);

  test.each(runs.map((args) => [args]))("%j", (args) => {
    const { opa, own } = runBoth(folder, ["exec", ...args]);
    expect(own.status, own.stderr + opa.stderr).toBe(opa.status);
    expect(masked(own.stdout)).toBe(masked(opa.stdout));
  });
});
