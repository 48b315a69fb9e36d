import {
  compareValues,
  numberText,
  type Value,
} from "../../engine/builtins/index.ts";
import { goShortFloatText } from "../go/float.ts";
import { isMultiple } from "./multiple.ts";
import type { Outcome } from "./outcome.ts";
import type { SubSchema } from "./sub-schema.ts";

/** Adds what a number violates. */
export function checkNumber(
  outcome: Outcome,
  schema: SubSchema,
  value: Value,
  path: string,
): void {
  const bound = (limit: Value) =>
    goShortFloatText(Number(numberText(limit as number)));
  const { multipleOf, maximum, exclusiveMaximum, minimum, exclusiveMinimum } =
    schema;
  if (multipleOf !== undefined && !isMultiple(value, multipleOf)) {
    outcome.add(
      path,
      "multiple_of",
      `Must be a multiple of ${bound(multipleOf)}`,
    );
  }
  if (maximum !== undefined && compareValues(value, maximum) > 0) {
    outcome.add(
      path,
      "number_lte",
      `Must be less than or equal to ${bound(maximum)}`,
    );
  }
  if (
    exclusiveMaximum !== undefined &&
    compareValues(value, exclusiveMaximum) >= 0
  ) {
    outcome.add(
      path,
      "number_lt",
      `Must be less than ${bound(exclusiveMaximum)}`,
    );
  }
  if (minimum !== undefined && compareValues(value, minimum) < 0) {
    outcome.add(
      path,
      "number_gte",
      `Must be greater than or equal to ${bound(minimum)}`,
    );
  }
  if (
    exclusiveMinimum !== undefined &&
    compareValues(value, exclusiveMinimum) <= 0
  ) {
    outcome.add(
      path,
      "number_gt",
      `Must be greater than ${bound(exclusiveMinimum)}`,
    );
  }
  outcome.score += 1;
}
