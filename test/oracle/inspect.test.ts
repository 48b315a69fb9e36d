import { describe, expect, test } from "vitest";
import { opaProgram, runBoth } from "../support/both-tools.ts";
import { runProgram, treeOf } from "../support/command-line.ts";

const annotated = `# METADATA
# title: People
# description: |
#  Who may.
#  And who may not.
# authors:
# - Ada <ada@example.com>
# - name: Grace
# organizations:
# - Navy
# related_resources:
# - https://example.com
# - ref: https://b.example.com
#   description: more of it
# schemas:
# - input: schema.input
# - data.x: {type: object}
# custom:
#  list: [1, {a: b}]
package people["x-y"].of

import future.keywords.not

# METADATA
# description: A rule
# entrypoint: true
allow if {
	input.user == "ada"
	print("x")
}

# METADATA
# scope: rule
# title: A function with a rather long title that does not fit on one line of eighty columns
double(x) := 2 * x

# METADATA
# labels: {a: b}
part[x] contains y if {
	some x, y in input.list
	y := $"{x}!"
}
`;

const trees: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  bundle: {
    "b/people/of.rego": annotated,
    "b/people/more.rego": 'package people["x-y"].of\n\nq := count(input)\n',
    "b/people/data.json": '{"k": 1}',
    "b/data.yaml": "root: 1\n",
    "b/other/data.yml": "{}\n",
    "b/a_folder/with_a_rather_long_name/and_another/one_more/of_these/x.rego":
      "package x\n",
    "b/.manifest":
      '{"revision": "a revision of more than fifty characters, which is cut", "roots": ["x", "people", "root"], "metadata": {"b": [1], "a": "x"}}',
  },
  plain: { "b/p.rego": "package p\n\nr := f(x) if x := 1\n\nf(y) := y + 1\n" },
  "unknown function": {
    "b/p.rego": "package p\n\nr := acme.team(1)\n\nq if acme.is(2)\n",
  },
  "old version": {
    "b/p.rego": "package p\n\na.b.c = 1 { true }\n\nq[x] { x = 1 }\n",
    "b/.manifest": '{"rego_version": 0}',
  },
  "a fault": { "b/p.rego": "package p\n\nr := y\n" },
  "no rego": { "b/p.rego": "package p\n\nr := \n" },
  "no bundle": { b: "not an archive" },
  delta: {
    "b/patch.json": '{"data": [{"op": "remove", "path": "/x"}]}',
    "b/.manifest": '{"revision": "r2", "roots": ["a", "x"]}',
  },
  "a delta with data": {
    "b/patch.json": '{"data": [{"op": "remove", "path": "/x"}]}',
    "b/data.json": '{"k": 1}',
  },
  "a delta with data and Rego": {
    "b/patch.json": '{"data": [{"op": "remove", "path": "/x"}]}',
    "b/data.json": '{"k": 1}',
    "b/p.rego": "package p\n",
  },
  "data that is broken, beside the roots": {
    "b/data.json": '{"k": ',
    "b/.manifest": '{"roots": ["a"]}',
  },
  "a delta with Rego": {
    "b/patch.json": '{"data": [{"op": "remove", "path": "/x"}]}',
    "b/p.rego": "package p\n",
  },
  "an empty patch": {
    "b/patch.json": '{"data": []}',
    "b/p.rego": "package p\n",
  },
  empty: { "b/README.md": "" },
};

const flagSets: readonly (readonly string[])[] = [
  [],
  ["-a"],
  ["-f", "json"],
  ["-a", "-f", "json"],
];

describe.skipIf(opaProgram === undefined)("inspect", () => {
  test.each(
    Object.keys(trees).flatMap((tree) =>
      flagSets.map((flags) => ({ tree, flags })),
    ),
  )("$tree: $flags", ({ tree, flags }) => {
    const folder = treeOf(trees[tree] ?? {});
    const { opa, own } = runBoth(folder, ["inspect", ...flags, "b"]);
    expect(own.stdout).toBe(opa.stdout);
    expect(own.status).toBe(opa.status);
  });

  test.each(flagSets)(
    "one file, an archive, and a signed one: %o",
    (...flags) => {
      const folder = treeOf(trees["bundle"] ?? {});
      const opa = (...args: string[]) =>
        runProgram(opaProgram ?? "", args, { cwd: folder });
      const key = ["--signing-key", "k", "--signing-alg", "HS256"];
      opa("build", "-b", "b", "-t", "wasm", ...key, "-o", "wasm.tar.gz");
      for (const path of ["b/people/of.rego", "wasm.tar.gz", "nowhere"]) {
        const ran = runBoth(folder, ["inspect", ...flags, path]);
        expect(ran.own).toEqual(ran.opa);
      }
    },
  );
});
