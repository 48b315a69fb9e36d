import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { readArchive } from "../../src/bundle/archive.ts";
import { opaProgram, runBoth } from "../support/both-tools.ts";
import { runOwn, runProgram, treeOf } from "../support/command-line.ts";

const authz = `package authz

# A remark that a compiled bundle does not keep.

# METADATA
# title: May they?
# entrypoint: true
default allow := false
allow if   input.user == data.people.admin

# METADATA
# description: why not
reason contains "no admin" if not allow

helper(x) := y if { y := x + 1.50 }

uses := helper(1) if { allow }
`;
const other = `package other.b

import data.authz

q := authz.allow
lone if { true }
`;

/** Folders by name. */
const trees: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  plain: {
    "d/authz.rego": authz,
    "d/sub/other.rego": other,
    "d/people/data.json": '{"admin": "<ada> & co", "n": [1.0, 1e3]}',
    "d/people/other.json": '{"more": 1}',
    "d/data.yaml": "k: [1, null]\n",
    "d/README.md": "none",
  },
  manifest: {
    "d/authz.rego": authz,
    "d/authz/x/data.json": '{"y": 1}',
    "d/.manifest":
      '{"revision": "one", "roots": ["authz"], "metadata": {"b": [1], "a": {}}}',
    "e/other.rego": other,
    "e/other/data.json": '{"z": 12345678901234567890}',
    "e/.manifest": '{"revision": "two", "roots": ["other"]}',
    "f/p.rego": "package authz.p\n",
    "f/.manifest": '{"roots": ["authz/p"]}',
  },
  versions: {
    "d/a.rego": "package a\n\np[x] { x = 1 }\n",
    "d/b.rego": "package b\n\nq contains 1 if true\n",
    "d/.manifest": '{"rego_version": 1, "file_rego_versions": {"*/a.rego": 0}}',
    "e/c.rego": "package c\n\nr { true }\n",
  },
  faults: {
    "parse/a.rego": "package a\n\np := \n",
    "safe/a.rego": "package a\n\np := x\n",
    "data/data.json": "[1]",
    "root/p.rego": "package p\n",
    "root/.manifest": '{"roots": ["q"]}',
  },
};

const runs: readonly (readonly [tree: string, args: readonly string[]])[] = [
  ["plain", ["d"]],
  ["plain", ["./d"]],
  ["plain", ["-b", "d"]],
  ["plain", ["-b", "d", "-r", "r2"]],
  ["plain", ["d/authz.rego", "d/people"]],
  ["plain", ["--ignore", "sub", "d"]],
  ["plain", ["-b", "--ignore", "*.rego", "d"]],
  ["plain", ["-t", "wasm", "d"]],
  ["plain", ["-t", "wasm", "-b", "d"]],
  ["plain", ["-t", "wasm", "--prune-unused", "d"]],
  ["plain", ["-t", "wasm", "-e", "other/b", "d"]],
  ["plain", ["-t", "wasm", "-e", "other/b/lone", "d"]],
  ["plain", ["-t", "wasm", "-e", "authz/nope", "d"]],
  ["plain", ["-t", "wasm", "d/people"]],
  ["plain", ["nowhere"]],
  ["plain", ["-b", "nowhere"]],
  ["manifest", ["-b", "d"]],
  ["manifest", ["-b", "d", "e"]],
  ["manifest", ["-b", "d", "-r", "three"]],
  ["manifest", ["-b", "d", "f"]],
  ["manifest", ["-b", "-t", "wasm", "d"]],
  ["manifest", ["d"]],
  ["manifest", ["--signing-key", "k", "d"]],
  ["versions", ["-b", "d"]],
  ["versions", ["-b", "--v0-compatible", "e"]],
  ["versions", ["--v0-compatible", "e"]],
  ["versions", ["-b", "d", "e", "--v0-compatible"]],
  ["faults", ["parse"]],
  ["faults", ["safe"]],
  ["faults", ["data"]],
  ["faults", ["-b", "root"]],
];

const archive = "out.tar.gz";

/** What an archive holds by path; of a compiled module only that it is there. */
async function contents(folder: string): Promise<Readonly<object>> {
  const file = join(folder, archive);
  if (!existsSync(file)) {
    return {};
  }
  const files = await readArchive(readFileSync(file));
  return Object.fromEntries(
    files.map(({ path, bytes }) => [
      path,
      path.endsWith(".wasm") ? "a module" : Buffer.from(bytes).toString(),
    ]),
  );
}

describe.skipIf(opaProgram === undefined)(`build, ${runs.length} runs`, () => {
  test.each(runs)("%s: %o", async (tree, args) => {
    const files = trees[tree] ?? {};
    const [ours, theirs] = [treeOf(files), treeOf(files)];
    const line = ["build", ...args, "-o", archive];
    const own = runOwn(line, { cwd: ours });
    const opa = runProgram(opaProgram ?? "", line, { cwd: theirs });
    expect(own.status, own.stderr + own.stdout).toBe(opa.status);
    expect(await contents(ours)).toEqual(await contents(theirs));
    expect(once(own.stdout)).toEqual(once(opa.stdout));
  });

  test.each(["rego", "wasm"])(
    "OPA reads our bundle for %s as its own",
    (target) => {
      const cwd = treeOf(trees["plain"] ?? {});
      const built = ["build", "-b", "d", "-t", target];
      expect(runOwn([...built, "-o", archive], { cwd }).status).toBe(0);
      const inspect = ["inspect", "-a", archive];
      const ours = runProgram(opaProgram ?? "", inspect, { cwd });
      runProgram(opaProgram ?? "", [...built, "-o", archive], { cwd });
      expect(ours).toEqual(runProgram(opaProgram ?? "", inspect, { cwd }));
    },
  );

  test("a bundle that we sign, OPA verifies; and the other way round", () => {
    const cwd = treeOf(trees["manifest"] ?? {});
    const sign = ["--signing-key", "secret", "--signing-alg", "HS256"];
    const verify = ["--verification-key", "secret", "--signing-alg", "HS256"];
    const build = ["build", "-b"];
    const opa = (...args: string[]) =>
      runProgram(opaProgram ?? "", [...build, ...args], { cwd }).status;
    const own = (...args: string[]) => runOwn([...build, ...args], { cwd });
    expect(own("d", ...sign, "-o", archive).status).toBe(0);
    expect(opa(archive, ...verify, "-o", "again.tar.gz")).toBe(0);
    expect(opa("d", ...sign, "-o", archive)).toBe(0);
    expect(own(archive, ...verify, "-o", "again.tar.gz").status).toBe(0);
    const { opa: theirs, own: ours } = runBoth(cwd, [...build, archive]);
    expect(ours.stdout).toBe(theirs.stdout);
  });

  test("a source of the server is a bundle with the same documents", () => {
    const cwd = treeOf({});
    const file = join(cwd, archive);
    expect(runOwn(["build", ".", "-o", file]).status).toBe(0);
    const query = ["eval", "-b", file, "data.guards.tool_scope", "-f", "json"];
    const { opa, own } = runBoth(".", query);
    expect(own).toEqual(opa);
    expect(JSON.parse(own.stdout)).toHaveProperty("result");
  });
});

/** OPA's reader of files tells the faults of parsing twice, counted. */
function once(text: string): readonly string[] {
  const lines = text.replace(/\d+ errors? occurred[^:]*:\s*/, "").split("\n");
  return [...new Set(lines)];
}
