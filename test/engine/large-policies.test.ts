import { describe, expect, test } from "vitest";
import { generate, readRuntime } from "../../src/engine/codegen/generate.ts";
import {
  type CompileOptions,
  compile,
  loadPolicy,
} from "../../src/engine/index.ts";
import type { Policy, Stmt } from "../../src/engine/ir/ir.ts";
import { runtimeBase64 } from "../../src/engine/runtime/gen/runtime-wasm.ts";

const lines = (count: number, line: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => line(index)).join("\n");

const large = `package large

calls if {
${lines(5_000, (index) => `	startswith(input.text, "${"a".repeat(1 + (index % 9))}")`)}
}

names := sum([${lines(5_000, (index) => `r${index},`)}])

${lines(5_000, (index) => `r${index} := ${index}`)}

chained := c0

${lines(500, (index) => `c${index} := c${index + 1} + count(input.text)`)}

c500 := 0

matched := x3999 if {
	[${lines(4_000, (index) => `x${index},`)}] = input.list
}
`;

const loops = `package loops

p if {
${lines(300, (index) => `	some x${index} in input`)}
}
`;

const noPolicy: Policy = {
  static: {
    ...{ strings: [], constants: [], builtinFuncs: [], files: [] },
    inputProjection: undefined,
  },
  ...{ plans: [], funcs: [], positions: [], observedNames: [] },
};

function build(rego: string, options: Partial<CompileOptions>) {
  return compile({ modules: { "p.rego": rego }, ...options });
}

describe("policies that are large", () => {
  test("long bodies, terms and chains of rules", async () => {
    const entrypoints = ["calls", "names", "chained", "matched"].map(
      (name) => `large/${name}`,
    );
    const built = build(large, { entrypoints });
    if ("errors" in built) {
      throw built.errors[0];
    }
    const policy = await loadPolicy(built.policy.wasm);
    const text = "aaaaaaaaaa";
    const list = Array.from({ length: 4_000 }, (_, index) => index);
    const [calls, ...others] = entrypoints;
    const decide = (entrypoint = "", input: unknown = { text, list }) =>
      policy.evaluate(input, { entrypoint });
    expect(decide(calls)).toBe(true);
    expect(decide(calls, { text: "aaaaaaaa" })).toBe(undefined);
    expect(others.map((entrypoint) => decide(entrypoint))).toEqual([
      12_497_500,
      500 * text.length,
      3_999,
    ]);
  });

  test.each([{}, { coverage: true }, { trace: true }])(
    "more loops inside of each other than the stack takes: a fault with its place (%o)",
    (instrument) => {
      const built = build(loops, { entrypoints: ["loops/p"], instrument });
      expect(built).toMatchObject({
        errors: [
          {
            code: "rego_compile_error",
            rawMessage: "rule is nested too deeply",
            location: { file: "p.rego", row: expect.any(Number), col: 2 },
          },
        ],
      });
    },
  );

  test.each([
    { variables: 49_990 },
    {
      variables: 50_000,
      fault: "50004 variables, of which WebAssembly takes 50000",
    },
  ])("a function with $variables variables", ({ variables, fault }) => {
    const location = { file: "p.rego", row: 3, col: 1 };
    const stmts = Array.from(
      { length: variables },
      (_, index): Stmt => ({
        kind: "MakeNullStmt",
        target: index + 2,
        location,
      }),
    );
    const func = {
      ...{ name: "wide", path: [], params: [0, 1], return: 2 },
      blocks: [{ stmts }],
    };
    const wasm = Buffer.from(runtimeBase64, "base64");
    const made = () =>
      generate({ ...noPolicy, funcs: [func] }, readRuntime(wasm, 0));
    if (fault === undefined) {
      expect(WebAssembly.validate(made().wasm as BufferSource)).toBe(true);
    } else {
      expect(made).toThrow(
        `p.rego:3:1: rego_compile_error: rule is too large: its function has ${fault}`,
      );
    }
  });
});
