import { describe, expect, test } from "vitest";
import {
  createRevisionStore,
  type GuardMode,
  type GuardStep,
  type Revision,
} from "../../bundle/index.ts";
import { PolicyError } from "../../engine/index.ts";
import { createMemoryStore } from "../budget/memory-store.ts";
import type { BudgetStore } from "../budget/store.ts";
import { createModes, type Modes } from "./modes.ts";
import { createPipeline } from "./pipeline.ts";

/** What a guard's `verdict` gives; a thrown error stands for a trap. */
type Answer = unknown | (() => unknown);

type GuardSpec = Partial<GuardStep> & { readonly verdict?: Answer };

type Bench = {
  readonly run: (requestId?: string) => ReturnType<typeof check>;
  readonly calls: readonly string[];
  readonly modes: Modes;
  readonly budget: BudgetStore;
};

const input = new TextEncoder().encode("{}");

/** A revision whose policy answers from a table: Policy is an interface. */
function revisionOf(
  guards: Readonly<Record<string, GuardSpec>>,
  calls: string[] = [],
): Revision {
  const evaluate = (entrypoint: string) => {
    const guard = entrypoint.split("/")[1] ?? "";
    if (entrypoint.endsWith("/subject")) {
      return "sa1";
    }
    calls.push(guard);
    const answer = guards[guard]?.verdict;
    return typeof answer === "function" ? answer() : answer;
  };
  const pipeline = Object.entries(guards).map(
    ([guard, { verdict: _, ...step }]): GuardStep => ({
      guard,
      mode: "enforce",
      onError: "deny",
      onUndefined: "deny",
      limits: { fuel: 1, memoryPages: 8, deadlineMs: 1 },
      ...step,
    }),
  );
  const policy = { start: () => ({ evaluate }) };
  return {
    digest: "rev-1",
    answersLater: false,
    pipeline,
    manifests: [],
    foreign: new Map(),
    policy: policy as unknown as Revision["policy"],
  };
}

function check(pipeline: ReturnType<typeof createPipeline>, requestId: string) {
  return Promise.resolve(pipeline.run({ input, decisionId: "d", requestId }));
}

function open(
  guards: Readonly<Record<string, GuardSpec>>,
  configured: Readonly<Record<string, { mode: GuardMode | undefined }>> = {},
): Bench {
  const calls: string[] = [];
  const revisions = createRevisionStore();
  revisions.swap(revisionOf(guards, calls));
  const budget = createMemoryStore({
    maxKeys: 100,
    retryWindowMs: 60_000,
    now: () => 0,
  });
  const modes = createModes(configured);
  const pipeline = createPipeline({ revisions, budget, modes });
  return {
    run: (requestId = "") => check(pipeline, requestId),
    calls,
    modes,
    budget,
  };
}

const limitError = () => {
  throw new PolicyError("eval_limit_error", "fuel is used up");
};

describe("verdict forms", () => {
  test.each([
    { note: "true", verdict: true, want: { verdict: "allow" } },
    { note: "false", verdict: false, want: { verdict: "deny", guard: "g" } },
    { note: "no reason", verdict: [], want: { verdict: "allow" } },
    {
      note: "reasons as texts",
      verdict: ["a", "b"],
      want: { verdict: "deny", reason: "a; b" },
    },
    {
      note: "a reason as an object",
      verdict: [{ reason: "a", code: "c", http_status: 402 }],
      want: { verdict: "deny", reason: "a", code: "c", httpStatus: 402 },
    },
    {
      note: "an object that denies",
      verdict: {
        allowed: false,
        reason: "r",
        body: "b",
        headers: { "x-a": ["1", "2"] },
        dynamic_metadata: { k: 1 },
      },
      want: {
        verdict: "deny",
        reason: "r",
        body: "b",
        headers: [
          ["x-a", "1"],
          ["x-a", "2"],
        ],
        dynamicMetadata: { k: 1 },
      },
    },
    {
      note: "an object that allows",
      verdict: {
        allowed: true,
        headers: [{ "x-a": "1" }, { "x-b": "2" }],
        response_headers_to_add: { "x-c": "3" },
        request_headers_to_remove: ["x-d"],
        query_parameters_to_set: { q: "1" },
        query_parameters_to_remove: ["p"],
      },
      want: {
        verdict: "allow",
        headers: [
          ["x-a", "1"],
          ["x-b", "2"],
        ],
        responseHeadersToAdd: [["x-c", "3"]],
        requestHeadersToRemove: ["x-d"],
        queryParametersToSet: [["q", "1"]],
        queryParametersToRemove: ["p"],
      },
    },
  ])("$note", async ({ verdict, want }) => {
    const { run } = open({ g: { verdict } });
    expect(await run()).toMatchObject({ ...want, enforced: true });
  });

  test.each([
    {
      note: "a text",
      verdict: "allow",
      want: "a verdict must be a boolean, a set of reasons or an object",
    },
    {
      note: "a number",
      verdict: 1,
      want: "a verdict must be a boolean, a set of reasons or an object",
    },
    {
      note: "null",
      verdict: null,
      want: "a verdict must be a boolean, a set of reasons or an object",
    },
    {
      note: "no `allowed`",
      verdict: { reason: "r" },
      want: "a verdict's `allowed` must be a boolean",
    },
    {
      note: "`allowed` no boolean",
      verdict: { allowed: "true" },
      want: "a verdict's `allowed` must be a boolean",
    },
    {
      note: "a typo",
      verdict: { allowed: true, alowed: false },
      want: "a verdict has no `alowed`",
    },
    {
      note: "a reason that is a number",
      verdict: [1],
      want: "a denial reason must be a text or an object with `reason`",
    },
    {
      note: "a reason without `reason`",
      verdict: [{ code: "c" }],
      want: "a denial reason must be a text or an object with `reason`",
    },
    {
      note: "a reason that allows",
      verdict: [{ reason: "r", allowed: true }],
      want: "a denial reason cannot be `allowed`",
    },
    {
      note: "a typo in a second reason",
      verdict: ["a", { reason: "b", cod: "c" }],
      want: "a verdict has no `cod`",
    },
    {
      note: "a code with spaces",
      verdict: { allowed: false, code: "No Way" },
      want: "a verdict's `code` must be a snake_case word",
    },
    {
      note: "a status that is a text",
      verdict: { allowed: false, http_status: "403" },
      want: "a verdict's `http_status` must be a whole number",
    },
    {
      note: "a header that is a number",
      verdict: { allowed: true, headers: { a: 1 } },
      want: "the value of `a` must be a text or a list of texts",
    },
    {
      note: "headers that are a text",
      verdict: { allowed: true, headers: "a" },
      want: "headers and query parameters must be an object",
    },
    {
      note: "names that are no list",
      verdict: { allowed: true, request_headers_to_remove: "a" },
      want: "names to remove must be a list of texts",
    },
    {
      note: "a negative cost",
      verdict: {
        allowed: true,
        charges: [{ key: "k", cost: -1, limit: 1, window: "1s" }],
      },
      want: "a charge's `cost` must be a whole number from 0",
    },
  ])("P9: refused: $note", async ({ verdict, want }) => {
    const { run } = open({ g: { verdict }, later: { verdict: true } });
    const outcome = await run();
    expect(outcome).toMatchObject({
      verdict: "error",
      enforced: true,
      guard: "g",
      code: "guard_verdict_error",
      reason: "the guard failed",
    });
    expect((outcome.cause as PolicyError).rawMessage).toBe(want);
  });
});

describe("order", () => {
  test("P7: the first denial ends it; later guards do not run", async () => {
    const { run, calls } = open({
      a: { verdict: true },
      b: { verdict: ["no"] },
      c: { verdict: true },
    });
    const outcome = await run();
    expect(calls).toEqual(["a", "b"]);
    expect(outcome).toMatchObject({ verdict: "deny", guard: "b" });
    expect(outcome.steps.map(({ guard, verdict }) => [guard, verdict])).toEqual(
      [
        ["a", "allow"],
        ["b", "deny"],
        ["c", "not_run"],
      ],
    );
  });

  test("a plain allow carries revision, subject and every step", async () => {
    const { run } = open({ a: { verdict: true }, b: { verdict: [] } });
    expect(await run()).toMatchObject({
      verdict: "allow",
      revision: "rev-1",
      subject: "sa1",
      steps: [
        { guard: "a", verdict: "allow", mode: "enforce" },
        { guard: "b", verdict: "allow", mode: "enforce" },
      ],
    });
  });

  test("a later guard's header takes the place of an earlier one's", async () => {
    const { run } = open({
      a: { verdict: { allowed: true, headers: { "x-a": "1", "x-b": "1" } } },
      b: { verdict: { allowed: true, headers: { "X-A": ["2", "3"] } } },
    });
    expect((await run()).headers).toEqual([
      ["x-b", "1"],
      ["X-A", "2"],
      ["X-A", "3"],
    ]);
  });

  test("P8: without a revision nothing passes", async () => {
    const pipeline = createPipeline({
      revisions: createRevisionStore(),
      budget: createMemoryStore({ maxKeys: 1, retryWindowMs: 1 }),
      modes: createModes({}),
    });
    expect(await check(pipeline, "")).toMatchObject({
      verdict: "error",
      enforced: true,
      steps: [],
      code: "bundle_load_error",
    });
  });
});

describe("failure and silence", () => {
  test("P1, W7: a guard over its limits fails closed, its text stays inside", async () => {
    const { run, calls } = open({
      a: { verdict: limitError },
      b: { verdict: true },
    });
    const outcome = await run();
    expect(calls).toEqual(["a"]);
    expect(outcome).toMatchObject({
      verdict: "error",
      guard: "a",
      code: "eval_limit_error",
      reason: "the guard failed",
    });
    const { cause, ...told } = outcome;
    expect(JSON.stringify(told)).not.toContain("fuel");
    expect(cause).toBeInstanceOf(PolicyError);
  });

  test("P2: any thrown thing fails closed, and the next check is clean", async () => {
    let first = true;
    const { run } = open({
      a: {
        verdict: () => {
          if (first) {
            first = false;
            throw new RangeError("stack");
          }
          return true;
        },
      },
    });
    expect((await run()).verdict).toBe("error");
    expect((await run()).verdict).toBe("allow");
  });

  test.each([
    { onError: "allow", verdict: "error" },
    { onError: "skip", verdict: "error" },
  ] as const)(
    "onError: $onError goes on with the next guard",
    async ({ onError, verdict }) => {
      const { run, calls } = open({
        a: { verdict: limitError, onError },
        b: { verdict: true },
      });
      expect(await run()).toMatchObject({
        verdict: "allow",
        steps: [{ verdict, code: "eval_limit_error" }, { verdict: "allow" }],
      });
      expect(calls).toEqual(["a", "b"]);
    },
  );

  test("P9: undefined denies in the guard's name", async () => {
    const { run } = open({ a: {} });
    expect(await run()).toMatchObject({
      verdict: "deny",
      guard: "a",
      code: "guard_undefined",
      reason: "the guard gave no verdict",
    });
  });

  test("P9: undefined passes only where the pipeline says so", async () => {
    const { run } = open({ a: { onUndefined: "allow" } });
    expect(await run()).toMatchObject({
      verdict: "allow",
      steps: [{ verdict: "skipped", code: "guard_undefined" }],
    });
  });
});

describe("modes", () => {
  const guards = { a: { verdict: ["no"] }, b: { verdict: true } };

  test("H1, H3: a monitored denial passes and is recorded; others are enforced", async () => {
    const { run, calls } = open(guards, { a: { mode: "monitor" } });
    const outcome = await run();
    expect(calls).toEqual(["a", "b"]);
    expect(outcome).toMatchObject({
      verdict: "deny",
      enforced: false,
      guard: "a",
      steps: [
        { guard: "a", verdict: "deny", mode: "monitor" },
        { guard: "b", verdict: "allow", mode: "enforce" },
      ],
    });
  });

  test("H3: an enforced denial beats a noted one", async () => {
    const { run } = open(
      { a: { verdict: ["noted"] }, b: { verdict: ["enforced"] } },
      { a: { mode: "monitor" } },
    );
    expect(await run()).toMatchObject({
      verdict: "deny",
      enforced: true,
      guard: "b",
    });
  });

  test("H2: a monitored guard that fails is noted too", async () => {
    const { run } = open(
      { a: { verdict: limitError }, b: { verdict: true } },
      { a: { mode: "monitor" } },
    );
    expect(await run()).toMatchObject({
      verdict: "error",
      enforced: false,
      guard: "a",
      code: "eval_limit_error",
    });
  });

  test("a monitored guard changes neither headers nor metadata", async () => {
    const verdict = {
      allowed: true,
      headers: { "x-a": "1" },
      dynamic_metadata: { k: 1 },
    };
    const { run } = open({ a: { verdict, mode: "monitor" } });
    const outcome = await run();
    expect(outcome.verdict).toBe("allow");
    expect(outcome.headers).toBeUndefined();
    expect(outcome.dynamicMetadata).toBeUndefined();
  });

  test("a guard that is off does not run", async () => {
    const { run, calls } = open(guards, { a: { mode: "off" } });
    expect(await run()).toMatchObject({
      verdict: "allow",
      steps: [{ guard: "a", verdict: "off", mode: "off" }, {}],
    });
    expect(calls).toEqual(["b"]);
  });

  test("H4: a mode set at run time beats configuration and pipeline", async () => {
    const { run, modes } = open(guards, { a: { mode: "off" } });
    modes.set("a", "enforce");
    expect((await run()).enforced).toBe(true);
    modes.set("a", "monitor");
    expect((await run()).enforced).toBe(false);
    modes.set("a", undefined);
    expect((await run()).verdict).toBe("allow");
  });
});

describe("charges", () => {
  const charge = { key: "k", cost: 1, limit: 2, window: "60s" };
  const budget = { verdict: { allowed: true, charges: [charge] } };

  test("B1: beyond the limit it denies in the name of the guard that asked", async () => {
    const { run } = open({ budget, last: { verdict: true } });
    expect((await run()).verdict).toBe("allow");
    expect((await run()).verdict).toBe("allow");
    expect(await run()).toMatchObject({
      verdict: "deny",
      enforced: true,
      guard: "budget",
      code: "budget_exceeded",
      reason: "the budget of 2 in 60s does not allow this call",
      httpStatus: 429,
      headers: [["retry-after", "30"]],
      steps: [
        { guard: "budget", verdict: "deny", code: "budget_exceeded" },
        { guard: "last", verdict: "allow" },
      ],
    });
  });

  test("B2, B3: a charge's own status; one that never fits has no retry-after", async () => {
    const money = { ...charge, cost: 3, http_status: 402 };
    const { run } = open({
      budget: { verdict: { allowed: true, charges: [money] } },
    });
    const outcome = await run();
    expect(outcome).toMatchObject({ verdict: "deny", httpStatus: 402 });
    expect(outcome.headers).toBeUndefined();
  });

  test("B4: of 100 checks at once exactly the limit passes", async () => {
    const wide = { ...charge, limit: 10 };
    const { run } = open({
      budget: { verdict: { allowed: true, charges: [wide] } },
    });
    const outcomes = await Promise.all(
      Array.from({ length: 100 }, () => run()),
    );
    expect(outcomes.filter(({ verdict }) => verdict === "allow")).toHaveLength(
      10,
    );
  });

  test("B5: a denial before or after the budget guard charges nothing", async () => {
    let denying: "before" | "after" | "" = "before";
    const { run } = open({
      before: { verdict: () => denying !== "before" },
      budget,
      after: { verdict: () => denying !== "after" },
    });
    for (let turn = 0; turn < 5; turn += 1) {
      expect((await run()).guard).toBe("before");
    }
    denying = "after";
    for (let turn = 0; turn < 5; turn += 1) {
      expect((await run()).guard).toBe("after");
    }
    denying = "";
    expect((await run()).verdict).toBe("allow");
    expect((await run()).verdict).toBe("allow");
    expect((await run()).verdict).toBe("deny");
  });

  test("B7: a new key beyond the cap is denied", async () => {
    const charges = Array.from({ length: 101 }, (_, index) => ({
      ...charge,
      key: `k${index}`,
    }));
    const { run } = open({ budget: { verdict: { allowed: true, charges } } });
    expect(await run()).toMatchObject({
      verdict: "deny",
      guard: "budget",
      code: "budget_keys_exhausted",
    });
  });

  test("B11: the same request id charges once", async () => {
    const { run } = open({ budget });
    for (let turn = 0; turn < 5; turn += 1) {
      expect((await run("r-1")).verdict).toBe("allow");
    }
    expect((await run("r-2")).verdict).toBe("allow");
    expect((await run("r-3")).verdict).toBe("deny");
  });

  test("B12: a monitored budget is looked at, not charged", async () => {
    const { run, modes } = open({ budget }, { budget: { mode: "monitor" } });
    for (let turn = 0; turn < 5; turn += 1) {
      expect((await run()).verdict).toBe("allow");
    }
    modes.set("budget", "enforce");
    await run();
    await run();
    modes.set("budget", "monitor");
    expect(await run()).toMatchObject({
      verdict: "deny",
      enforced: false,
      guard: "budget",
    });
  });

  test.each([
    {
      note: "throws",
      reserve: () => {
        throw new Error("disk");
      },
    },
    { note: "rejects", reserve: () => Promise.reject(new Error("disk")) },
  ])("a store that $note fails closed", async ({ reserve }) => {
    const revisions = createRevisionStore();
    revisions.swap(revisionOf({ budget }));
    const pipeline = createPipeline({
      revisions,
      budget: { reserve, close: () => {} },
      modes: createModes({}),
    });
    expect(await check(pipeline, "")).toMatchObject({
      verdict: "error",
      enforced: true,
      code: "internal_error",
    });
  });

  test("a store that answers later is waited for", async () => {
    const revisions = createRevisionStore();
    revisions.swap(revisionOf({ budget }));
    const pipeline = createPipeline({
      revisions,
      budget: {
        reserve: async () => ({ kind: "exceeded", index: 0 }) as const,
        close: () => {},
      },
      modes: createModes({}),
    });
    expect(await check(pipeline, "")).toMatchObject({
      verdict: "deny",
      guard: "budget",
    });
  });
});
