import type { Value } from "../../engine/builtins/index.ts";
import { canonical } from "./canonical.ts";
import type { Outcome } from "./outcome.ts";
import type { SubSchema } from "./sub-schema.ts";

/** Adds what an array violates as a whole. */
export function checkArray(
  outcome: Outcome,
  { minItems, maxItems, uniqueItems }: SubSchema,
  value: readonly Value[],
  path: string,
): void {
  if (minItems !== undefined && value.length < minItems) {
    outcome.add(
      path,
      "array_min_items",
      `Array must have at least ${minItems} items`,
    );
  }
  if (maxItems !== undefined && value.length > maxItems) {
    outcome.add(
      path,
      "array_max_items",
      `Array must have at most ${maxItems} items`,
    );
  }
  if (uniqueItems) {
    checkUnique(outcome, value, path);
  }
}

function checkUnique(
  outcome: Outcome,
  value: readonly Value[],
  path: string,
): void {
  const seen = new Map<string, number>();
  for (const [index, item] of value.entries()) {
    const text = canonical(item);
    const first = seen.get(text);
    if (first !== undefined) {
      outcome.add(
        path,
        "unique",
        `array items[${first},${index}] must be unique`,
      );
    }
    seen.set(text, index);
  }
}
