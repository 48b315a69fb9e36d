import type { TreeRule } from "../analysis/rule-tree.ts";
import type { Planner } from "./planner.ts";
import { indexTests, type Subject } from "./rule-tests.ts";

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
  const tests = new Map(
    rules.map((one) => [one, indexTests(planner, one.rule)] as const),
  );
  const subjects = sortSubjects([...tests.values()].flat());
  const ranks = new Map(
    [...tests].map(([one, found]) => [
      one,
      subjects.map((key) => {
        const test = found.find(({ subject }) => subject.key === key);
        return test === undefined
          ? rank.untested
          : test.values === undefined
            ? rank.present
            : rank.value;
      }),
    ]),
  );
  return rules.toSorted((a, b) =>
    compareRanks(ranks.get(a) ?? [], ranks.get(b) ?? []),
  );
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

function compareRanks(a: readonly number[], b: readonly number[]): number {
  for (const [at, one] of a.entries()) {
    const other = b[at] ?? rank.untested;
    if (one !== other) {
      return one - other;
    }
  }
  return 0;
}
