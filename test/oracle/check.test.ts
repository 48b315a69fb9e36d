import { describe, expect, test } from "vitest";
import { opaProgram, runBoth } from "../support/both-tools.ts";
import { treeOf } from "../support/command-line.ts";

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
    if (args.includes("json")) {
      expect(distinct(own.stderr)).toEqual(distinct(opa.stderr));
    }
  });
});

/** What cannot be loaded has no code frame: it is told in OPA's words. */
function tellsLoading(args: readonly string[]): boolean {
  return args.includes("nowhere");
}

/**
 * The errors of a report. OPA's reader of files tells those of parsing twice,
 * and those of one row in no order; the types that its details spell out are
 * in our text.
 */
function distinct(json: string): unknown {
  if (json.trim() === "") {
    return [];
  }
  const { errors } = JSON.parse(json) as {
    errors: readonly Readonly<Record<string, unknown>>[];
  };
  const texts = errors.map(({ details, ...error }) =>
    JSON.stringify(
      error["code"] === "rego_parse_error" ? { ...error, details } : error,
    ),
  );
  return [...new Set(texts)].sort();
}
