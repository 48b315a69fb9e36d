import { beforeAll, describe, expect, test } from "vitest";
import {
  compile,
  type Limits,
  loadPolicy,
  type Policy,
  PolicyError,
} from "../../src/engine/index.ts";

const rego = `package guards.greedy

# As near to an endless loop as Rego comes: a hundred million turns.
spin if {
	some a in numbers.range(1, 10000)
	some b in numbers.range(1, 10000)
	a + b < 0
}

hoard := count([sprintf("%v %s", [n, input.filler]) | some n in numbers.range(1, 100000)])

echo := input.filler

deep := f(input.nested)

f(x) := f_of_list(x) if is_array(x)

f(x) := 0 if is_number(x)

f_of_list(x) := count([y | walk(x, [_, y])])
`;

const inputs = {
  plain: { filler: "x".repeat(100) },
  nested: { nested: JSON.parse(`${"[".repeat(900)}1${"]".repeat(900)}`) },
};

describe("P1, P2: limits of our own modules", () => {
  let policy: Policy;
  beforeAll(async () => {
    const compiled = compile({
      modules: { "greedy.rego": rego },
      entrypoints: ["spin", "hoard", "echo", "deep"].map(
        (name) => `guards/greedy/${name}`,
      ),
    });
    if ("errors" in compiled) {
      throw compiled.errors[0];
    }
    policy = await loadPolicy(compiled.policy.wasm);
  });

  const refused = (rule: string, limits: Limits): string => {
    try {
      const entrypoint = `guards/greedy/${rule}`;
      policy.evaluate(inputs.plain, { entrypoint, limits });
      return "no limit was met";
    } catch (error) {
      expect(error).toBeInstanceOf(PolicyError);
      expect(error).toMatchObject({ code: "eval_limit_error" });
      return PolicyError.from(error).rawMessage;
    }
  };

  const isClean = (): void => {
    const echoed = policy.evaluate(inputs.plain, {
      entrypoint: "guards/greedy/echo",
      limits: { fuel: 100_000, deadlineMs: 5_000, memoryPages: 200 },
    });
    expect(echoed).toBe(inputs.plain.filler);
  };

  test.each([
    ["fuel", "spin", { fuel: 1_000_000 }, "fuel exhausted"],
    ["deadline", "spin", { deadlineMs: 20 }, "deadline exceeded"],
    ["memory", "hoard", { memoryPages: 40 }, "memory"],
  ])(
    "%s ends it, and the next evaluation is clean",
    (_, rule, limits, text) => {
      for (let round = 0; round < 3; round += 1) {
        expect(refused(rule, limits)).toContain(text);
        isClean();
      }
    },
  );

  test("one step that takes more than a slice of the fuel is paid for in full", () => {
    const long = { filler: "x".repeat(3_200_000) };
    const entrypoint = "guards/greedy/echo";
    for (const limits of [
      { fuel: 100_000 },
      { fuel: 100_000, deadlineMs: 60_000 },
    ]) {
      expect(() => policy.evaluate(long, { entrypoint, limits })).toThrow(
        "fuel exhausted",
      );
    }
    const limits = { fuel: 1_000_000, deadlineMs: 60_000 };
    expect(policy.evaluate(long, { entrypoint, limits })).toBe(long.filler);
  });

  test("deep input is judged or refused, never a crash", () => {
    const entrypoint = "guards/greedy/deep";
    expect(policy.evaluate(inputs.nested, { entrypoint })).toBe(901);
    const abyss = `{"nested":${"[".repeat(200_000)}1${"]".repeat(200_000)}}`;
    expect(() =>
      policy.evaluate(new TextEncoder().encode(abyss), { entrypoint }),
    ).toThrow(PolicyError);
    isClean();
  });

  test("memory does not grow from one evaluation to the next", () => {
    const bytes = new TextEncoder().encode(JSON.stringify(inputs.plain));
    const once = () =>
      policy.evaluate(bytes, { entrypoint: "guards/greedy/echo" });
    for (let round = 0; round < 1_000; round += 1) {
      once();
    }
    const before = policy.memoryBytes;
    for (let round = 0; round < 20_000; round += 1) {
      once();
    }
    expect(policy.memoryBytes).toBe(before);
  });
});

test("a rule may have a hundred and fifty calls, or name three hundred rules", () => {
  const calls = Array.from({ length: 150 }, (_, at) => `\tinput.x == f(${at})`);
  const rules = Array.from({ length: 300 }, (_, at) => `r${at} := input.x + 1`);
  const names = rules.map((_, at) => `r${at}`);
  const text = [
    "package deep\n\nf(x) := x + 1",
    `p if {\n${calls.join("\n")}\n}`,
    ...rules,
    `q := [${names.join(", ")}]`,
  ].join("\n\n");
  const compiled = compile({
    modules: { "deep.rego": text },
    entrypoints: ["deep/p", "deep/q"],
  });
  expect("errors" in compiled ? compiled.errors : []).toEqual([]);
});

test("a build for coverage evaluates the member at a constant key once, as OPA does", async () => {
  const rules = Array.from({ length: 50 }, (_, index) => `r${index}`);
  const compiled = compile({
    modules: {
      "p.rego": `package p

members contains n if some n in numbers.range(1, 1000)

all if {
${rules.map((name) => `	${name}`).join("\n")}
}

${rules.map((name) => `${name} if data.p.members[5]`).join("\n\n")}
`,
    },
    entrypoints: ["p/all"],
    instrument: { coverage: true },
  });
  if ("errors" in compiled) {
    throw compiled.errors[0];
  }
  const policy = await loadPolicy(compiled.policy.wasm);
  // Once for each rule would be 50,000 turns.
  expect(policy.evaluate({}, { limits: { fuel: 5_000 } })).toBe(true);
});
