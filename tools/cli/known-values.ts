import type { TraceStep } from "../../src/engine/index.ts";
import { truncate } from "./test-reports/failure-site.ts";

// As many characters of a value as OPA shows in a trace.
const maxLength = 32;

/** The names in a step of a trace whose values are known, with them. */
export type ValuesOf = (
  step: TraceStep,
) => readonly (readonly [string, string])[];

/** Names with their values, as OPA's traces show them: `{a: 1, b: 2}`. */
export function knownValues(
  known: readonly (readonly [string, string])[],
): string {
  const told = known.map(
    ([name, value]) => `${name}: ${truncate(value, maxLength)}`,
  );
  return `{${told.join(", ")}}`;
}
