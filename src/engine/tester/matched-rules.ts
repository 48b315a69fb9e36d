import type { Instrumentation } from "../compile.ts";
import type { Position } from "../ir/ir.ts";

/** What OPA's index says of the rules that it chose. */
export type MatchedRules = {
  readonly message: string;
  /** All have one value, so that the first is enough. */
  readonly isEarly: boolean;
};

export function matchedRules(
  rules: readonly Position[],
  { earlyExit, ruleIndex }: Instrumentation,
): MatchedRules {
  const places = rules.flatMap(({ rule }) => (rule ? [rule] : []));
  const count = new Set(places.map(({ chain }) => chain)).size;
  const complete = places.filter(({ isComplete }) => isComplete);
  const values = complete.map(({ value }) => value);
  const isEarly =
    earlyExit &&
    // Without an index OPA does not look at the kind of the rules.
    (!ruleIndex || complete.length === places.length) &&
    !values.includes(undefined) &&
    new Set(values).size <= 1;
  const found = count === 1 ? "1 rule" : `${count} rules`;
  const message = `(matched ${found}${isEarly ? ", early exit" : ""})`;
  return { message, isEarly };
}
