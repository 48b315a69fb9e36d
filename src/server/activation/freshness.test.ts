import { expect, test } from "vitest";
import { createFreshness } from "./freshness.ts";

const start = (isWatched: boolean) => {
  let time = 0;
  const freshness = createFreshness({ maxMs: 10, isWatched, now: () => time });
  const at = (next: number) => {
    time = next;
    return { age: freshness.ageMs, stale: freshness.isStale };
  };
  return { freshness, at };
};

test("a source that is asked ages until it answers", () => {
  const { at, freshness } = start(false);
  expect(at(10)).toEqual({ age: 10, stale: false });
  expect(at(11)).toEqual({ age: 11, stale: true });
  freshness.doubt();
  expect(at(12)).toEqual({ age: 12, stale: true });
  freshness.confirm();
  expect(at(13)).toEqual({ age: 1, stale: false });
});

test("a source that is watched ages from its first fault", () => {
  const { at, freshness } = start(true);
  expect(at(50)).toEqual({ age: 0, stale: false });
  freshness.doubt();
  expect(at(55)).toEqual({ age: 5, stale: false });
  freshness.doubt();
  expect(at(61)).toEqual({ age: 11, stale: true });
  freshness.confirm();
  expect(at(99)).toEqual({ age: 0, stale: false });
});
