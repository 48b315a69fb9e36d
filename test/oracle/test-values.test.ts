import { describe, expect, test } from "vitest";
import { opaProgram, runBoth } from "../support/both-tools.ts";
import { treeOf } from "../support/command-line.ts";

/** Tests that fail in as many ways as there are values to be shown. */
const files = {
  "lib.rego": `package lib

allow if input.user == "alice"

names contains name if some name in data.users

names contains "n"

double(x) := x * 2

flag := false

on := true

one := 1

long := "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

obj[k] := v if some k, v in {"a": 1, "b": 2}

two := 2
`,
  "a_test.rego": `package a_test

test_call if data.lib.double(2) == 5

test_vars if {
	x := 1
	y := {"a": [x, 2]}
	y.a[0] == 2
}

test_ref if data.lib.names == {"x"}

test_undefined if input.user.name == "x"

test_term if data.lib.flag

test_not if not data.lib.on

test_negated_call if {
	x := 2
	not data.lib.double(x) == 4
}

test_with if data.lib.allow with input as {"user": "bob"}

test_some if {
	some x in [1, 2]
	x == 3
}

test_every if {
	every x in [1, 2, 3] { x < 3 }
}

test_comp if [x | some x in data.lib.names] == []

test_multi if {
	a := 1
	b := 2
	{"k": a, "l": b} == {"k": b, "l": a}
}

test_nested if data.lib.double(data.lib.double(2)) == data.lib.one + 1

test_builtin if {
	s := "abc"
	startswith(s, upper("b"))
}

test_arr if {
	arr := [1, 2]
	i := 1
	arr[i] == 5
}

test_long if data.lib.long == "x"

test_contains if "z" in data.lib.names

test_cases[note] if {
	some note, want in {"one": 1, "two": 2}
	got := want * 2
	got == 2
}
`,
  "b_test.rego": `package b_test

test_g if data.lib.names["q"]
test_g2 if data.lib.names["n"] == "x"
test_k if {
	some k
	data.lib.obj[k] == 3
}
test_k2 if data.lib.obj.a == 3
test_k3 if not data.lib.obj.a
test_fun if f(1, 2)
test_fun2 if f(input.x, 2) with input.x as 7
test_not2 if not f(4, 2)
test_flag_with if data.lib.flag with input as {}
test_every2 if {
	xs := [1, 2, 3]
	every i, x in xs { x == xs[i]; i < 2 }
}
test_member if {
	x := 3
	x in [1, 2]
}
test_ternary if {
	a := {"x": {"y": [1, 2, 3]}}
	a.x.y[2] != 3
}
test_set if {1, 2} == {2, 3}
test_str if sprintf("%d-%s", [1, "x"]) == "1-y"
test_input if input.a.b == 3 with input as {"a": {"b": 4}}
test_input2 if input.a.b with input as {"a": {"b": false}}
test_comp2 if count([x | some x in [1, 2]; x > 1]) == 2
test_obj if {"a": 1} == {"a": data.lib.one}
test_obj2 if data.lib.obj == {"a": 1, "b": 3}
test_un if {
	[x, y] := [1, 2]
	x == y
}
test_neq if 1 != 1
test_let if {
	x := data.lib.nothing
	x == 1
}
test_multi_line if {
	data.lib.one ==
	data.lib.two
}
test_nested[a][b] if {
	some a in ["p", "q"]
	some b in [1, 2]
	data.lib.one == b
}
test_or := true if {
	data.lib.one == 2
} else := false if {
	data.lib.one == 1
}
test_default_value := x if {
	x := data.lib.flag
}
f(x, y) if x == 4
`,
};

/** A report's last lines, and what it says of each test that failed. */
function failures(text: string): ReadonlyMap<string, string> {
  const masked = text
    .replace(/\([0-9.]+(?:ns|µs|ms|s)\)/g, "(time)")
    // Locals are numbered in the order that passes come to them.
    .replace(/__local\d+__/g, "local");
  const [, told = "", summary = ""] = masked.split(
    /^-+\nFAILURES\n-+\n|^-{80}\n/m,
  );
  const parts = told.split(/\n(?=data\.\S+: FAIL)/);
  return new Map([
    ["summary", summary],
    ...parts.map(
      (part) => [part.split("\n")[0] ?? "", part.trimEnd()] as const,
    ),
  ]);
}

describe.skipIf(opaProgram === undefined)("values of failed tests", () => {
  const folder = treeOf(files);

  test.each([
    ["--var-values", "."],
    ["--var-values", "--explain", "notes", "-r", "test_(some|cases)", "."],
    // Of one member of a partial set OPA evaluates that member alone.
    ["--var-values", "-v", "-r", "test_[^g]", "."],
  ])("%o %o %o %o %o", (...args) => {
    const { opa, own } = runBoth(folder, ["test", ...args.filter(Boolean)]);
    expect(own.status, own.stderr).toBe(opa.status);
    const expected = failures(opa.stdout);
    expect(expected.size).toBeGreaterThan(2);
    expect(failures(own.stdout)).toEqual(expected);
  });
});
