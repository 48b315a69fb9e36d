import { describe, expect, test } from "vitest";
import { hostBuiltins } from "../../src/builtins/index.ts";
import {
  type CapabilityBuiltin,
  capabilities,
  type TypeDecl,
} from "../../src/engine/builtins/capabilities.ts";
import { compile } from "../../src/engine/index.ts";

/** What the compiler itself makes of a call, so that nothing is left to run. */
const compiled = /^(assign|eq|print|rego\.metadata\.\w+)$/;

/** What the engine's own host answers. */
const ofTheEngine = new Set([
  "internal.print",
  "internal.test_case",
  "time.now_ns",
]);

type Where = "compiler" | "module" | "host";

function whereItRuns(builtin: CapabilityBuiltin): Where {
  if (compiled.test(builtin.name)) {
    return "compiler";
  }
  const args = builtin.decl.args ?? [];
  const operands = args.map((_, index) => `input[${index}]`).join(", ");
  const found = compile({
    modules: {
      "call.rego": `package call\n\nr { ${hasResult(builtin) ? "x := " : ""}${callOf(builtin, operands)} }\n`,
    },
    entrypoints: ["call/r"],
    regoVersion: 0,
  });
  if ("errors" in found) {
    throw found.errors[0];
  }
  return found.policy.hostBuiltins.length > 0 ? "host" : "module";
}

function callOf(
  { name, infix, relation }: CapabilityBuiltin,
  operands: string,
) {
  if (infix !== undefined && /^(and|or)$/.test(name)) {
    return operands.replace(", ", ` ${infix} `);
  }
  return relation
    ? `[found | ${name}(${operands}, found)]`
    : `${name}(${operands})`;
}

function hasResult({ decl }: CapabilityBuiltin): boolean {
  return decl.result !== undefined;
}

function typeText(type: TypeDecl): string {
  const { of } = type;
  if (Array.isArray(of)) {
    return of.map((one: TypeDecl) => typeText(one)).join(" or ");
  }
  switch (type.type) {
    case "set":
      return `set[${of ? typeText(of as TypeDecl) : "any"}]`;
    case "array":
      return arrayText(type);
    default:
      return type.type;
  }
}

function arrayText({ static: items, dynamic }: TypeDecl): string {
  return items
    ? `[${(items as readonly TypeDecl[]).map(typeText).join(", ")}]`
    : `array[${dynamic ? typeText(dynamic as TypeDecl) : "any"}]`;
}

function signature({ decl }: CapabilityBuiltin): string {
  const args = (decl.args ?? []).map((type) =>
    type.name ? `${type.name}: ${typeText(type)}` : typeText(type),
  );
  return `(${args.join(", ")}) ${decl.result ? typeText(decl.result) : ""}`.trim();
}

function page(): string {
  const rows = capabilities.builtins.map((builtin) => {
    const notes = [
      ...(builtin.nondeterministic ? ["not deterministic"] : []),
      ...(builtin.deprecated ? ["deprecated"] : []),
      ...(builtin.relation ? ["relation"] : []),
    ];
    return `| \`${builtin.name}\` | \`${signature(builtin)}\` | ${whereItRuns(builtin)} | ${notes.join(", ")} |`;
  });
  return `# Builtins

All ${capabilities.builtins.length} builtins of OPA 1.20.1. *module*: inside the WebAssembly module, so every OPA SDK runs it. *host*: supplied by Portcullis, outside the sandbox.
*compiler*: nothing is left of the call in the module. This page is made from \`src/engine/builtins/capabilities.ts\` by \`npx vitest run --project unit test/docs/builtins.test.ts --update\`.

| builtin | signature | runs in | |
|---|---|---|---|
${rows.join("\n")}
`;
}

describe("builtins", () => {
  test("docs/builtins.md is current", async () => {
    await expect(page()).toMatchFileSnapshot("../../docs/builtins.md");
  });

  test("no builtin of the host is in the module too", () => {
    const onHost = new Set(hostBuiltins.map(({ name }) => name));
    const twice = capabilities.builtins.filter(
      (builtin) =>
        onHost.has(builtin.name) && whereItRuns(builtin) === "module",
    );
    expect(twice.map(({ name }) => name)).toEqual([]);
  });

  test("every builtin that is not in the module is the host's, once", () => {
    const names = [...hostBuiltins.map(({ name }) => name), ...ofTheEngine];
    const wanted = capabilities.builtins
      .filter((builtin) => whereItRuns(builtin) === "host")
      .map(({ name }) => name);
    const missing = wanted.filter((name) => !names.includes(name));
    expect(new Set(names).size).toBe(names.length);
    expect(names.filter((name) => !wanted.includes(name))).toEqual([]);
    // The one that is not written yet.
    expect(missing.filter((name) => name !== "http.send")).toEqual([]);
  });
});
