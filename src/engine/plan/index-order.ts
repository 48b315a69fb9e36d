import type { TreeRule } from "../analysis/rule-tree.ts";
import type { Planner } from "./planner.ts";
import { type IndexTest, indexTests, type Subject } from "./rule-tests.ts";

/** How a rule stands to a subject, in the order in which OPA's index is gone through. */
const rank = { untested: 0, present: 1, value: 2 } as const;

/**
 * Rules in the order in which OPA's index finds them, which decides what a
 * conflict is told of: subject by subject, most tested first, the rules that
 * ask nothing of it before those that ask for a value.
 */
export function inIndexOrder(
  planner: Planner,
  rules: readonly TreeRule[],
): readonly TreeRule[] {
  const { asksIndex, optimizations } = planner.program;
  const isIndexed = optimizations.ruleIndex || asksIndex;
  if (!isIndexed || rules.length < 2) {
    return rules;
  }
  const tests = rules.map((one) => indexTests(planner, one.rule));
  const places = new Map(
    sortSubjects(tests.flat()).map((key, place) => [key, place]),
  );
  const ordered = rules.map((one, at) => ({
    one,
    ranks: ranksOf(tests[at] ?? [], places),
  }));
  return ordered
    .sort((a, b) => compareRanks(a.ranks, b.ranks))
    .map(({ one }) => one);
}

/** How a rule stands to a subject that it tests, and the subject's place. */
type Ranked = { readonly place: number; readonly rank: number };

/** The subjects that a rule tests, by their places. */
function ranksOf(
  tests: readonly IndexTest[],
  places: ReadonlyMap<string, number>,
): readonly Ranked[] {
  return tests
    .map(({ subject, values }) => ({
      place: places.get(subject.key) ?? 0,
      rank: values === undefined ? rank.present : rank.value,
    }))
    .sort((a, b) => a.place - b.place);
}

/** The keys of subjects: those of most rules first, then by their place. */
function sortSubjects(
  tests: readonly { readonly subject: Subject }[],
): readonly string[] {
  const counts = new Map<string, number>();
  const first = new Map<string, Subject>();
  for (const { subject } of tests) {
    const { key } = subject;
    counts.set(key, (counts.get(key) ?? 0) + 1);
    first.set(key, first.get(key) ?? subject);
  }
  return [...first]
    .sort(
      ([a, one], [b, other]) =>
        (counts.get(b) ?? 0) - (counts.get(a) ?? 0) ||
        comparePlaces(one, other),
    )
    .map(([key]) => key);
}

/** Arguments by their number, refs by where they are written. */
function comparePlaces({ source: a }: Subject, { source: b }: Subject): number {
  if (typeof a === "number" || typeof b === "number") {
    return typeof a === "number" && typeof b === "number" ? a - b : 0;
  }
  const [x, y] = [a.location, b.location];
  return x.file === y.file
    ? x.row - y.row || x.col - y.col
    : x.file < y.file
      ? -1
      : 1;
}

/** The first subject to which they stand differently decides. */
function compareRanks(a: readonly Ranked[], b: readonly Ranked[]): number {
  for (let at = 0; at < a.length || at < b.length; at += 1) {
    const [one, other] = [a[at], b[at]];
    const place = Math.min(one?.place ?? Infinity, other?.place ?? Infinity);
    const mine = one?.place === place ? one.rank : rank.untested;
    const theirs = other?.place === place ? other.rank : rank.untested;
    if (mine !== theirs) {
      return mine - theirs;
    }
  }
  return 0;
}
