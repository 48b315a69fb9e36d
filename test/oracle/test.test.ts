import { describe, expect, test } from "vitest";
import { opaProgram, runBoth } from "../support/both-tools.ts";
import { treeOf } from "../support/command-line.ts";

const library = `package lib

allow if input.user == "alice"

names contains name if some name in data.users

double(x) := x * 2

greet(x) := upper(x)
`;

/** Trees by what is in them. */
/** Rules that OPA's index tells apart, and some that it does not. */
// Without its index, OPA's order of rules that agree and ask for different
// values of one reference is that of a map: there are none of them here.
const indexed = `package lib

p if input.x == 1

other if input.x == 2

q contains input.y if input.method == "GET"

q contains "put" if {
	input.method == "PUT"
	input.z
}

role := "admin" if input.user in {"ada", "grace"}

role := "guest" if input.user in ["eve"]

early if input.list[_] == 2

named if {
	some x in input.list
	name := input.name
	x == name
}

tagged if "x" in input.tags

f(1) := "one"

f(2) := "two"

g(x) := y if {
	x > 1
	y := data.table[x]
} else := 0 if x == 0

told if {
	print("not indexed")
	input.x == 3
}
`;

const trees: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  passing: {
    "lib.rego": library,
    "data.json": '{"users": ["alice", "bob"]}',
    "lib_test.rego": `package lib_test

import data.lib

test_allow if lib.allow with input as {"user": "alice"}

test_deny if not lib.allow with input as {"user": "bob"}

test_names if lib.names == {"alice", "bob"}

test_double if lib.double(2) == 4
`,
  },
  failing: {
    "lib.rego": library,
    "lib_test.rego": `package lib_test

import data.lib

test_fails if lib.double(2) == 5

test_passes if lib.double(2) == 4

test_undefined if input.nothing

test_false := false

test_text := "x"
`,
  },
  erring: {
    "a_test.rego": `package a_test

test_conflict if f(1) == 1

f(x) := x

f(x) := x + 1

test_builtin if to_number("x") == 1

test_divide if 1 / 0 == 1
`,
  },
  todo: {
    "a_test.rego": `package a_test

todo_test_later if false

test_now if true
`,
  },
  subtests: {
    "a_test.rego": `package a_test

cases := {"one": 1, "two": 2, "three": 4}

test_cases[name] if {
	some name, value in cases
	value < 3
}

test_nested[group][name] if {
	some group in ["x", "y"]
	some name in ["a", "b"]
	not [group, name] == ["y", "b"]
}
`,
  },
  mocks: {
    "lib.rego": library,
    "a_test.rego": `package a_test

import data.lib

test_data if lib.names == {"x"} with data.users as ["x"]

test_function if lib.double(2) == 7 with lib.double as seven

test_builtin if lib.greet("a") == "b" with upper as b

test_value if lib.double(2) == 9 with lib.double as 9

seven(_) := 7

b(_) := "b"
`,
  },
  printing: {
    "a_test.rego": `package a_test

test_prints if {
	print("hello", 1, {"a": [true, null]})
	input.x
}

test_prints_and_passes if {
	print("passed")
	true
}
`,
  },
  data_driven: {
    "cases.yaml": "cases:\n  - {note: a, want: 1}\n  - {note: b, want: 2}\n",
    "a_test.rego": `package a_test

test_each[note] if {
	some {"note": note, "want": want} in data.cases
	want == 1
}
`,
  },
  same_names: {
    "a_test.rego": `package a_test

test_x if true

test_x if false

test_x if true
`,
  },
  prefixed: {
    "a_test.rego": "package a\n\np.q.test_x if true\n\np.q.x.test_y if false\n",
  },
  nothing: { "a.rego": library },
  old: {
    "a_test.rego": "package a_test\n\ntest_x { true }\n\ntest_y { false }\n",
  },
  wrong: { "a_test.rego": "package a_test\n\ntest_x if x > 1\n" },
  unparsable: { "a_test.rego": "package a_test\n\ntest_x if {\n" },
  conflicting: { "a.json": '{"x": 1}', "b.json": '{"x": 2}' },
  indexed: {
    "lib.rego": indexed,
    "lib_test.rego": `package lib_test

import data.lib

test_p if lib.p with input as {"x": 1}

test_other if not lib.other with input as {"x": 1}

test_q if lib.q == {"a"} with input as {"method": "GET", "y": "a"}

test_role if lib.role == "admin" with input.user as "ada"

test_early if lib.early with input.list as [1, 2, 3]

test_named if not lib.named with input.list as [1]

test_tagged if lib.tagged with input.tags as ["y", "x"]

test_f if lib.f(1) == "one"

test_g if lib.g(0) == 0

test_told if not lib.told with input.x as 1
`,
  },
  "index fails": {
    "lib.rego": indexed,
    "lib_test.rego": `package lib_test

import data.lib

test_p if lib.p with input.x as 9

test_q if lib.q == {"put"} with input as {"method": "PUT"}

test_named if lib.named with input.list as [1]

test_told if lib.told with input.x as 1

test_g if lib.g(2) == 1
`,
  },
  branches: {
    "lib.rego": `package lib

level := "high" if {
	input.x > 10
} else := "middle" if {
	input.x > 5
} else := "low"

unused if {
	input.y
	input.z
}

kinds contains "a" if input.a

kinds contains "b" if {
	input.b
	input.c
}

every_one if every x in input.xs { x > 0 }
`,
    "lib_test.rego": `package lib_test

import data.lib

test_high if lib.level == "high" with input.x as 11

test_low if lib.level == "low" with input.x as 1

test_kinds if lib.kinds == {"a"} with input as {"a": true, "b": false}

test_every if lib.every_one with input.xs as [1, 2]
`,
  },
};

const flagSets: readonly (readonly string[])[] = [
  ["."],
  ["-f", "json", "."],
  ["-v", "."],
  ["-z", "."],
];

/** More flags for some of the trees. */
const more: readonly (readonly [tree: string, args: readonly string[]])[] = [
  ["passing", ["-r", "names", "-v", "."]],
  ["passing", ["--run", "^data.lib_test.test_(allow|deny)$", "-v", "."]],
  ["passing", ["--run", "nothing", "."]],
  ["passing", ["--run", "nothing", "--fail-on-empty", "."]],
  ["passing", ["--run", "[", "."]],
  ["nothing", ["--fail-on-empty", "."]],
  ["passing", ["--count", "3", "."]],
  ["failing", ["--count", "2", "-f", "json", "."]],
  ["failing", ["-m", "1", "."]],
  ["passing", ["-b", "."]],
  ["passing", ["-b", "-v", "."]],
  ["passing", ["--ignore", "*_test.rego", "."]],
  ["old", ["--v0-compatible", "-v", "."]],
  ["passing", ["nowhere"]],
  ["passing", ["--timeout", "10s", "."]],
  ["failing", ["--explain", "notes", "."]],
  ["subtests", ["-r", "nested", "-v", "."]],
  ["branches", ["-r", "high|low|every", "-c", "."]],
  ["branches", ["-r", "high", "-c", "-f", "json", "."]],
  ["branches", ["-r", "high", "--threshold", "10", "."]],
  ["branches", ["--threshold", "99.5", "."]],
  ["branches", ["--threshold", "101", "."]],
  ["branches", ["-c", "--coverage-runs", "."]],
  ["passing", ["-c", "."]],
  ["failing", ["-c", "."]],
  ["mocks", ["-c", "."]],
  ["indexed", ["-c", "."]],
  ["indexed", ["-c", "--coverage-runs", "early_exit", "."]],
  ["indexed", ["-c", "--coverage-runs", "", "."]],
  ["indexed", ["-c", "-f", "json", "."]],
  ["passing", ["-f", "gobench", "."]],
  ["todo", ["-z", "-v", "."]],
];

const runs = [
  ...Object.keys(trees).flatMap((tree) =>
    flagSets.map((args) => [tree, args] as const),
  ),
  ...more,
];

/**
 * The lines of a report in order, without what the clock says: OPA runs the
 * tests of a package in no order.
 */
function masked(text: string): readonly string[] {
  return text
    .replace(/\([0-9.]+(?:ns|µs|ms|s)\)/g, "(time)")
    .replace(/"duration": [0-9]+/g, '"duration": 0')
    .split("\n")
    .map((line) => line.replace(/,$/, ""))
    .sort();
}

describe.skipIf(opaProgram === undefined)(`test, ${runs.length} runs`, () => {
  test.each(runs)("%s: %o", (tree, args) => {
    const folder = treeOf(trees[tree] ?? {});
    const { opa, own } = runBoth(folder, ["test", ...args]);
    expect(own.status, own.stderr + opa.stderr).toBe(opa.status);
    expect(masked(own.stdout)).toEqual(masked(opa.stdout));
  });
});
