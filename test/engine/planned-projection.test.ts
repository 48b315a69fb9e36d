import { describe, expect, test } from "vitest";
import {
  compile,
  inspect,
  loadPolicy,
  PolicyError,
} from "../../src/engine/index.ts";
import { generateInput } from "../oracle/generate/input.ts";
import { generateProgram } from "../oracle/generate/program.ts";
import { createRandom } from "../support/random.ts";

type Projection = true | { readonly [key: string]: Projection } | [Projection];

/** The projection that a module carries, as its plan prints it. */
function projectionOf(text: string, entrypoint = "p/r"): Projection {
  const found = inspect({
    modules: { "p.rego": text },
    entrypoints: [entrypoint],
  });
  if ("errors" in found) {
    throw found.errors[0];
  }
  const [, json] = /^input (.*)$/m.exec(found.ir) ?? [];
  return json === undefined ? true : JSON.parse(json);
}

describe("what a body reads of the input", () => {
  test.each<[string, Projection]>([
    ["r if true", {}],
    ["r if input.a.b == 1", { a: { b: true } }],
    ["r if { input.a.b == 1; input.a.c }", { a: { b: true, c: true } }],
    ["r if { x := input.a; x.b == 1 }", { a: { b: true } }],
    ["r if { some x in input.xs; x.name == 1 }", { xs: [{ name: true }] }],
    [
      "r if { input.xs[_].name == 1; input.xs.k.id == 2 }",
      {
        xs: [{ id: true, name: true }],
      },
    ],
    ["r if { some k, _ in input.xs; k == 1 }", { xs: [{}] }],
    ["r if input[input.k].v == 1", [true]],
    ["r if input.xs[0].v == 1", { xs: [{ v: true }] }],
    ["r if count(input.xs) > 1", { xs: true }],
    ["r if { walk(input, [p, _]); p == [] }", true],
    ["r if input == 1", true],
    ["r if not input.a", { a: true }],
    ["r if every x in input.xs { x.ok }", { xs: [{ ok: true }] }],
    ["r if f(input.a)\nf(x) if x.b.c == 1", { a: true }],
    ["r if q\nq if input.z == 1", { z: true }],
    ["q if input.z == 1\nr if input.a == 1", { a: true }],
    [
      "r if q with input.z as 2\nq if { input.z == input.y }",
      {
        y: true,
        z: true,
      },
    ],
    ["r if q with input as input.s\nq if input.z == 1", { s: true, z: true }],
    ["r := input.a", { a: true }],
    ["r := [input.a, input.b.c]", { a: true, b: { c: true } }],
    ["r if data.users[input.user].admin", { user: true }],
  ])("%s", (body, wanted) => {
    expect(projectionOf(`package p\n${body}\n`)).toEqual(wanted);
  });
});

/** A document without what the projection leaves out. */
function project(value: unknown, projection: Projection): unknown {
  if (projection === true || typeof value !== "object" || value === null) {
    return value;
  }
  if (Array.isArray(projection)) {
    const [each] = projection;
    return Array.isArray(value)
      ? value.map((item) => project(item, each))
      : mapMembers(value, (_, item) => project(item, each));
  }
  return Array.isArray(value)
    ? []
    : mapMembers(value, (key, item) =>
        Object.hasOwn(projection, key)
          ? project(item, projection[key] as Projection)
          : undefined,
      );
}

function mapMembers(
  value: object,
  map: (key: string, item: unknown) => unknown,
): unknown {
  return Object.fromEntries(
    Object.entries(value)
      .map(([key, item]) => [key, map(key, item)] as const)
      .filter(([, item]) => item !== undefined),
  );
}

describe("an input without what is not read gives the same answer", () => {
  const random = createRandom(20_261_127);
  const programs = Array.from({ length: 60 }, (_, index) =>
    generateProgram(random, index),
  );
  const inputs = Array.from({ length: 12 }, () => generateInput(random));
  test.each(programs)("$package", async ({ package: name, text }) => {
    const compiled = compile({
      modules: { "p.rego": text },
      entrypoints: [name],
    });
    if ("errors" in compiled) {
      // What does not compile reads nothing.
      expect(compiled.errors).not.toEqual([]);
      return;
    }
    const policy = await loadPolicy(compiled.policy.wasm, {
      data: {},
      limits: { deadlineMs: 5_000 },
    });
    const answer = (input: unknown): string => {
      try {
        const bytes = new TextEncoder().encode(JSON.stringify(input));
        return policy.start(bytes).evaluateJson(name) ?? "undefined";
      } catch (error) {
        return PolicyError.from(error).code;
      }
    };
    const projection = projectionOf(text, name);
    for (const input of inputs.map((json) => JSON.parse(json))) {
      expect(answer(project(input, projection))).toBe(answer(input));
    }
  });
});
