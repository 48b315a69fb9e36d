import { describe, expect, test } from "vitest";
import { opaProgram, runBoth } from "../support/both-tools.ts";
import { treeOf } from "../support/command-line.ts";

const files = {
  "b/a.rego": `package a

import data.lib.f

p if {
	q[x]
	x == input.y.z
	data.base.b[x].c
	some k, v in input.roles
	v.name == data.names[k]
}

q contains y if {
	some i
	y := data.base.list[i]
	f(y)
	not r
}

r := count(input.items) if input.on

else := data.other.z

all_ok if every x in input.list { x.id in data.known.ids }

names[n] := {m | some m in data.members[n].of} if some n in input.groups

mocked if p with input.y as data.fixtures.y
`,
  "b/lib.rego": "package lib\n\nf(x) if x > data.limits.max\n",
  "bad/a.rego": "package a\n\np := x\n",
  "old/a.rego": "package a\n\np[x] { x = data.b[_] }\n",
};

const runs: readonly (readonly string[])[] = [
  ["-d", "b", "data.a.p"],
  ["-d", "b", "data.a.r"],
  ["-d", "b", "data.a.all_ok"],
  ["-d", "b", "data.a.names.x"],
  ["-d", "b", "data.a.mocked"],
  ["-d", "b", "data.a"],
  ["-d", "b", "data"],
  ["-d", "b", "data.a[x]"],
  ["-d", "b", "data.nowhere"],
  ["-d", "b", "x = data.a.r; y := input.q[x]; data.lib.f(1)"],
  ["-d", "b", "x = data.s; y = x.t; y.u"],
  ["-d", "b", "1"],
  ["-d", "b", "--ignore", "lib.rego", "data.lib"],
  ["-b", "b", "data.a.q"],
  ["-d", "old", "data.a.p"],
  ["-d", "bad", "data.a.p"],
  ["-d", "nowhere", "data.a.p"],
  ["-b", "nowhere", "data.a.p"],
  ["input.x[data.y]"],
  ["x :="],
];

describe.skipIf(opaProgram === undefined)("deps", () => {
  test.each(runs)("%o", (...args) => {
    const folder = treeOf(files);
    for (const format of ["pretty", "json"]) {
      const { opa, own } = runBoth(folder, ["deps", "-f", format, ...args]);
      expect(own.stdout).toBe(opa.stdout);
      expect(own.status).toBe(opa.status);
    }
  });
});
