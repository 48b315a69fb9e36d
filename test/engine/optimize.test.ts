import { describe, expect, test } from "vitest";
import {
  compile,
  inspect,
  loadPolicy,
  type Optimizations,
} from "../../src/engine/index.ts";

/** The plan of `data.p.r` as text. */
function planOf(rules: string, optimizations: Optimizations = {}): string {
  const inspected = inspect({
    modules: { "p.rego": `package p\n${rules}\n` },
    entrypoints: ["p/r"],
    optimizations,
  });
  if ("errors" in inspected) {
    throw inspected.errors[0];
  }
  return inspected.ir;
}

function count(text: string, part: string): number {
  return text.split(part).length - 1;
}

describe("subDocumentCache", () => {
  const rule = `r if {
  input.request.http.method == "GET"
  some role in input.request.roles
  input.request.http.path == role
}`;

  test("a path is looked up once in a rule, within loops too", () => {
    expect(count(planOf(rule), `key="request"`)).toBe(1);
    expect(count(planOf(rule), `key="http"`)).toBe(1);
    expect(
      count(planOf(rule, { subDocumentCache: false }), `key="request"`),
    ).toBe(3);
  });

  test("a lookup under another input is made again", () => {
    const plan = planOf(`r if {
  input.a.b == 1
  input.a.b == 2 with input.a as {"b": 2}
  input.a.b == 1
}`);
    expect(count(plan, `key="a"`)).toBe(2);
  });
});

describe("constantFolding", () => {
  test("arithmetic and comparisons of constants are done", () => {
    const plan = planOf(`r := 2 * 3 + 4 if { 3 > 2; count("abc") == 3 }`);
    expect(plan).toContain("MakeNumberIntStmt value=10");
    expect(plan).not.toContain("plus");
    expect(plan).not.toContain("count");
    expect(planOf("r := 2 * 3 + 4", { constantFolding: false })).toContain(
      "func=plus",
    );
  });

  test("a rule with one constant value stands where it is used", () => {
    const rules = "limit := 5\nr if input.n < limit * 2";
    expect(planOf(rules)).not.toContain("g0.data.p.limit");
    expect(planOf(rules)).toContain("MakeNumberIntStmt value=10");
  });

  test("what can never hold ends its body", () => {
    expect(planOf(`r if { 1 > 2; input.a }`)).not.toContain(`key="a"`);
  });
});

describe("inlining", () => {
  const rules = `is_admin(user) if user.role == "admin"
r if is_admin(input.user)`;

  test("a small function stands where it is called", () => {
    expect(planOf(rules)).not.toContain("is_admin");
    expect(planOf(rules, { inlining: false })).toContain(
      "func=g0.data.p.is_admin",
    );
  });

  test("a mocked function is called as it is mocked", async () => {
    const compiled = compile({
      modules: {
        "p.rego": `package p
f(x) := x + 1
g(x) := x + 2
r := [a, b] if { a := f(1); b := f(1) with f as g }`,
      },
      entrypoints: ["p/r"],
    });
    if ("errors" in compiled) {
      throw compiled.errors[0];
    }
    const policy = await loadPolicy(compiled.policy.wasm);
    expect(policy.evaluate({})).toEqual([2, 3]);
  });
});

describe("comprehensionIndex", () => {
  const rules = `r[name] := [y.n | some y in input.others; y.owner == name] if {
  some x in input.items
  name := x.name
}
s contains x if {
  some x in input.items
  all := {y.n | some y in input.others; y.n > input.least}
  x.n in all
}`;
  const items = Array.from({ length: 200 }, (_, index) => ({
    name: `n${index}`,
    n: index,
  }));
  const input = {
    items,
    least: 100,
    others: items.flatMap(({ name, n }) => [
      { owner: name, n },
      { owner: name, n: n + 1 },
    ]),
  };

  async function evaluate(
    entrypoint: string,
    fuel: number,
    optimizations: Optimizations = {},
  ): Promise<unknown> {
    const compiled = compile({
      modules: { "p.rego": `package p\n${rules}\n` },
      entrypoints: [entrypoint],
      optimizations,
    });
    if ("errors" in compiled) {
      throw compiled.errors[0];
    }
    const limits = { fuel };
    const policy = await loadPolicy(compiled.policy.wasm, { limits });
    return policy.evaluate(input, { entrypoint });
  }

  test("a variable that an equation names on both sides is no key", () => {
    const plan = planOf(`r contains xs if {
  some x in input.xs
  xs := [y | some y in {1, 2}; x == {"a", x}]
}`);
    expect(plan).toContain("ScanStmt");
  });

  test.each(["p/r", "p/s"])(
    "%s is as without, for a tenth of the fuel",
    async (entrypoint) => {
      const plain = await evaluate(entrypoint, 10_000_000, {
        comprehensionIndex: false,
      });
      expect(await evaluate(entrypoint, 20_000)).toEqual(plain);
      await expect(
        evaluate(entrypoint, 80_000, { comprehensionIndex: false }),
      ).rejects.toThrow("eval_limit_error");
    },
  );
});
