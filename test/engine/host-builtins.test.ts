import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  BuiltinError,
  equalValues,
  type HostBuiltin,
  numberFromText,
  OperandError,
  RegoObject,
  RegoSet,
  toRego,
  type Value,
} from "../../src/engine/builtins/index.ts";
import {
  compile,
  loadPolicy,
  type Policy,
  type PolicyOptions,
  RegoText,
} from "../../src/engine/index.ts";

const any = { type: "any" } as const;

function builtin(
  run: HostBuiltin["run"],
  { args = [any], ...more }: Partial<HostBuiltin> & { args?: unknown[] } = {},
): HostBuiltin {
  const decl = { args, result: any } as NonNullable<HostBuiltin["decl"]>;
  return { name: "test.f", decl, run, ...more };
}

async function load(
  query: string,
  given: HostBuiltin,
  options: PolicyOptions = {},
): Promise<Policy> {
  const compiled = compile({ modules: {}, query, builtins: [given] });
  if ("errors" in compiled) {
    throw compiled.errors[0];
  }
  return loadPolicy(compiled.policy.wasm, { ...options, builtins: [given] });
}

const decimals = ["-0", "1.0", "1e3", "0.10", "1e400", `0.${"1".repeat(60)}`];

const scalar = fc.oneof(
  fc.constantFrom<Value>(null, true, false),
  fc.string({ unit: "binary" }),
  fc.integer(),
  fc.bigInt().map((n): Value => numberFromText(String(n))),
  fc
    .double({ noNaN: true, noDefaultInfinity: true })
    .map((n): Value => numberFromText(String(n))),
  fc.constantFrom(...decimals).map((text): Value => numberFromText(text)),
);

const { value: anyValue } = fc.letrec<{ value: Value }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small" },
    scalar,
    fc.array(tie("value")),
    fc.array(tie("value")).map((items): Value => RegoSet.of(items)),
    fc
      .array(fc.tuple(tie("value"), tie("value")))
      .map((entries): Value => RegoObject.of(entries)),
  ),
}));

describe("crossing the border", () => {
  test("a value comes back as it went in, and is the same in the sandbox", async () => {
    let next: Value = null;
    const seen: Value[] = [];
    const policy = await load(
      'a = test.f("give"); test.f(a); b = test.f("give"); a == b; x = true',
      builtin(([operand]) => {
        if (operand === "give") {
          return next;
        }
        seen.push(operand as Value);
        return true;
      }),
    );
    fc.assert(
      fc.property(anyValue, (value) => {
        next = [value];
        seen.length = 0;
        expect(JSON.parse(policy.queryJson())).toHaveLength(1);
        expect(seen.map(toRego)).toEqual([toRego([value])]);
      }),
      { numRuns: 300 },
    );
  });

  test("the sandbox finds keys of every type in an object from outside", async () => {
    const keys = ["a", "", "abcdefgh", "abcdefghi", "é", 1, 1.5, null, [1]];
    const policy = await load(
      "o = test.f(0); some k; v = o[k]; o[k] == v; x = k",
      builtin(() => RegoObject.of(keys.map((key) => [key, true] as const))),
    );
    expect(JSON.parse(policy.queryJson())).toHaveLength(keys.length);
  });

  test("what Rego reads as a set arrives as one", async () => {
    let seen: Value = null;
    const policy = await load(
      "x = test.f(input)",
      builtin(([operand]) => {
        seen = operand as Value;
        return true;
      }),
    );
    policy.queryJson(
      new RegoText('{3, 1, {"k": {2.0}}, 123456789012345678901}'),
    );
    expect(toRego(seen)).toBe('{1, 3, 123456789012345678901, {"k": {2.0}}}');
  });

  test("more operands than the ABI has", async () => {
    const policy = await load(
      "x = test.f(1, [2], 3, 4, 5, 6)",
      builtin((operands) => [...operands], { args: Array(6).fill(any) }),
    );
    expect(JSON.parse(policy.queryJson())[0].x).toEqual([1, [2], 3, 4, 5, 6]);
  });

  test("text order is that of code points", () => {
    const set = RegoSet.of(["\u{1f600}", "\uffff", "z"]);
    expect(set.items).toEqual(["z", "\uffff", "\u{1f600}"]);
  });

  test("numbers compare by value, whatever their spelling", () => {
    for (const [a, b] of [
      ["1.0", "1"],
      ["100e-2", "1"],
      ["1e19", "10000000000000000000"],
      ["-0", "0"],
    ] as const) {
      expect(equalValues(numberFromText(a), numberFromText(b))).toBe(true);
    }
    expect(
      RegoSet.of(["1e400", "-1e400", "2", "0.5"].map(numberFromText)).items.map(
        toRego,
      ),
    ).toEqual(["-1e400", "0.5", "2", "1e400"]);
  });
});

describe("failures of a builtin", () => {
  const table = [
    {
      note: "its own error",
      thrown: new BuiltinError("no such thing: ä"),
      want: "query:1:5: eval_builtin_error: test.f: no such thing: ä",
    },
    {
      note: "an operand that does not fit",
      thrown: OperandError.ofType(1, 7, "array", "set"),
      want: "query:1:5: eval_type_error: test.f: operand 1 must be one of {array, set} but got number",
    },
    {
      note: "an exception of JavaScript",
      thrown: new TypeError("x is not a function"),
      want: "query:1:5: eval_builtin_error: test.f: x is not a function",
    },
  ];
  const failing = (thrown: Error) =>
    builtin(() => {
      throw thrown;
    });

  test.each(table)("$note: raised in strict mode", async ({ thrown, want }) => {
    const policy = await load("x = test.f(1)", failing(thrown), {
      strictBuiltinErrors: true,
    });
    expect(() => policy.queryJson()).toThrow(want);
  });

  test.each(table)("$note: undefined otherwise", async ({ thrown }) => {
    const policy = await load("x = test.f(1)", failing(thrown));
    expect(policy.queryJson()).toBe("[]");
  });

  test("an operand of another type than declared", async () => {
    const given = builtin(() => true, { args: [{ type: "string" }] });
    const policy = await load("x = test.f(input)", given, {
      strictBuiltinErrors: true,
    });
    expect(() => policy.queryJson(new RegoText("[1]"))).toThrow(
      "eval_type_error: test.f: operand 1 must be string but got array",
    );
  });
});

describe("builtins that answer later", () => {
  const asks = (log: Value[]) =>
    builtin(async ([operand]) => {
      log.push(operand as Value);
      await new Promise((resolve) => setTimeout(resolve, 1));
      return [operand as Value, log.length];
    });

  test("each call is made once, and the evaluation goes on", async () => {
    const log: Value[] = [];
    const policy = await load(
      'a = test.f("a"); b = test.f(a); c = test.f("a"); x = [b, c]',
      asks(log),
    );
    const [{ x }] = JSON.parse(await policy.queryJsonAsync());
    expect(x).toEqual([
      [["a", 1], 2],
      ["a", 1],
    ]);
    expect(log).toEqual(["a", ["a", 1]]);
  });

  test("decisions of one policy may wait at the same time", async () => {
    const log: Value[] = [];
    const policy = await load("x = test.f(input)[0]", asks(log));
    const inputs = Array.from({ length: 20 }, (_, index) => index);
    const answers = await Promise.all(
      inputs.map((n) => policy.queryJsonAsync(new RegoText(String(n)))),
    );
    expect(answers.map((text) => JSON.parse(text)[0].x)).toEqual(inputs);
    expect(log).toHaveLength(inputs.length);
  });

  test("one deadline for all", async () => {
    let aborted = false;
    const given = builtin(
      (_, { signal }) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener("abort", () => {
            aborted = true;
            reject(new Error("aborted"));
          });
        }),
    );
    const policy = await load("x = test.f(1)", given, {
      limits: { deadlineMs: 20 },
    });
    await expect(policy.queryJsonAsync()).rejects.toThrow(
      "eval_limit_error: deadline exceeded",
    );
    expect(aborted).toBe(true);
  });

  test("a rejection is a builtin's error", async () => {
    const given = builtin(async () => {
      throw new BuiltinError("unreachable");
    });
    const strict = await load("x = test.f(1)", given, {
      strictBuiltinErrors: true,
    });
    await expect(strict.queryJsonAsync()).rejects.toThrow(
      "query:1:5: eval_builtin_error: test.f: unreachable",
    );
    const lenient = await load("x = test.f(1)", given);
    expect(await lenient.queryJsonAsync()).toBe("[]");
  });

  test("a synchronous evaluation says what it needs", async () => {
    const policy = await load("x = test.f(1)", asks([]));
    expect(() => policy.queryJson()).toThrow(
      "eval_builtin_error: test.f: answers later, which needs an asynchronous evaluation",
    );
  });
});

describe("nd_builtin_cache", () => {
  const query = "x = [test.f(1), test.f(2), time.now_ns()]";
  const modules = { "p.rego": `package p\n\n${query.replace("x =", "x :=")}` };
  const result = { type: "set", of: any };

  async function decide(
    given: HostBuiltin,
    clock: () => bigint,
    ndBuiltinCache?: string,
  ) {
    const entrypoints = ["p/x"];
    const compiled = compile({ modules, entrypoints, builtins: [given] });
    if ("errors" in compiled) {
      throw compiled.errors[0];
    }
    const policy = await loadPolicy(compiled.policy.wasm, {
      builtins: [given],
      clock,
    });
    const decision = policy.start(undefined, {
      ...(ndBuiltinCache === undefined ? {} : { ndBuiltinCache }),
    });
    const answer = await decision.evaluateJsonAsync("p/x");
    return { answer, cache: decision.ndBuiltinCache() };
  }

  test("a replay answers alike and asks nobody", async () => {
    let calls = 0;
    const given: HostBuiltin = {
      name: "test.f",
      decl: { args: [any], result },
      nondeterministic: true,
      run: ([operand]) => {
        calls += 1;
        return RegoSet.of([operand as Value, 10n ** 20n]);
      },
    };
    const first = await decide(given, () => 1_700_000_000_123_456_789n);
    expect(first.cache).toBe(
      '{"test.f":{"[1]":[1,100000000000000000000],"[2]":[2,100000000000000000000]},' +
        '"time.now_ns":{"[]":1700000000123456789}}',
    );
    const again = await decide(given, () => 5n, first.cache);
    expect(again).toEqual(first);
    expect(calls).toBe(2);
  });

  test("nothing asked, nothing kept", async () => {
    const policy = await load(
      "x = 1",
      builtin(() => true),
    );
    const decision = policy.start({});
    expect(decision.ndBuiltinCache()).toBeUndefined();
  });
});
