import { describe, expect, test } from "vitest";
import { PolicyError } from "../../engine/index.ts";
import { readCharges } from "./charge.ts";
import { createMemoryStore } from "./memory-store.ts";
import { parseWindow } from "./window.ts";

const minute = { key: "k", limit: 3, window: "60s" };

function open(options: { maxKeys?: number } = {}) {
  let time = 1_000_000;
  const store = createMemoryStore({
    maxKeys: options.maxKeys ?? 100,
    retryWindowMs: 10_000,
    now: () => time,
  });
  const reserve = (
    charges: readonly object[],
    rest: { retryId?: string; peek?: boolean } = {},
  ) => store.reserve({ charges: readCharges(charges), ...rest });
  return {
    store,
    reserve,
    kind: async (...args: Parameters<typeof reserve>) =>
      (await reserve(...args)).kind,
    pass: (milliseconds: number) => {
      time += milliseconds;
    },
  };
}

describe("budget in memory", () => {
  test("B1: three calls fit, the fourth does not; a third of the window gives one back", async () => {
    const { kind, pass } = open();
    const call = { ...minute, cost: 1 };
    for (const want of ["reserved", "reserved", "reserved", "exceeded"]) {
      expect(await kind([call])).toBe(want);
    }
    pass(19_999);
    expect(await kind([call])).toBe("exceeded");
    pass(1);
    expect(await kind([call])).toBe("reserved");
    expect(await kind([call])).toBe("exceeded");
  });

  test("B2: a refused charge takes nothing", async () => {
    const { kind } = open();
    const call = { key: "k", limit: 25, window: "total", cost: 10 };
    expect(await kind([call])).toBe("reserved");
    expect(await kind([call])).toBe("reserved");
    expect(await kind([call])).toBe("exceeded");
    expect(await kind([{ ...call, cost: 5 }])).toBe("reserved");
    expect(await kind([{ ...call, cost: 1 }])).toBe("exceeded");
  });

  test("B2: of several charges all are taken or none", async () => {
    const { reserve, kind } = open();
    const wide = { key: "wide", limit: 10, window: "60s", cost: 1 };
    const tight = { key: "tight", limit: 1, window: "60s", cost: 1 };
    expect(await kind([wide, tight])).toBe("reserved");
    expect(await reserve([wide, tight])).toEqual({
      kind: "exceeded",
      index: 1,
      retryAfterMs: 60_000,
    });
    expect(await kind([{ ...wide, cost: 9 }])).toBe("reserved");
  });

  test("one key twice in a call counts twice", async () => {
    const { reserve } = open();
    const call = { ...minute, cost: 2 };
    expect(await reserve([call, call])).toEqual({
      kind: "exceeded",
      index: 1,
      retryAfterMs: 20_000,
    });
  });

  test("B4: of 100 calls at once exactly ten fit", async () => {
    const { kind } = open();
    const call = { key: "k", limit: 10, window: "1h", cost: 1 };
    const kinds = await Promise.all(
      Array.from({ length: 100 }, async () => kind([call])),
    );
    expect(kinds.filter((one) => one === "reserved")).toHaveLength(10);
  });

  test("B6: thousands of refills by a millisecond do not drift", async () => {
    const { kind, pass } = open();
    const call = { key: "k", limit: 7, window: "60s", cost: 7 };
    expect(await kind([call])).toBe("reserved");
    // 60 000 / 7 is no whole number of milliseconds.
    for (let turn = 0; turn < 8_571; turn += 1) {
      pass(1);
      await kind([{ ...call, cost: 0 }]);
    }
    expect(await kind([{ ...call, cost: 1 }])).toBe("exceeded");
    pass(1);
    expect(await kind([{ ...call, cost: 1 }])).toBe("reserved");
  });

  test("B6: nothing is saved up beyond the limit", async () => {
    const { kind, pass } = open();
    expect(await kind([{ ...minute, cost: 1 }])).toBe("reserved");
    pass(3_600_000);
    expect(await kind([{ ...minute, cost: 3 }])).toBe("reserved");
    expect(await kind([{ ...minute, cost: 1 }])).toBe("exceeded");
  });

  test("a clock set back gives nothing back", async () => {
    const { kind, pass } = open();
    expect(await kind([{ ...minute, cost: 3 }])).toBe("reserved");
    pass(-60_000);
    expect(await kind([{ ...minute, cost: 1 }])).toBe("exceeded");
  });

  test("a new limit and window keep what is in use", async () => {
    const { kind } = open();
    expect(await kind([{ ...minute, cost: 3 }])).toBe("reserved");
    const hour = { key: "k", limit: 5, window: "1h" };
    expect(await kind([{ ...hour, cost: 3 }])).toBe("exceeded");
    expect(await kind([{ ...hour, cost: 2 }])).toBe("reserved");
  });

  test("B7: at the cap a new key is denied, known keys work, idle keys make room", async () => {
    const { kind, pass } = open({ maxKeys: 2 });
    const of = (key: string) => [{ ...minute, key, cost: 1 }];
    expect(await kind(of("a"))).toBe("reserved");
    expect(await kind(of("b"))).toBe("reserved");
    expect(await kind(of("c"))).toBe("full");
    expect(await kind(of("a"))).toBe("reserved");
    pass(60_000);
    expect(await kind(of("c"))).toBe("reserved");
  });

  test.each([
    { note: "beyond 2^53", cost: 2n ** 53n + 1n, limit: 2n ** 53n },
    { note: "beyond 2^64", cost: 2n ** 64n, limit: 10n },
    { note: "1e300", cost: 1e300, limit: Number.MAX_SAFE_INTEGER },
  ])("B8: a cost $note does not wrap", async ({ cost, limit }) => {
    const { kind } = open();
    expect(await kind([{ key: "k", cost, limit, window: "24h" }])).toBe(
      "exceeded",
    );
  });

  test("B8: sums beyond 2^53 are exact", async () => {
    const { kind } = open();
    const call = { key: "k", limit: 2n ** 53n + 1n, window: "total" };
    expect(await kind([{ ...call, cost: 2n ** 53n }])).toBe("reserved");
    expect(await kind([{ ...call, cost: 1 }])).toBe("reserved");
    expect(await kind([{ ...call, cost: 1 }])).toBe("exceeded");
  });

  test("B11: the same request id charges once, until it is forgotten", async () => {
    const { kind, pass } = open();
    const call = { ...minute, cost: 3 };
    expect(await kind([call], { retryId: "r" })).toBe("reserved");
    expect(await kind([call], { retryId: "r" })).toBe("repeated");
    expect(await kind([call], { retryId: "s" })).toBe("exceeded");
    pass(10_000);
    expect(await kind([call], { retryId: "r" })).toBe("exceeded");
  });

  test("B12: a peek takes nothing", async () => {
    const { kind } = open();
    const call = { ...minute, cost: 3 };
    expect(await kind([call], { peek: true })).toBe("reserved");
    expect(await kind([call])).toBe("reserved");
    expect(await kind([call], { peek: true })).toBe("exceeded");
  });
});

const whole = { key: "k", cost: 1, limit: 1, window: "60s" };

test.each([
  { note: "no list", value: {}, want: "`charges` must be a list" },
  { note: "no object", value: ["k"], want: "a charge must be an object" },
  {
    note: "negative cost",
    value: [{ ...whole, cost: -1 }],
    want: "a charge's `cost` must be a whole number from 0",
  },
  {
    note: "float cost",
    value: [{ ...whole, cost: 0.5 }],
    want: "a charge's `cost` must be a whole number from 0",
  },
  {
    note: "no cost",
    value: [{ ...whole, cost: undefined }],
    want: "a charge's `cost` must be a whole number from 0",
  },
  {
    note: "negative limit",
    value: [{ ...whole, limit: -1n }],
    want: "a charge's `limit` must be a whole number from 0",
  },
  {
    note: "empty key",
    value: [{ ...whole, key: "" }],
    want: "a charge's `key` must be a text",
  },
  {
    note: "window without unit",
    value: [{ ...whole, window: "60" }],
    want: "a charge's `window` must be a duration as `60s` or `24h`, or `total`",
  },
  {
    note: "typo",
    value: [{ ...whole, windows: "60s" }],
    want: "a charge has no `windows`",
  },
])("B8: a charge is refused: $note", ({ value, want }) => {
  expect(() => readCharges(value)).toThrow(
    new PolicyError("guard_verdict_error", want),
  );
});

test.each([
  { text: "500ms", want: 500 },
  { text: "60s", want: 60_000 },
  { text: "15m", want: 900_000 },
  { text: "24h", want: 86_400_000 },
  { text: "7d", want: 604_800_000 },
  { text: "total", want: "total" },
  { text: "0s", want: undefined },
  { text: "-1s", want: undefined },
  { text: "1.5h", want: undefined },
  { text: "1 h", want: undefined },
  { text: "999999999d", want: undefined },
  { text: "", want: undefined },
])("window `$text` is $want", ({ text, want }) => {
  expect(parseWindow(text)).toBe(want);
});
