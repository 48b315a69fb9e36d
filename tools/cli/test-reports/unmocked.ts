import { fullName, type TestOutcome } from "../../../src/engine/index.ts";

// What fits on a screen.
const maxShown = 20;

/** A line for each test that called builtins which may answer otherwise next time. */
export function unmockedText(outcomes: readonly TestOutcome[]): string {
  const lines = outcomes.flatMap(({ nondeterministic = [], test }) =>
    nondeterministic.length === 0
      ? []
      : [`${fullName(test)}: not mocked: ${nondeterministic.join(", ")}\n`],
  );
  const more = lines.length - maxShown;
  return [
    ...lines.slice(0, maxShown),
    ...(more > 0 ? [`… and ${more} more tests\n`] : []),
  ].join("");
}
