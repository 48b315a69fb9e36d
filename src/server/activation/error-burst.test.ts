import { expect, test } from "vitest";
import type { Outcome } from "../pipeline/verdict.ts";
import { createBurstWatch } from "./error-burst.ts";

const failure: Outcome = {
  verdict: "error",
  enforced: true,
  revision: "a",
  steps: [{ guard: "g", verdict: "error", mode: "enforce", ms: 1 }],
};

test.each([
  { note: "in time", times: [0, 30, 59], want: [false, false, true] },
  {
    note: "once only",
    times: [1, 2, 3, 4, 5, 6],
    want: [false, false, true, false, false, false],
  },
  {
    note: "too far apart",
    times: [0, 30, 60, 90],
    want: [false, false, false, false],
  },
  {
    note: "some too old",
    times: [0, 50, 61, 62],
    want: [false, false, false, true],
  },
  {
    note: "after the probation",
    times: [99, 100, 101],
    want: [false, false, false],
  },
])("failures $note", ({ times, want }) => {
  let time = 0;
  const watch = createBurstWatch({
    failures: 3,
    windowMs: 60,
    probationMs: 100,
    now: () => time,
  });
  watch.begin("a", true);
  const found = times.map((next) => {
    time = next;
    return watch.note(failure);
  });
  expect(found).toEqual(want);
});

test.each([
  { note: "with nothing to go back to", failures: 1, canGoBack: false },
  { note: "where it is switched off", failures: 0, canGoBack: true },
])("no burst $note", ({ canGoBack, failures }) => {
  const watch = createBurstWatch({
    failures,
    windowMs: 60_000,
    probationMs: 60_000,
  });
  watch.begin("a", canGoBack);
  expect(watch.note(failure)).toBe(false);
});
