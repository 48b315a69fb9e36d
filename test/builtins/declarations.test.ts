import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { hostBuiltins } from "../../src/builtins/index.ts";
import {
  type CapabilityBuiltin,
  capabilities,
} from "../../src/engine/builtins/capabilities.ts";
import {
  compile,
  loadPolicy,
  PolicyError,
  RegoText,
} from "../../src/engine/index.ts";

// Written by the compiler, or operators that no call spells.
const notCalled =
  /^(assign|eq|print|internal\..*|rego\.metadata\..*|and|or|minus|plus|mul|div|rem|equal|neq|lt|lte|gt|gte)$/;

const callable = capabilities.builtins.filter(
  ({ name }) => !notCalled.test(name),
);

function call({ name }: CapabilityBuiltin, operands: readonly string[]) {
  return `${name}(${operands.join(", ")})`;
}

function compiled(builtin: CapabilityBuiltin, body: string) {
  return compile({
    modules: { "p.rego": `package p\n${body}\n` },
    entrypoints: ["p/r"],
    // Rego v1 refuses what is deprecated.
    regoVersion: builtin.deprecated ? 0 : 1,
  });
}

function arity({ decl }: CapabilityBuiltin): number {
  return decl.args?.length ?? 0;
}

/** Values of every type, and numbers at the ends of what there is. */
const values = [
  ...["null", "true", '""', '"\\u0000"', "[]", "{}", "set()", "[[]]"],
  ...["0", "-1", "1e400", "-1e400", "1e-400", "9223372036854775808"],
  '{"a": null}',
];

test("documentation has every builtin of the capability file", () => {
  const page = readFileSync(
    new URL("../../docs/builtins.md", import.meta.url),
    "utf8",
  );
  const missing = callable.filter(({ name }) => !page.includes(`\`${name}\``));
  expect(missing.map(({ name }) => name)).toEqual([]);
});

test("every builtin is in the module or in the host", () => {
  const inHost = new Set(hostBuiltins.map(({ name }) => name));
  // The engine has these itself, for every host.
  const inEngine = ["time.now_ns", "trace"];
  const missing = callable.filter((builtin) => {
    const operands = Array.from({ length: arity(builtin) }, () => "input");
    const found = compiled(builtin, `r := [${call(builtin, operands)}]`);
    const needed = "errors" in found ? ["?"] : found.policy.hostBuiltins;
    return !needed.every((name) => inHost.has(name) || inEngine.includes(name));
  });
  expect(missing.map(({ name }) => name)).toEqual([]);
});

describe("from its declaration", () => {
  test.each(callable)("$name refuses another number of operands", (builtin) => {
    const operands = Array.from(
      { length: arity(builtin) + 2 },
      () => "input.x",
    );
    const found = compiled(builtin, `r := [${call(builtin, operands)}]`);
    const errors = "errors" in found ? found.errors : [];
    expect(errors.map(({ code }) => code)).toEqual(["rego_type_error"]);
    expect(errors[0]?.message).toContain(builtin.name);
    expect(errors[0]?.location).toBeDefined();
  });

  test.each(callable)("$name meets values of wrong types", async (builtin) => {
    const names = Array.from(
      { length: arity(builtin) },
      (_, index) => `a[${index}]`,
    );
    const program = compile({
      modules: {
        "p.rego": `package p\nf(a) = x { x := [${call(builtin, names)}] }\nr = x { x := f(input) }\n`,
      },
      entrypoints: ["p/r"],
      regoVersion: 0,
    });
    if ("errors" in program) {
      throw program.errors[0];
    }
    const policy = await loadPolicy(program.policy.wasm, {
      builtins: hostBuiltins,
      strictBuiltinErrors: true,
      limits: { deadlineMs: 5_000 },
    });
    for (const value of values) {
      const input = new RegoText(`[${names.map(() => value).join(", ")}]`);
      try {
        await policy.evaluateAsync(input);
      } catch (error) {
        expect(error).toBeInstanceOf(PolicyError);
        expect((error as PolicyError).code).toMatch(/^eval_/);
      }
    }
  });
});
