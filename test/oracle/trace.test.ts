import { describe, expect, test } from "vitest";
import { opaProgram, runBoth } from "../support/both-tools.ts";
import { treeOf } from "../support/command-line.ts";

const folder = treeOf({
  "input.json": `{"x": 1, "role": "admin", "roles": ["a", "b"], "n": [3, 1, 2]}`,
  "data.json": `{"roles": ["dev", "admin", "ops"], "people": {"ann": {"age": 3}, "bob": {"age": 9}}}`,
  "calls.rego": `package calls

level := 1 if input.x == 1
level := 2 if input.x == 2

twice(x) := y if {
	y := x * 2
	trace(sprintf("twice %d", [x]))
}

small(x) if x < 3
small(x) if x == 0

sum := total if {
	a := twice(1)
	b := twice(2)
	c := twice(a)
	total := a + b + c
}

ok if {
	level == 1
	small(input.x)
	not small(9)
}

grade := "high" if input.x > 5
else := "low" if input.x < 2
else := "none"

default missing := false
missing if input.nope

bad if small(7)
`,
  "partial.rego": `package partial

ages contains person.age if some person in data.people

by_name[name] := data.people[name].age if name in ["ann", "bob"]

adults contains name if {
	some name
	by_name[name] > 5
}

has if ages[9]

both if {
	ages[3]
	ages[9]
	by_name.ann == 3
	not by_name.eve
}

all_small if {
	every age in ages {
		age < 10
		adults
	}
}

one_big if {
	every name, age in by_name {
		name != "eve"
		age > 5
	}
}

squares := [y | some x in input.n; y := x * x]

empty := {x | some x in []; x > 1}
`,
  "mocks.rego": `package mocks

allow if input.role == "admin"

names := {name | some name in input.roles}

helped if {
	allow with input.role as "admin"
	not allow with input.role as "dev"
}

replaced := n if n := count(data.mocks.names) with input.roles as ["x", "y", "z"]

mocked if data.calls.twice(1) == 7 with data.calls.twice as seven

seven(_) := 7

roled if {
	some role in data.roles
	role == input.role
	startswith(role, "a")
}
`,
});

const queries = [
  ...["data.calls.ok", "data.calls.sum", "data.calls.level", "data.calls"],
  ...["data.calls.grade", "data.calls.missing", "data.calls.bad"],
  ...["data.partial.both", "data.partial.all_small", "data.partial.one_big"],
  ...["data.partial.adults", "data.partial.squares", "data.partial.empty"],
  ...["data.partial.ages[x]; x > 3", "data.partial", "data.calls.small(2)"],
  ...["data.mocks", "data.mocks.helped; not data.calls.bad", "1 + 1 == 2"],
  ...["data.mocks.roled", 'x := data.people[name].age; name != "ann"'],
];

const documents = [
  ...["-d", "data.json", "-d", "calls.rego", "-d", "partial.rego"],
  ...["-d", "mocks.rego", "-i", "input.json"],
];

const byPlace = [
  ...["--profile-limit", "0"],
  ...["--profile-sort", "file", "--profile-sort", "line"],
];

const runs: readonly (readonly string[])[] = [
  ...queries.map((query) => ["-f", "pretty", "--explain", "full", query]),
  ...["notes", "fails", "off"].flatMap((mode) => [
    ["-f", "pretty", "--explain", mode, "data.calls.ok; data.partial.both"],
  ]),
  ...["data.mocks.roled", "data.calls.ok; x := data.calls.grade"].map(
    (query) => ["-f", "pretty", "--explain", "full", "--var-values", query],
  ),
  ["--explain", "notes", "--disable-early-exit", "data.calls.sum"],
  ["--explain", "full", "--disable-early-exit", "-f", "pretty", "data.calls"],
  // Not of two rules that ask for values of one reference: OPA's order varies.
  ["--explain", "full", "--disable-indexing", "-f", "pretty", "data.mocks"],
  ["--explain", "fails", "data.calls.bad"],
  ["--explain", "nothing", "1"],
  ["--count", "2", "-f", "values", "1"],
].map((flags) => [...documents, ...byPlace, ...flags]);

/** Without times, and the values of variables that only OPA's JSON has. */
function masked(text: string): string {
  return text
    .replace(/.*timer_rego_(external_resolve|data_parse).*\n/g, "")
    .replace(/("Locals": )\[[\s\S]*?\n {6}\]/g, "$1null")
    .replace(/("LocalMetadata": )\{\n[\s\S]*?\n {6}\}/g, "$1{}")
    .replace(/(_ns"?:? +│?) *\d+/g, "$1 N")
    .replace(/\d[\d.]*(ns|µs|ms|s) +│/g, "T │")
    .replace(/[─ ]+/g, " ");
}

describe.skipIf(opaProgram === undefined)("eval traces as OPA's", () => {
  test(`${runs.length} evaluations`, { timeout: 600_000 }, () => {
    let evaluated = 0;
    const differences = runs.flatMap((args) => {
      const { opa, own } = runBoth(folder, ["eval", ...args]);
      evaluated += opa.status === 0 ? 1 : 0;
      const theirs = { status: opa.status, stdout: masked(opa.stdout) };
      const ours = { status: own.status, stdout: masked(own.stdout) };
      return JSON.stringify(ours) === JSON.stringify(theirs)
        ? []
        : [{ args: args.slice(documents.length).join(" "), theirs, ours }];
    });
    expect(differences).toEqual([]);
    expect(evaluated).toBeGreaterThan(runs.length - 4);
  });
});
