import { existsSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { hostBuiltins } from "../../src/builtins/index.ts";
import {
  compilePlan,
  fromJs,
  publishedOptimizations,
  toJson,
} from "../../src/engine/index.ts";
import { type ConformanceCase, readCases } from "./case.ts";
import { runPlanCase } from "./run-plan.ts";

const folder = "../shared/conformance/rego";

// Of which one in so many is run; each is a family of its own by then.
const sampled = 9;

// What only a host of evaluations has: terms for input, errors of builtins, one
// answer of the outside to one question, base data by the text of a number.
function isForPlans(one: ConformanceCase): boolean {
  return (
    one.input_term === undefined &&
    !one.strict_error &&
    one.want_error === undefined &&
    !/now_ns|caching|rfc4122|lookup_ip|ndb_cache|integer$|json_patch_tests/.test(
      one.note,
    )
  );
}

function sample(): readonly ConformanceCase[] {
  return existsSync(folder)
    ? readCases(folder)
        .filter(isForPlans)
        .filter((_, at) => at % sampled === 0)
    : [];
}

describe.skipIf(!existsSync(folder))("published plans", () => {
  test.each([
    ["by the book", 0],
    ["as OPA reads", 2],
  ] as const)("read %s, level %i, have the answers", async (reading, level) => {
    const failures: string[] = [];
    const optimizations = publishedOptimizations(level);
    const cases = sample();
    for (const one of cases) {
      const failure = await runPlanCase(one, reading, optimizations);
      if (failure !== undefined) {
        failures.push(`${one.note}: ${failure}`);
      }
    }
    expect(failures).toEqual([]);
    expect(cases.length).toBeGreaterThan(100);
  });
});

const modules = {
  "a.rego": `package a

import data.b.f

# Each kind of statement that we make.
set contains x if some x in input.xs

object[k] := v if some k, v in input.object

nested[k].deep[v] contains "x" if some k, v in input.object

nested.fixed := null

all if every x in input.xs { x > 1.5 }

complete := [1, {"a": {2, null}}, "<&>", count(input.xs)] if {
	not input.no
	walk(input, [_, 7])
	f(input.xs[_]) == 3 with input.y as 3 with data.z as {1}
}

default many(_) := false

many(x) if {
	print("many", x)
	x in set
}

else := "none" if input.other

dynamic := data.b[input.name]
`,
  "b.rego": `package b

f(x) := x + input.y

g := {x | some x in data.z}
`,
};

test("a plan is valid by OPA's schema", () => {
  const entrypoints = ["set", "object", "nested", "all", "complete", "dynamic"];
  const compiled = compilePlan({
    modules,
    entrypoints: entrypoints.map((name) => `a/${name}`),
    print: true,
    optimizations: publishedOptimizations(0),
  });
  const json = "errors" in compiled ? "" : compiled.plan.json;
  const kinds = new Map<string, unknown>();
  const plan = JSON.parse(json, (key, value) => {
    if (key !== "stmts") {
      return value;
    }
    for (const one of value as { type: string; stmt: object }[]) {
      kinds.set(`${one.type} ${Object.keys(one.stmt)}`, one);
    }
    // Nested alternatives of 35 kinds would be tried by the million.
    return [];
  });
  expect(kinds.size).toBeGreaterThan(20);
  expect(validated(plan, "Policy")).toBe("[true,[]]");
  expect(validated({ stmts: [...kinds.values()] }, "Block")).toBe("[true,[]]");
});

const schema = JSON.parse(
  readFileSync("test/fixtures/opa-plan.schema.json", "utf8"),
);

/** What `json.match_schema` says of a part of a plan. */
function validated(part: unknown, definition: string): string {
  const builtin = hostBuiltins.find(({ name }) => name === "json.match_schema");
  const caches = { decisionCache: new Map(), policyCache: new Map() };
  const own = { ...schema, $ref: `#/$defs/${definition}` };
  const found = builtin?.run(
    [fromJs(part), fromJs(own)],
    caches as unknown as Parameters<typeof builtin.run>[1],
  );
  return toJson(found as Parameters<typeof toJson>[0]);
}
