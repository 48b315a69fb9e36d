import { execFileSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { opaProgram, runBoth } from "../support/both-tools.ts";
import { treeOf } from "../support/command-line.ts";

const policy =
  "package a\n\nallow if input.x == data.b.x\n\nn := data.b.x + 1\n";
const data = '{"x": 1, "é": [1.5, null]}';

/** Bundles by name. */
const bundles: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  plain: { "p.rego": policy, "b/data.json": data },
  yaml: { "p.rego": policy, "b/data.yaml": "x: 1\n" },
  yml: { "p.rego": policy, "b/data.yml": "x: 1\n" },
  root: { "data.json": '{"b": {"x": 1}}', "p.rego": policy },
  manifest: {
    "p.rego": policy,
    "b/data.json": data,
    ".manifest":
      '{"revision": "r", "roots": ["a", "/b/"], "metadata": {"k": 1}}',
  },
  "other files": { "p.rego": policy, "b/x.json": "{}", "b/data.json": data },
  "old version": {
    "p.rego": "package a\n\np[x] { x = data.b.x }\n",
    "b/data.json": data,
    ".manifest": '{"rego_version": 0}',
  },
  "mixed versions": {
    "p.rego": policy,
    "q.rego": "package c\n\np[x] { x = 1 }\n",
    ".manifest": '{"rego_version": 1, "file_rego_versions": {"*q.rego": 0}}',
  },
  "unknown version": {
    "p.rego": policy,
    ".manifest": '{"file_rego_versions": {"*p.rego": 3}}',
  },
  "overlapping roots": {
    "p.rego": policy,
    ".manifest": '{"roots": ["a", "a/b"]}',
  },
  "package outside": { "p.rego": policy, ".manifest": '{"roots": ["b"]}' },
  "package beside": { "p.rego": policy, ".manifest": '{"roots": ["a/b"]}' },
  "data outside": { "b/data.json": data, ".manifest": '{"roots": ["a"]}' },
  "data below": { "b/data.json": data, ".manifest": '{"roots": ["b/x"]}' },
  "no module": {
    ".manifest": '{"wasm": [{"entrypoint": "a/p", "module": "/policy.wasm"}]}',
  },
  "root no object": { "data.json": "[1]" },
  "leaf no object": { "b/c/data.json": "[1]" },
  "two values": { "data.json": '{"b": 1}', "b/data.json": '{"x": 1}' },
  "cut data": { "b/data.json": '{"x": ' },
  "cut manifest": { ".manifest": '{"roots": ' },
  empty: { "README.md": "none" },
};

const commands = [
  { command: ["eval", "data", "-b"], form: "d" },
  { command: ["eval", "data", "-b"], form: "d.tar.gz" },
  { command: ["check", "-b"], form: "d.tar.gz" },
];

describe.skipIf(opaProgram === undefined)("bundles, beside OPA", () => {
  const cases = Object.keys(bundles).flatMap((name) =>
    commands.map(({ command, form }) => ({ name, command, form })),
  );
  const trees = new Map<string, string>();

  function treeFor(name: string): string {
    const known = trees.get(name);
    if (known !== undefined) {
      return known;
    }
    const files = Object.entries(bundles[name] ?? {});
    const tree = treeOf(
      Object.fromEntries(files.map(([file, text]) => [`d/${file}`, text])),
    );
    const names = files.map(([file]) => `/${file}`);
    execFileSync("tar", [
      "-czf",
      `${tree}/d.tar.gz`,
      "-C",
      `${tree}/d`,
      "--transform=s,^\\./,/,",
      "-P",
      ...names.map((file) => `.${file}`),
    ]);
    trees.set(name, tree);
    return tree;
  }

  test.each(cases)("$name: $command $form", ({ name, command, form }) => {
    const { opa, own } = runBoth(treeFor(name), [...command, form]);
    expect(own).toEqual(opa);
  });

  test("bundles that share a root, and some that do not", () => {
    const tree = treeOf({
      "d/p.rego": policy,
      "e/b/data.json": data,
      "f/p.rego": policy,
      "f/.manifest": '{"roots": ["a"]}',
      "g/b/data.json": data,
      "g/.manifest": '{"roots": ["b"]}',
      "h/a/b/data.json": data,
      "h/.manifest": '{"roots": ["a/b"]}',
    });
    for (const pair of ["d e", "f g", "f h", "e g"]) {
      const args = pair.split(" ").flatMap((path) => ["-b", path]);
      const { opa, own } = runBoth(tree, ["eval", "data", ...args]);
      expect(own).toEqual(opa);
    }
  });

  test("what OPA builds, evaluates to the same", () => {
    const tree = treeOf({ "d/p.rego": policy, "d/b/data.json": data });
    for (const target of ["rego", "wasm", "plan"]) {
      const out = `${target}.tar.gz`;
      execFileSync(
        opaProgram ?? "",
        ["build", "-b", "d", "-t", target, "-e", "a/allow", "-o", out],
        { cwd: tree },
      );
      const { opa, own } = runBoth(tree, ["eval", "data", "-b", out]);
      expect(own).toEqual(opa);
    }
  });
});
