import {
  existsSync,
  mkdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { type BundleFile, readArchive } from "../../src/bundle/archive.ts";
import { writeArchive } from "../../src/bundle/write-bundle.ts";
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

type Tree = Readonly<Record<string, string>>;

/** Folders by name. */
const trees: Readonly<Record<string, Tree>> = {
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
  order: {
    "t/a.rego": "package a\n\nallow if input.x\n\nmore := allow\n",
    "t/b.rego": "package b\n\nq := data.a.allow\n",
  },
  // Each folder is packed into an archive of its name.
  archives: {
    "u.tgz/a.rego": "package u.a\n\np := data.x.y\n",
    "u.tgz/x/data.json": '{"y": 1}',
    "u.tgz/.manifest": '{"roots": ["u", "x"]}',
    "o/v.tgz/a.rego": "package v.a\n\np[x] { x := data.x.y }\n",
    "o/v.tgz/b/b.rego":
      "package v.b\n\n# METADATA\n# entrypoint: true\nq if data.u.a.p\n",
    "o/v.tgz/.manifest":
      '{"roots": ["v"], "rego_version": 0, "file_rego_versions": {"/b/*": 1}, "metadata": {"k": 1}}',
    "plans.tgz/plan.json": "{}",
    "plans.tgz/.manifest": '{"roots": ["w"]}',
    "f/c.rego": "package f\n\np := 1\n",
    "f/.manifest": '{"roots": ["f"]}',
    "bad.tgz/a.rego": "package u.a\n\np :=\n",
    "delta.tgz/patch.json":
      '{"data": [{"op": "upsert", "path": "/a/b", "value": {"c": 1.50}}, {"op": "remove", "path": "/x"}]}',
    "delta.tgz/.manifest": '{"revision": "r2", "roots": ["a", "x"]}',
    "mixed.tgz/patch.json": '{"data": [{"op": "remove", "path": "/x"}]}',
    "mixed.tgz/a.rego": "package a\n",
    "broken.tgz/patch.json": '{"data": [',
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
  ["plain", ["-t", "plan", "d"]],
  ["plain", ["-t", "plan", "-e", "other/b", "d", "-r", "one"]],
  ["plain", ["-t", "plan", "-e", "authz/nope", "d"]],
  ["plain", ["-t", "plan", "d/people"]],
  ["archives", ["-b", "-t", "plan", "o/v.tgz", "u.tgz", "plans.tgz"]],
  ["faults", ["-t", "plan", "-e", "a/p", "safe"]],
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
  ["order", ["t/b.rego", "t/a.rego"]],
  ["order", ["-t", "wasm", "-e", "a/allow", "t/b.rego", "t/a.rego"]],
  ["archives", ["-b", "u.tgz"]],
  ["archives", ["-b", "o/v.tgz"]],
  ["archives", ["-b", "u.tgz", "./o/v.tgz"]],
  ["archives", ["-b", "o/v.tgz", "u.tgz", "f", "plans.tgz", "f"]],
  ["archives", ["-b", "-t", "wasm", "o/v.tgz", "u.tgz"]],
  ["archives", ["-b", "-t", "wasm", "--v0-compatible", "o/v.tgz", "u.tgz"]],
  ["archives", ["-b", "bad.tgz"]],
  ["archives", ["-b", "delta.tgz"]],
  ["archives", ["-b", "mixed.tgz"]],
  ["archives", ["-b", "broken.tgz"]],
  ["faults", ["-b", "parse"]],
  ["faults", ["parse"]],
  ["faults", ["safe"]],
  ["faults", ["data"]],
  ["faults", ["-b", "root"]],
];

const archive = "out.tar.gz";

/** A tree whose folders named as archives are archives. */
async function packedTree(files: Tree): Promise<string> {
  const packed = new Map<string, BundleFile[]>();
  const plain: Record<string, string> = {};
  for (const [path, text] of Object.entries(files)) {
    const [, at, name] = /^(.*\.tgz)\/(.*)$/.exec(path) ?? [];
    if (at === undefined || name === undefined) {
      plain[path] = text;
    } else {
      const file = { path: `/${name}`, name, bytes: Buffer.from(text) };
      packed.set(at, [...(packed.get(at) ?? []), file]);
    }
  }
  const folder = treeOf(plain);
  for (const [at, members] of packed) {
    mkdirSync(dirname(join(folder, at)), { recursive: true });
    writeFileSync(join(folder, at), await writeArchive(members));
  }
  return folder;
}

/** What an archive holds by path; of what is compiled only that it is there. */
async function contents(folder: string): Promise<Readonly<object>> {
  const file = join(folder, archive);
  if (!existsSync(file)) {
    return {};
  }
  const files = await readArchive(readFileSync(file));
  return Object.fromEntries(
    files.map(({ path, bytes }) => [
      path,
      /\.wasm$|^\/plan\.json$/.test(path)
        ? "compiled"
        : Buffer.from(bytes).toString(),
    ]),
  );
}

describe.skipIf(opaProgram === undefined)(`build, ${runs.length} runs`, () => {
  test.each(runs)("%s: %o", async (tree, args) => {
    const files = trees[tree] ?? {};
    const [ours, theirs] = [await packedTree(files), await packedTree(files)];
    const line = ["build", ...args, "-o", archive];
    const own = runOwn(line, { cwd: ours });
    const opa = runProgram(opaProgram ?? "", line, { cwd: theirs });
    expect(own.status, own.stderr + own.stdout).toBe(opa.status);
    expect(await contents(ours)).toEqual(await contents(theirs));
    expect(once(own.stdout)).toEqual(once(opa.stdout));
  });

  test.each(["rego", "wasm", "plan"])(
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

  // OPA's own names the module where it no longer lies, and OPA refuses it.
  test("OPA reads a bundle that we build of a compiled one", () => {
    const cwd = treeOf(trees["manifest"] ?? {});
    const build = (...args: string[]) =>
      runOwn(["build", "-b", ...args], { cwd });
    build("d", "-t", "wasm", "--prune-unused", "-o", "d.tgz");
    expect(build("d.tgz", "e", "-o", archive).status).toBe(0);
    const inspect = ["inspect", "-f", "json", archive];
    const told = JSON.parse(
      runProgram(opaProgram ?? "", inspect, { cwd }).stdout,
    );
    expect(told.wasm_modules).toEqual([
      {
        entrypoints: ["data.authz.allow"],
        path: "/d.tgz/policy.wasm",
        url: `${archive}/d.tgz/policy.wasm`,
      },
    ]);
  });

  test("a compiled module is not written over", () => {
    const cwd = treeOf({
      "policy.wasm": "",
      "a.rego": "package a\n\np := 1\n",
    });
    const line = ["build", "-b", ".", "-t", "wasm", "-e", "a/p"];
    expect(runOwn(line, { cwd }).stdout).toBe(
      "error: the bundle has `/policy.wasm` already; build it from its Rego\n",
    );
  });

  test.each(["l.rego", "gone.rego", "folder"])(
    "links in a folder: %s",
    async (name) => {
      const folders = [1, 2].map(() => {
        const cwd = treeOf({
          "e/l.rego": "package l\n",
          "e/data.json": '{"k": 1}',
          "d/m.rego": "package m\n",
        });
        const target = name === "folder" ? "../e" : `../e/${name}`;
        symlinkSync("../e/data.json", join(cwd, "d/data.json"));
        symlinkSync(target, join(cwd, "d", name));
        return cwd;
      });
      const [ours = "", theirs = ""] = folders;
      for (const flags of [[], ["--follow-symlinks"]]) {
        const line = ["build", "-b", ...flags, "d", "-o", archive];
        const own = runOwn(line, { cwd: ours });
        const opa = runProgram(opaProgram ?? "", line, { cwd: theirs });
        expect(own.stdout).toBe(opa.stdout);
        expect(own.status).toBe(opa.status);
        expect(await contents(ours)).toEqual(await contents(theirs));
      }
    },
  );

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
