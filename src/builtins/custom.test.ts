import { expect, test } from "vitest";
import { compile, loadPolicy } from "../engine/index.ts";
import { customBuiltins } from "./custom.ts";

const text = { type: "string" };
const any = { type: "any" };
const unary = { type: "function", args: [any], result: any };
const run = () => true;

const faults: readonly (readonly [unknown, string])[] = [
  [{}, "export an array of declarations"],
  [[1], "declaration 1: must be an object"],
  [[{ name: "a b", decl: unary, run }], "declaration 1: `name` must be a name"],
  [[{ name: "count", decl: unary, run }], "`count`: OPA has a builtin"],
  [[{ name: "f", decl: unary }], "`f`: `run` (or `implementation`)"],
  [[{ name: "f", run }], "`f`: `decl` must be a function type"],
  [
    [{ name: "f", decl: { type: "function", args: [text] }, run }],
    "`f`: `decl.result` is missing",
  ],
  [
    [{ name: "f", decl: { ...unary, args: [{ type: "text" }] }, run }],
    "`f`: `decl.args[0].type` must be null",
  ],
  [
    [{ name: "f", decl: { ...unary, result: { type: "any", of: 1 } }, run }],
    "`f`: `decl.result.of` must be an array of types",
  ],
  [
    [
      {
        name: "f",
        decl: { ...unary, result: { type: "object", dynamic: { key: text } } },
        run,
      },
    ],
    "`f`: `decl.result.dynamic.value` must be a type",
  ],
  [
    [{ name: "f", decl: { ...unary, variadic: any }, run }],
    "`f`: `decl.variadic`",
  ],
  [
    [{ name: "f", decl: unary, run, nondeterministic: 1 }],
    "`f`: `nondeterministic`",
  ],
  [
    [
      { name: "f", decl: unary, run },
      { name: "f", decl: unary, run },
    ],
    "`f`: declared twice",
  ],
];

test.each(faults)("%j is refused: %s", (declarations, message) => {
  expect(() => customBuiltins("acme.mjs", { default: declarations })).toThrow(
    `acme.mjs: ${message}`,
  );
});

/** The value of an expression that may call `acme.f`, of one operand of any type. */
async function resultOf(
  expression: string,
  implementation: (operand: unknown) => unknown,
) {
  const builtins = customBuiltins("acme.mjs", {
    builtins: [{ name: "acme.f", decl: unary, implementation }],
  });
  const compiled = compile({
    modules: { "p.rego": `package p\n\nx := ${expression}\n` },
    entrypoints: ["p/x"],
    builtins,
  });
  if ("errors" in compiled) {
    throw compiled.errors[0];
  }
  const policy = await loadPolicy(compiled.policy.wasm, { builtins });
  return policy.evaluateAsync({});
}

const operands: readonly (readonly [string, unknown])[] = [
  ["null", null],
  ['["a", true, 1.5]', ["a", true, 1.5]],
  ["9007199254740993", 9007199254740993n],
  ["0.10000000000000000000000000001", 0.1],
  ['{"a", {1}}', new Set(["a", new Set([1])])],
  ['{"a": {"b": 1}}', { a: { b: 1 } }],
  ["{1: 2}", new Map([[1, 2]])],
];

test.each(operands)("%s comes as its JavaScript value", async (rego, value) => {
  let seen: unknown;
  await resultOf(`acme.f(${rego})`, (operand) => {
    seen = operand;
    return 1;
  });
  expect(seen).toEqual(value);
});

test.each(operands.filter(([rego]) => !rego.startsWith("0.")))(
  "%s goes back as it came",
  async (rego) => {
    const same = await resultOf(`acme.f(${rego}) == ${rego}`, (value) => value);
    expect(same).toBe(true);
  },
);

test("a promise is awaited", async () => {
  expect(await resultOf("acme.f(1)", async () => "later")).toBe("later");
});

test.each([
  ["undefined", () => undefined],
  ["a function", () => run],
  [
    "an exception",
    () => {
      throw new Error("broken");
    },
  ],
])("%s is undefined", async (_what, implementation) => {
  expect(await resultOf("acme.f(1)", implementation)).toBeUndefined();
});

test("an operand of the wrong type is a type error", () => {
  const builtins = customBuiltins("acme.mjs", {
    default: [{ name: "acme.f", decl: { ...unary, args: [text] }, run }],
  });
  expect(
    compile({
      modules: { "p.rego": "package p\n\nx := acme.f(1)\n" },
      builtins,
    }),
  ).toMatchObject({ errors: [{ code: "rego_type_error" }] });
});
