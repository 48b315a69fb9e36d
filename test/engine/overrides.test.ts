import { describe, expect, test } from "vitest";
import { compile, inspect } from "../../src/engine/compile.ts";
import { loadPolicy } from "../../src/engine/evaluate/policy.ts";

const policy = `package t

f(x) := x + 1

p := f(1)

q := value if value := p with f as 7

chosen := {"first": a, "second": b, "nested": c} if {
	a := p with f as 10
	b := p with f as 20
	c := q + f(0) with f as 30
}

limited := [n |
	some limit in [1, 2]
	n := limit_of with data.limits.n as limit
]

limit_of := data.limits.n
`;

/** The functions that the rule was planned to, by the sets of what is replaced. */
function generations(rule: string): Set<string> {
  const options = { modules: { "t.rego": policy }, entrypoints: ["t"] };
  const inspected = inspect(options);
  const ir = "ir" in inspected ? inspected.ir : "";
  return new Set(
    [
      ...ir.matchAll(new RegExp(`\\bg\\d+(?=\\.data\\.t\\.${rule}\\b)`, "g")),
    ].map(String),
  );
}

describe("with", () => {
  test("plans a rule once for all values that stand in for a function", () => {
    // Without a mock, and with one.
    expect(generations("p").size).toBe(2);
  });

  test("plans nothing again for base data that no rule defines", () => {
    expect(generations("limit_of").size).toBe(1);
  });

  test("keeps each value to its own expression", async () => {
    const modules = { "t.rego": policy };
    const compiled = compile({ modules, entrypoints: ["t"] });
    if ("errors" in compiled) {
      throw compiled.errors[0];
    }
    const loaded = await loadPolicy(compiled.policy.wasm, {});
    expect(loaded.evaluate({})).toMatchObject({
      chosen: { first: 10, second: 20, nested: 37 },
      limited: [1, 2],
      p: 2,
      q: 7,
    });
  });
});
