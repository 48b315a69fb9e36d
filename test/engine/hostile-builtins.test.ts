import { describe, expect, test } from "vitest";
import {
  compile,
  type Limits,
  loadPolicy,
  PolicyError,
} from "../../src/engine/index.ts";

/** Layers of two nodes, each with edges to both of the next layer: 2^24 ways through 24 of them. */
const layers = Object.fromEntries(
  Array.from({ length: 48 }, (_, node) => {
    const next = 2 * Math.floor(node / 2) + 2;
    return [`n${node}`, next < 48 ? [`n${next}`, `n${next + 1}`] : []];
  }),
);

const chain = Object.fromEntries(
  Array.from({ length: 20_000 }, (_, node) => [
    `n${node}`,
    node < 19_999 ? [`n${node + 1}`] : [],
  ]),
);

const limits: Limits = { fuel: 20_000_000, memoryPages: 2_000 };

type HostileCase = {
  readonly note: string;
  readonly call: string;
  readonly input?: unknown;
  readonly want: unknown;
};

const cases: readonly HostileCase[] = [
  {
    note: "reachable visits a node once",
    call: 'count(graph.reachable(input, {"n0"}))',
    input: layers,
    // All but the other node of the first layer.
    want: 47,
  },
  {
    note: "reachable_paths that are too many",
    call: 'count(graph.reachable_paths(input, {"n0"}))',
    input: layers,
    want: /^eval_limit_error: (fuel exhausted|memory limit exceeded)$/,
  },
  {
    note: "reachable_paths gives a path for its length",
    call: '[count(p) | some p in graph.reachable_paths(input, {"n0"})]',
    input: chain,
    want: [20_000],
  },
  {
    note: "a range without end",
    call: "count(numbers.range(0, 1e18))",
    want: /^eval_limit_error/,
  },
  {
    note: "a range beyond 64 bits",
    call: "numbers.range(1e30, 1000000000000000000000000000002)[1]",
    want: 1000000000000000000000000000001n,
  },
  {
    note: "text that replaces itself by more",
    call: 'count(replace(replace(replace(input, "a", input), "a", input), "a", input))',
    input: "a".repeat(2_000),
    want: /^eval_limit_error/,
  },
  {
    note: "a network of every address",
    call: 'count(net.cidr_expand("::/0"))',
    want: /^eval_limit_error/,
  },
  {
    note: "versions that are equal in value and not in text",
    call: 'semver.compare("1.2.3-01", "1.2.3-1")',
    want: 0,
  },
  {
    note: "an offset and a length whose sum has no room",
    call: 'substring("é", 9223372036854775807, 9223372036854775807)',
    want: "",
  },
];

describe("builtins and hostile operands", () => {
  test.each(cases)("$note", async ({ call, input, want }) => {
    const compiled = compile({
      modules: { "hostile.rego": `package hostile\n\nr := ${call}\n` },
      entrypoints: ["hostile/r"],
    });
    if ("errors" in compiled) {
      throw compiled.errors[0];
    }
    const policy = await loadPolicy(compiled.policy.wasm, { limits });
    const answer = (): unknown => policy.evaluate(input ?? {});
    if (!(want instanceof RegExp)) {
      expect(answer()).toEqual(want);
      return;
    }
    let failure = "";
    try {
      answer();
    } catch (error) {
      failure = PolicyError.from(error).message;
    }
    expect(failure).toMatch(want);
  });
});
