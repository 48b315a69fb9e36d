import { resolve } from "node:path";
import { describe, expect, test } from "vitest";
import {
  type Ran,
  runOwn,
  runProgram,
  treeOf,
} from "../support/command-line.ts";
import { opaBinary } from "../support/opa-binary.ts";
import { undescribed } from "../support/undescribed.ts";

const found = opaBinary();
const opa = found && resolve(found);

const folder = treeOf({
  "input.json": `{"a": [1, 2, 2], "x": 1, "s": "é<&>", "big": 12345678901234567890}`,
  "input.yaml": "a: [1, {b: yes}]\nx: 0x10\n",
  "broken.json": `{"a": 1`,
  "policy/p.rego": `package p

q := 1 if input.x
q := 2 if input.x

r contains x if some x in input.a

f(x) := x * 2

deep.er[k] := v if some k, v in data.things

failing.a := to_number("x")

failing.b contains to_number(y) if some y in ["a", "1", "b"]
`,
  "told/t.rego": `package t

ok if {
	input.x == 1
	some i, v in input.a
	v == 2
	not other
}

ok if input.x > 2

two if input.x == 2

other if input.nope

level := "high" if input.x > 10

else := "low" if input.x < 5

kinds contains k if {
	some k in ["a", "b"]
	k != input.s
}
`,
  "policy/things/numbers.yaml": "one: 1\ntwo: 0.5\n",
  "policy/more.json": `{"things": {"huge": 123456789012345678901234567890}}`,
  "bundle/a/data.json": `{"b": 1}`,
  "bundle/a/other.json": `{"c": 1}`,
});

const queries = [
  ...["1+1", '"a<b"', 'x := [1,{"a":"b"}]', "[1,2][i]", "data.nope", "1/0"],
  ...["x +", 'y := 1; z := {"k":[1,2]}; y', "true; 1==1", "1;2", "foo(1)"],
  ...["some x in {1,2,3}; x > 1", "every x in [1] { x == 1 }", "not false"],
  ...["{1,2} | {3}", "walk([1,[2]], [p, v])", "12345678901234567890 + 1"],
  ...["1.0", '{"b":1,"a":{2}}', 'sprintf("%v", [1])', "_ = 1", "null"],
  ...["set()", "{}", "[]", "input", 'a := "é"; b := "日本"', "data"],
  ...["x := 1; x := 2", "count([1,2]) == 2", 'split("a,b", ",")[_]'],
  ...["{x | x := [1,2][_]}", "input.a[i] == 2", "input.big", "input.s"],
  ...['{"a": input.x, "a": 2}', "{input.x: input.s, 1: 2, 1.0: 3}"],
  ...['{"a": input.nope, "a": 2}', "{input.a[1]: 1, input.a[2]: input.s}"],
  ...["data.p.r", "data.p.f(3)", "data.p.deep", "data.things", "data.p.q"],
  ...["false", "false; true", "1 == 2", "input.a[_] == 3", "count(1)"],
];

const plans: readonly (readonly string[])[] = [
  ["-f", "pretty"],
  ["-d", "policy", "-i", "input.json"],
  ["-f", "raw", "-d", "policy", "-i", "input.yaml"],
];

/** Queries that stand in a package, or import. */
const scoped: readonly (readonly string[])[] = [
  ["--package", "p", "-f", "pretty", "r"],
  ["--package", "p", "f(4)"],
  ["--package", "p", "r := 5; r"],
  ["--package", "p", "[x | x := r[_]; r[x]]"],
  ["--package", "p", "-f", "pretty", "nothing"],
  ["--package", "none", "-f", "pretty", "r"],
  ["--package", "p.q.[", "-f", "pretty", "r"],
  ["--import", "none", "-f", "pretty", "r"],
  ["--import", "input.x:y", "-f", "pretty", "r"],
  ["--package", 'p["b-c"].d', "1"],
  ["--import", "data.p", "p.r"],
  ["--import", "data.p as other", "other.f(2); other.r[x]"],
  ["--import", "data.things", "-f", "pretty", "things[k]"],
  ["--import", "input.a", "--import", "data.p.r", "a[i]; r[j]"],
  ["--import", "input.a", "--package", "p", "every x in a { r[x] }"],
  ["--import", "rego.v1", "1"],
  ["--disable-indexing", "--disable-early-exit", "data.p.r"],
];

const others: readonly (readonly string[])[] = [
  ...["bindings", "values", "discard"].flatMap((format) =>
    ["[1,2][i]", "x := 1; x", "data.nope", "x +"].map((query) => [
      "-f",
      format,
      query,
    ]),
  ),
  ["-b", "bundle", "data"],
  ["-d", "bundle", "data"],
  ["--fail-defined", "1"],
  ["--fail", "data.x"],
  ["-i", "broken.json", "-f", "pretty", "input"],
  ["-i", "none.json", "-f", "pretty", "input"],
  ["--v0-compatible", "-f", "pretty", "1 == 1"],
  ["-S", "x := 1"],
  ...["json", "pretty", "values", "bindings", "raw", "discard"].flatMap(
    (format) =>
      ["data.p.failing", "data.p.failing.a", "1"].map((query) => [
        ...["-d", "policy", "-f", format, "--show-builtin-errors", query],
      ]),
  ),
  ["-d", "policy", "--show-builtin-errors", "--fail", "data.p.failing.a"],
  ["-d", "policy", "--show-builtin-errors", "--fail-defined", "1/0"],
  ["--show-builtin-errors", 'x := split("a,1,b", ",")[_]; to_number(x)'],
  ["--show-builtin-errors", 'json.unmarshal("{"); 1'],
  ["--show-builtin-errors", 'glob.match("[", [], "a")'],
  ...scoped.map((flags) => ["-d", "policy", "-i", "input.json", ...flags]),
];

/** Sorted where OPA's order varies, and without its prose about builtins. */
function comparable({ status, stdout, stderr }: Ran): Ran {
  const lines = stderr.trim().split("\n");
  const shown = stdout.includes("rego_type_error")
    ? undescribed(stdout)
    : stdout;
  return { status, stdout: shown, stderr: lines.sort().join("\n") };
}

describe.skipIf(opa === undefined)("eval answers as OPA's", () => {
  const cases = [
    ...plans.flatMap((flags) => queries.map((query) => [...flags, query])),
    ...others,
  ];

  test(`${cases.length} evaluations`, { timeout: 600_000 }, () => {
    const differences = cases.flatMap((args) => {
      const call = ["eval", ...args];
      const theirs = comparable(runProgram(opa ?? "", call, { cwd: folder }));
      const ours = comparable(runOwn(call, { cwd: folder }));
      return JSON.stringify(ours) === JSON.stringify(theirs)
        ? []
        : [{ args: args.join(" "), theirs, ours }];
    });
    expect(differences).toEqual([]);
  });
});

/**
 * What an evaluation tells of itself. Without the index, OPA's order of rules
 * that ask for different values of one reference is that of a map: there is
 * none of them here.
 */
const told: readonly (readonly string[])[] = [
  ...["json", "pretty", "discard", "values", "raw", "bindings"].flatMap(
    (format) => [
      ["--coverage", "-f", format, "data.t.ok"],
      ["--metrics", "--coverage", "-f", format, "data.t"],
    ],
  ),
  ["--coverage", "--coverage-runs", "early_exit", "data.t.ok"],
  ["--coverage", "--coverage-runs", "", "data.t.level"],
  ["--coverage", "data.t.nope"],
  ["--metrics", "data.t.level; x = data.t.kinds"],
].map((args) => ["-d", "told", "-i", "input.json", ...args]);

/** Without what was measured, and without a step that ours has not. */
function named(text: string): string {
  return text
    .replace(/.*timer_rego_external_resolve.*\n/g, "")
    .replace(/(_ns"?:? +│?) *\d+/g, "$1 N")
    .replace(/─+/g, "─")
    .replace(/ +/g, " ");
}

describe.skipIf(opa === undefined)("eval tells of itself as OPA's", () => {
  test.each([...told, ["--coverage", "1"], ["--metrics", "1"]])(
    "%o",
    (...args) => {
      const call = ["eval", ...args];
      const theirs = runProgram(opa ?? "", call, { cwd: folder });
      const ours = runOwn(call, { cwd: folder });
      expect(named(ours.stdout)).toBe(named(theirs.stdout));
      expect(ours.status).toBe(theirs.status);
    },
  );
});
