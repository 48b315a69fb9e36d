import { describe, expect, test } from "vitest";
import { opaProgram, runBoth } from "../support/both-tools.ts";
import { type Ran, treeOf } from "../support/command-line.ts";

/** A tree in which most things are wrong that can be. */
const folder = treeOf({
  "faults/a.rego": "package a\n\np if {",
  "faults/b.rego": "package b\n\nq := ",
  "faults/binary.rego": "package c\n\n\u0001\u0002",
  "faults/cut.json": '{"x":',
  "faults/empty.json": "",
  "faults/list.json": "[1]",
  "faults/sound.rego": "package sound",
  "faults/sub/anchor.yaml": "a: *nowhere",
  "faults/sub/open.yaml": "a: [1",
  "faults/sub/tab.yml": "\ta: 1",
  "twice/a.json": '{"x": {"y": 1}}',
  "twice/b.yaml": "x: {y: 2}",
  "twice/p.rego": "package p\n\nr := ",
  "versions/old.rego": "package old\n\np[x] { x := 1 }",
  "versions/new.rego": "package new\n\np contains x if x := 1",
  "conflict/rule.rego": "package a\n\nb := 1",
  "conflict/package.rego": "package a.b\n\nc := 1",
  "input.json": "{}",
});

const commands: readonly ((paths: readonly string[]) => readonly string[])[] = [
  (paths) => ["test", ...paths],
  (paths) => ["build", "-o", "out.tar.gz", ...paths],
  (paths) => ["eval", ...paths.flatMap((path) => ["-d", path]), "1"],
  (paths) => [
    ...["eval", "-f", "pretty"],
    ...paths.flatMap((path) => ["-d", path]),
    "1",
  ],
  (paths) => ["deps", ...paths.flatMap((path) => ["-d", path]), "data.x"],
  (paths) => ["bench", ...paths.flatMap((path) => ["-d", path]), "1"],
  (paths) => ["check", "-f", "json", ...paths],
];

const trees: readonly (readonly string[])[] = [
  ["faults"],
  ["nowhere", "nor/here"],
  ["nowhere", "faults/cut.json", "faults/a.rego"],
  ["twice"],
  ["versions"],
  ["conflict"],
];

const runs = commands.flatMap((command) => trees.map(command));

/**
 * Without what ours adds: which place is set twice. OPA tells conflicts in any
 * order.
 */
function shown({ status, stderr, stdout }: Ran): unknown {
  const lines = (text: string): readonly string[] => {
    const found = text.replace(/(merge error)[^"\n]*/g, "$1").split("\n");
    return text.includes("conflicts with") ? [...new Set(found)].sort() : found;
  };
  return { status, stderr: lines(stderr), stdout: lines(stdout) };
}

describe.skipIf(opaProgram === undefined)(
  `what cannot be loaded, ${runs.length} runs`,
  () => {
    test.each(runs.map((call) => [call]))("%j", (call) => {
      const { opa, own } = runBoth(folder, call);
      expect(shown(own)).toEqual(shown(opa));
    });
  },
);

/** What tells of a fault in our own words: its exit code is OPA's, and there is no stack trace. */
const others: readonly (readonly string[])[] = [
  ...["faults", "versions", "conflict", "nowhere"].flatMap((tree) => [
    ["check", tree],
    ["check", "-b", tree],
    ["fmt", tree],
    ["fmt", "--list", tree],
    ["inspect", tree],
    ["build", "-b", "-o", "out.tar.gz", tree],
    ["test", "-b", tree],
    ["eval", "-b", tree, "1"],
    ["exec", "-b", tree, "input.json"],
  ]),
  ...["a.rego", "binary.rego", "empty.json", "nowhere.rego"].flatMap((name) => [
    ["parse", `faults/${name}`],
    ["fmt", `faults/${name}`],
    ["eval", "-i", `faults/${name}`, "input"],
    ["eval", "--capabilities", `faults/${name}`, "input"],
  ]),
];

describe.skipIf(opaProgram === undefined)(
  `what is wrong, ${others.length} runs`,
  () => {
    test.each(others.map((call) => [call]))("%j", (call) => {
      const { opa, own } = runBoth(folder, call);
      expect(own.status, own.stderr + opa.stderr).toBe(opa.status);
      expect(own.stdout + own.stderr).not.toMatch(/^\s+at /m);
    });
  },
);
