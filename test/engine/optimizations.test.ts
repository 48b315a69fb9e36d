import { describe, expect, test } from "vitest";
import {
  type CompileOptions,
  compile,
  loadPolicy,
  PolicyError,
  withoutOptimizations,
} from "../../src/engine/index.ts";
import { generateInput } from "../oracle/generate/input.ts";
import { generateProgram } from "../oracle/generate/program.ts";
import { createRandom, type Random } from "../support/random.ts";

const off = withoutOptimizations(["all"]);

const texts = ["a", "b", "c", "d", "\u{10000}", "\uffff", "abcdefgh", ""];

/** One rule that looks at the input in one of the ways that an index reads. */
function indexedBody(random: Random): string {
  const pick = (from: readonly string[]): string => random.pick(from);
  const value = (): string =>
    pick([...texts.map((text) => JSON.stringify(text)), "1", "null", "[1]"]);
  const field = (): string => pick(["input.x", "input.y.z", "data.base.x"]);
  return pick([
    `${field()} == ${value()}`,
    `${value()} == ${field()}`,
    `${field()} = ${value()}`,
    `v := ${field()}; v == ${value()}`,
    `${field()} in {${value()}, ${value()}}`,
    `${value()} in input.roles`,
    `${field()} == ${value()}; input.y.z == ${value()}`,
    `not ${field()} == ${value()}`,
    `count(input.roles) > ${pick(["0", "1", "2"])}; input.x == ${value()}`,
    `input.x == ${value()} with input.x as ${value()}`,
    `to_number(input.x) == 1; input.y.z == ${value()}`,
  ]);
}

function indexedProgram(random: Random): string {
  const number = (): number => random.below(3);
  const lines = (make: () => string): string =>
    Array.from({ length: 24 }, make).join("\n");
  const key = (): string => JSON.stringify(random.pick(texts));
  return `package p
default same := false
${lines(() => `same if { ${indexedBody(random)} }`)}
${lines(() => `differ := ${number()} if { ${indexedBody(random)}; input.y.z == ${key()} }`)}
${lines(() => `chain := ${number()} if { ${indexedBody(random)}; input.x == ${key()} } else := 3 if { ${indexedBody(random)} }`)}
${lines(() => `elements contains ${number()} if { ${indexedBody(random)} }`)}
${lines(() => `members[${key()}] := ${number()} if { ${indexedBody(random)}; input.x == ${key()} }`)}
${lines(() => `f(${key()}, y) := y if { ${indexedBody(random)} }`)}
applied := f(input.x, 1)
mocked := value if value := same with input.x as "a"
`;
}

const indexInputs = [
  "{}",
  ...texts.map((x, index) =>
    JSON.stringify({
      x,
      y: { z: texts[(index * 3) % texts.length] },
      roles: texts.slice(index % 3, index),
    }),
  ),
  `{"x": 1, "y": {"z": null}, "roles": {"k": "a", "l": [1]}}`,
  `{"x": 1.0, "y": {"z": [1]}, "roles": "a"}`,
  `{"x": [1], "y": 3, "roles": ["a", "a", null]}`,
];

async function answers(
  options: CompileOptions,
  inputs: readonly string[],
  data: object = { base: { x: "c" } },
): Promise<string[]> {
  const compiled = compile(options);
  if ("errors" in compiled) {
    return compiled.errors.map(({ message }) => message);
  }
  const policy = await loadPolicy(compiled.policy.wasm, {
    data,
    limits: { deadlineMs: 5_000 },
  });
  return inputs.flatMap((input) =>
    compiled.policy.entrypoints.map((entrypoint) => {
      try {
        const decision = policy.start(new TextEncoder().encode(input));
        return decision.evaluateJson(entrypoint) ?? "undefined";
      } catch (error) {
        return PolicyError.from(error).code;
      }
    }),
  );
}

describe("optimized modules answer as plain ones", () => {
  const random = createRandom(20_261_125);
  const names = [
    "same",
    "differ",
    "chain",
    "elements",
    "members",
    "applied",
    "mocked",
  ];
  const programs = Array.from({ length: 15 }, () => indexedProgram(random));
  test.each(programs.map((text, index) => [index, text] as const))(
    "rules that an index tells apart, %i",
    async (_, text) => {
      const options = {
        modules: { "p.rego": text },
        entrypoints: names.map((name) => `p/${name}`),
      };
      const plain = await answers(
        { ...options, optimizations: off },
        indexInputs,
      );
      expect(plain).toHaveLength(indexInputs.length * names.length);
      expect(await answers(options, indexInputs)).toEqual(plain);
    },
  );

  const general = createRandom(20_261_126);
  const inputs = Array.from({ length: 10 }, () => generateInput(general));
  const generated = Array.from({ length: 30 }, (_, index) =>
    generateProgram(general, index),
  );
  test.each(generated)("generated program $package", async (program) => {
    const options = {
      modules: { "p.rego": program.text },
      entrypoints: [program.package],
    };
    expect(await answers(options, inputs)).toEqual(
      await answers({ ...options, optimizations: off }, inputs),
    );
  });
});

test.each([
  "data.many[input.name].value",
  "data.many[input.name].deep[input.key]",
  "data.many[input.name].deep.inner[input.key]",
  "data.many[input.name]",
  "data.many[input.name].base[input.key]",
  "x if x := data.many[input.name].value with input.key as 3",
  'x if x := data.many[input.name].value with data.many.m3 as {"value": 9}',
])("a child of many packages by a name from the input: %s", async (ref) => {
  const modules = Object.fromEntries(
    Array.from({ length: 12 }, (_, index) => [
      `m${index}.rego`,
      `package many.m${index}
value := [${index}, input.key] if input.key != ${index}
deep.inner[x] := ${index} if some x in ["a", "b", ${index}]
deep.k := ${index}
f(x) := x`,
    ]),
  );
  const options = {
    modules: { ...modules, "p.rego": `package p\nr := ${ref}\n` },
    entrypoints: ["p/r"],
  };
  const inputs = ["m0", "m1", "m11", "m3", "base", "none", 7].flatMap((name) =>
    ["a", "k", "inner", 3].map((key) => JSON.stringify({ name, key })),
  );
  const data = { many: { m1: { base: { a: 1 } }, base: { value: 5 } } };
  const plain = await answers({ ...options, optimizations: off }, inputs, data);
  expect(new Set(plain).size).toBeGreaterThan(1);
  expect(await answers(options, inputs, data)).toEqual(plain);
});

test("an index leaves out what cannot hold, however much that would cost", async () => {
  const rules = Array.from(
    { length: 50 },
    (_, index) =>
      `allow if { count([n | some n in input.items; n > ${index}]) == 100; input.user == "u${index}" }`,
  );
  const compiled = compile({
    modules: { "p.rego": `package p\n${rules.join("\n")}` },
    entrypoints: ["p/allow"],
  });
  if ("errors" in compiled) {
    throw compiled.errors[0];
  }
  // One rule goes over a hundred items; fifty would take ten times the fuel.
  const policy = await loadPolicy(compiled.policy.wasm, {
    data: {},
    limits: { fuel: 1_000 },
  });
  const items = Array.from({ length: 100 }, () => 1_000);
  const input = JSON.stringify({ user: "u49", items });
  const decision = policy.start(new TextEncoder().encode(input));
  expect(decision.evaluateJson("p/allow")).toBe("true");
});
