import { describe, expect, test } from "vitest";
import { opaProgram, runBoth } from "../support/both-tools.ts";
import { treeOf } from "../support/command-line.ts";
import { undescribed } from "../support/undescribed.ts";

const sound = `package sound

import data.other

allow if input.user == "alice"

names contains name if some name in other.names
`;

/** Trees by name: each file has what its name says. */
const trees: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  sound: { "a.rego": sound, "data.json": '{"x": 1}' },
  nothing: { "README.md": "none" },
  unread: { "a.rego": sound, "data.json": "{bad" },
  parse: {
    "a.rego": sound,
    "b.rego": "package b\n\np if {\n\tinput.x ==\n}\n",
  },
  eof: { "a.rego": "package a\n\np := {\n" },
  empty: { "a.rego": "" },
  "no package": { "a.rego": "p := 1\n" },
  unsafe: {
    "a.rego": "package a\n\np if x == 1\n\nq if not y\n\nr := [z | z > 1]\n",
  },
  recursion: { "a.rego": "package a\n\np if q\n\nq if r\n\nr if p\n" },
  types: {
    "a.rego":
      'package a\n\np if count(1) > 0\n\nq := "x" + 1\n\nr if startswith(input.x, 1)\n\ns := {"a": 1}.b\n',
  },
  "types, data that no rule gives": {
    "a.rego": `package a

p if f(input.x, {x | some x in []})

f(x, y) := x if data.lib[y]
`,
  },
  "types of refs": {
    "a.rego": `package a

f(x, y) := x

obj := {"a": 1, "ü": [true, null], 3: {"x": "y"}, [1, "z"]: {1}, null: 2}

p if obj.b
q if obj[3].y
r if obj["ü"][2]
s if obj["ü"].a
t if data.a.f[1]
u if data.a.obj.a.b
v if { some x in ["a"]; data.a[1] with input as x }
w if { y := [1]; obj[y] }
x if { y := {"a"}; y[1] }
z if { y := true; data.a[y] }
`,
  },
  "types of operands": {
    "a.rego": `package a

p if count(1) > 0
q := "x" + 1
r if { x := "a"; x = 1 }
s if [1, 2][_] == "a"
t if true with count as data.a.f
u if sum(["a", 1])
v if { {"a": 1, "b": [2]} = {"a": "x", "b": [y]} }
w if { x := [y | some y in input.z]; startswith(x, "a") }
x if { y := {z: 1 | some z in ["a"]}; upper(y) }
y if { object.get({"a": {1, "b"}}, 1, 2) > lower({3}) }
z if concat(",", {1, 2}) == "1,2"

f(x, y) := x + y
g := f("a", 1)
h if { f(1, z); z > 2; lower(z) }
`,
  },
  undefined: { "a.rego": "package a\n\np if f(1)\n\nq if data.a.g(2)\n" },
  arity: {
    "a.rego": "package a\n\nf(x) := x\n\np := f(1, 2)\n\nq := count()\n",
  },
  conflict: {
    "a.rego": "package a\n\np := 1\n\np contains 2\n",
    "b.rego": "package a.p\n\nx := 1\n",
  },
  defaults: {
    "a.rego":
      "package a\n\ndefault p := 1\n\ndefault p := 2\n\np := 3 if input.x\n",
  },
  shadow: {
    "a.rego": "package a\n\ninput := 1\n\np if {\n\tdata := 2\n\tdata > 1\n}\n",
  },
  imports: {
    "a.rego": "package a\n\nimport data.x\nimport data.y as x\n\np := x\n",
  },
  deprecated: { "a.rego": "package a\n\np if any([true])\n" },
  unused: {
    "a.rego":
      "package a\n\nimport data.b\n\np if {\n\tx := 1\n\tinput.y\n}\n\nf(a, b) := a\n",
  },
  old: { "a.rego": "package a\n\np[x] { x := 1 }\n\nq = 1 { input.x }\n" },
  both: {
    "a.rego": "package a\n\nimport rego.v1\n\np contains x if some x in [1]\n",
  },
  future: {
    "a.rego":
      "package a\n\nimport future.keywords\n\np if input.x\n\nq contains 1 if true\n",
  },
  "only if": {
    "a.rego":
      "package a\n\nimport future.keywords.if\n\np if input.x\n\nq[1]\n",
  },
  constants: { "a.rego": "package a\n\np := 1\n\nq = 2 { input.x }\n" },
  "deprecated in both": {
    "a.rego": "package a\n\nimport rego.v1\n\np := any([true])\n",
  },
  "no every": {
    "a.rego": "package a\n\np { every x in [1] { x == 1 } }\n",
  },
  mixed: { "a.rego": sound, "b.rego": "package b\n\np { true }\n" },
  many: {
    "a.rego": `package a\n\n${Array.from({ length: 15 }, (_, i) => `p${i} if x${i} > 1\n`).join("\n")}`,
  },
  assigned: { "a.rego": "package a\n\np if {\n\tx := 1\n\tx := 2\n}\n" },
  void: { "a.rego": "package a\n\np := x if x := print(1)\n" },
  else: { "a.rego": "package a\n\np contains 1 if input.x else := 2\n" },
  with: { "a.rego": "package a\n\np if true with foo.bar as 1\n" },
  schema: {
    "a.rego":
      "package a\n\n# METADATA\n# schemas:\n#   - input: schema.in\np if input.nme\n",
    "s/in.json":
      '{"type": "object", "properties": {"name": {"type": "string"}}}',
  },
  annotation: {
    "a.rego": "package a\n\n# METADATA\n# scope: nowhere\np := 1\n",
  },
  crlf: { "a.rego": "package a\r\n\r\np if input.x ==\r\n" },
  unicode: { "a.rego": 'package a\n\np := "日本" + 1 # ü\n' },
  raw: { "a.rego": "package a\n\np := `x\n" },
  keyword: { "a.rego": "package a\n\nif := 1\n" },
  nested: {
    "x/a.rego": "package x\n\np := 1\n",
    "x/y/b.rego": "package x.y\n\nq if z\n",
  },
  bundle: {
    "data.json": '{"a": {"b": 1}}',
    "a.rego": "package a\n\nc := data.a.b\n",
  },
};

const flagSets: readonly (readonly string[])[] = [
  ["."],
  ["-f", "json", "."],
  ["-S", "-f", "json", "."],
];

/** More flags for some of the trees. */
const more: readonly (readonly [tree: string, args: readonly string[]])[] = [
  ["old", ["--v0-compatible", "."]],
  ["old", ["--v0-compatible", "-S", "-f", "json", "."]],
  ["sound", ["--v0-compatible", "."]],
  ["both", ["--v0-v1", "."]],
  ["both", ["--rego-v1", "."]],
  ["old", ["--v0-v1", "."]],
  ...["future", "only if", "constants", "deprecated in both", "no every"].map(
    (tree) => [tree, ["--v0-v1", "-f", "json", "."]] as const,
  ),
  ["mixed", ["--ignore", "b.rego", "."]],
  ["mixed", ["--ignore", "a.*", "."]],
  ["nested", ["--ignore", "y", "."]],
  ["many", ["-m", "3", "-f", "json", "."]],
  ["many", ["-m", "0", "-f", "json", "."]],
  ["many", ["--max-errors", "20", "-f", "json", "."]],
  ["schema", ["-s", "s", "-f", "json", "."]],
  ["schema", ["-s", "s/in.json", "-f", "json", "."]],
  ["bundle", ["-b", "."]],
  ["sound", ["nowhere"]],
  ["sound", ["-f", "json", "nowhere"]],
  ["sound", ["-b", "nowhere"]],
  ["sound", ["-b", "-f", "json", "nowhere"]],
  ["unread", ["."]],
  ["sound", ["a.rego", "data.json"]],
  ["sound", []],
];

const runs = [
  ...Object.keys(trees).flatMap((tree) =>
    flagSets.map((args) => [tree, args] as const),
  ),
  ...more,
];

describe.skipIf(opaProgram === undefined)(`check, ${runs.length} runs`, () => {
  test.each(runs)("%s: %o", (tree, args) => {
    const folder = treeOf(trees[tree] ?? {});
    const { opa, own } = runBoth(folder, ["check", ...args]);
    expect(own.status, own.stderr + opa.stderr).toBe(opa.status);
    expect(own.stdout).toBe(opa.stdout);
    if (tellsLoading(args)) {
      expect(own.stderr).toBe(opa.stderr);
    }
    if (tree.startsWith("types")) {
      expect(own.stderr).toContain(detailLines(opa.stderr));
    }
    if (args.includes("json")) {
      expect(distinct(own.stderr)).toEqual(distinct(opa.stderr));
    }
  });
});

/** The lines below the first error that shows what it has and wants. */
function detailLines(text: string): string {
  return /(\n\t.*)+/.exec(text)?.[0] ?? "";
}

/** What cannot be loaded has no code frame: it is told in OPA's words. */
function tellsLoading(args: readonly string[]): boolean {
  return args.includes("nowhere");
}

/**
 * The errors of a report. OPA's reader of files tells those of parsing twice,
 * and those of one row in no order.
 */
function distinct(json: string): unknown {
  if (json.trim() === "") {
    return [];
  }
  const { errors } = JSON.parse(undescribed(json)) as {
    readonly errors: readonly unknown[];
  };
  return [...new Set(errors.map((error) => JSON.stringify(error)))].sort();
}
