import { expect, test } from "vitest";
import type { TestOutcome } from "../../../src/engine/index.ts";
import { createProgress } from "./progress.ts";
import { isWorthThreads } from "./run-in-threads.ts";
import { unmockedText } from "./unmocked.ts";

function outcome(name: string, more: Partial<TestOutcome> = {}): TestOutcome {
  return {
    test: {
      path: ["p", name],
      package: "data.p",
      name,
      location: { file: "p.rego", row: 1, col: 1 },
      todo: false,
      hasCases: false,
    },
    status: "pass",
    milliseconds: 1,
    output: "",
    cases: [],
    ...more,
  };
}

test.each([
  { note: "no terminal", isTTY: false, env: {}, shows: false },
  { note: "a terminal", isTTY: true, env: {}, shows: true },
  { note: "CI", isTTY: true, env: { CI: "true" }, shows: false },
  { note: "unwanted", isTTY: true, env: { NO_PROGRESS: "1" }, shows: false },
  { note: "dumb", isTTY: true, env: { TERM: "dumb" }, shows: false },
])("a line of progress: $note", ({ isTTY, env, shows }) => {
  const written: string[] = [];
  const stream = { isTTY, write: (text: string) => written.push(text) };
  let now = 0;
  const progress = createProgress(3, stream, env, () => now);
  progress.add(outcome("test_a"));
  now = 150;
  progress.add(outcome("test_b", { status: "fail" }));
  progress.clear();
  expect(written).toEqual(shows ? ["\r\x1b[2K2/3, 1 failed", "\r\x1b[2K"] : []);
});

test.each([
  { note: "one processor", asked: false, atMost: 1, spent: 9e3, want: false },
  { note: "asked for", asked: true, atMost: 2, spent: 0, want: true },
  { note: "asked for one", asked: true, atMost: 1, spent: 0, want: false },
  { note: "too early", asked: false, atMost: 8, spent: 100, want: false },
  { note: "long enough", asked: false, atMost: 8, spent: 400, want: true },
])("threads: $note", ({ asked, atMost, spent, want }) => {
  expect(
    isWorthThreads({ done: 100, left: 900, spent }, { asked, atMost }),
  ).toBe(want);
});

test("few tests that are left are not worth threads", () => {
  const threads = { asked: false, atMost: 8 };
  expect(isWorthThreads({ done: 900, left: 50, spent: 900 }, threads)).toBe(
    false,
  );
});

test("builtins that were not mocked, by test", () => {
  const text = unmockedText([
    outcome("test_a"),
    outcome("test_b", { nondeterministic: ["http.send", "time.now_ns"] }),
  ]);
  expect(text).toBe("data.p.test_b: not mocked: http.send, time.now_ns\n");
  const many = Array.from({ length: 25 }, (_, index) =>
    outcome(`test_${index}`, { nondeterministic: ["rand.intn"] }),
  );
  expect(unmockedText(many).split("\n").slice(-3)).toEqual([
    "data.p.test_19: not mocked: rand.intn",
    "… and 5 more tests",
    "",
  ]);
});
