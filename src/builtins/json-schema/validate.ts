import {
  BuiltinError,
  isArray,
  isNumber,
  type RegexMatcher,
  RegoObject,
  toInteger,
  type Value,
} from "../../engine/builtins/index.ts";
import { canonical } from "./canonical.ts";
import { checkArray } from "./check-array.ts";
import { checkNumber } from "./check-number.ts";
import { isFormat } from "./format.ts";
import { type Fault, Outcome } from "./outcome.ts";
import type { SubSchema } from "./sub-schema.ts";

/** What does not fit of a document. */
export function validate(
  schema: SubSchema,
  document: Value,
  regex: RegexMatcher,
): readonly Fault[] {
  return new Validator(regex).check(schema, document, "(Root)").faults;
}

// References may go round; each step is cheap, but the stack ends.
const maxDepth = 500;

// Schemas that name each other twice would take ages.
const maxSteps = 1_000_000;

class Validator {
  private readonly regex: RegexMatcher;
  private depth = 0;
  private steps = 0;

  constructor(regex: RegexMatcher) {
    this.regex = regex;
  }

  check(schema: SubSchema, value: Value, path: string): Outcome {
    const outcome = new Outcome();
    this.into(outcome, schema, value, path);
    return outcome;
  }

  private into(
    outcome: Outcome,
    schema: SubSchema,
    value: Value,
    path: string,
  ): void {
    this.depth += 1;
    this.steps += 1;
    if (this.depth > maxDepth) {
      throw new BuiltinError("schema or document is nested too deeply");
    }
    if (this.steps > maxSteps) {
      throw new BuiltinError("the schema takes too many steps");
    }
    this.run(outcome, schema, value, path);
    this.depth -= 1;
  }

  private run(
    outcome: Outcome,
    schema: SubSchema,
    value: Value,
    path: string,
  ): void {
    if (schema.pass !== undefined) {
      if (!schema.pass) {
        outcome.add(path, "false", "False always fails validation");
      }
      return;
    }
    if (schema.ref !== undefined) {
      this.into(outcome, schema.ref, value, path);
      return;
    }
    if (!hasType(outcome, schema, value, path)) {
      return;
    }
    this.combined(outcome, schema, value, path);
    this.byKind(outcome, schema, value, path);
    this.common(outcome, schema, value, path);
    if (typeof value === "string") {
      this.text(outcome, schema, value, path);
    }
    if (value instanceof RegoObject) {
      this.properties(outcome, schema, value, path);
    }
    outcome.score += 1;
  }

  private byKind(
    outcome: Outcome,
    schema: SubSchema,
    value: Value,
    path: string,
  ): void {
    if (isArray(value)) {
      this.array(outcome, schema, value, path);
    } else if (value instanceof RegoObject) {
      this.object(outcome, schema, value, path);
    } else if (isNumber(value)) {
      checkNumber(outcome, schema, value, path);
    }
  }

  private properties(
    outcome: Outcome,
    schema: SubSchema,
    value: RegoObject,
    path: string,
  ): void {
    for (const [name, property] of schema.properties) {
      const member = value.get(name);
      if (member !== undefined) {
        this.into(outcome, property, member, `${path}.${name}`);
      }
    }
  }

  private combined(
    outcome: Outcome,
    schema: SubSchema,
    value: Value,
    path: string,
  ): void {
    this.anyOf(outcome, schema, value, path);
    this.oneOf(outcome, schema, value, path);
    const all = schema.allOf.map((one) => this.check(one, value, path));
    for (const result of all) {
      outcome.merge(result);
    }
    if (!all.every(({ valid }) => valid)) {
      outcome.add(
        path,
        "number_all_of",
        "Must validate all the schemas (allOf)",
      );
    }
    if (schema.not !== undefined && this.check(schema.not, value, path).valid) {
      outcome.add(path, "number_not", "Must not validate the schema (not)");
    }
    if (value instanceof RegoObject) {
      this.dependencies(outcome, schema, value, path);
    }
    this.condition(outcome, schema, value, path);
    outcome.score += 1;
  }

  private anyOf(
    outcome: Outcome,
    schema: SubSchema,
    value: Value,
    path: string,
  ): void {
    let best: Outcome | undefined;
    for (const one of schema.anyOf) {
      const result = this.check(one, value, path);
      if (result.valid) {
        return;
      }
      best = best === undefined || result.score > best.score ? result : best;
    }
    if (best !== undefined) {
      outcome.add(
        path,
        "number_any_of",
        "Must validate at least one schema (anyOf)",
      );
      outcome.merge(best);
    }
  }

  private oneOf(
    outcome: Outcome,
    schema: SubSchema,
    value: Value,
    path: string,
  ): void {
    const results = schema.oneOf.map((one) => this.check(one, value, path));
    const valid = results.filter((result) => result.valid).length;
    if (results.length === 0 || valid === 1) {
      return;
    }
    outcome.add(
      path,
      "number_one_of",
      "Must validate one and only one schema (oneOf)",
    );
    if (valid === 0) {
      outcome.merge(
        results.reduce((best, one) => (one.score > best.score ? one : best)),
      );
    }
  }

  private dependencies(
    outcome: Outcome,
    schema: SubSchema,
    value: RegoObject,
    path: string,
  ): void {
    for (const [key] of value.entries) {
      const wanted = schema.dependencies.get(key as string);
      if (wanted === undefined) {
        continue;
      }
      if (!("draft" in wanted)) {
        for (const name of wanted.filter(
          (one) => value.get(one) === undefined,
        )) {
          outcome.add(
            path,
            "missing_dependency",
            `Has a dependency on ${name}`,
          );
        }
      } else {
        this.into(outcome, wanted, value, path);
      }
    }
  }

  private condition(
    outcome: Outcome,
    schema: SubSchema,
    value: Value,
    path: string,
  ): void {
    if (schema.if === undefined) {
      return;
    }
    const holds = this.check(schema.if, value, path).valid;
    const branch = holds ? schema.then : schema.else;
    const result = branch && this.check(branch, value, path);
    if (result === undefined || result.valid) {
      return;
    }
    if (holds) {
      outcome.add(
        path,
        "condition_then",
        'Must validate "then" as "if" was valid',
      );
    } else {
      outcome.add(
        path,
        "condition_else",
        'Must validate "else" as "if" was not valid',
      );
    }
    outcome.merge(result);
  }

  private common(
    outcome: Outcome,
    schema: SubSchema,
    value: Value,
    path: string,
  ): void {
    const field = path.replace(/^\(Root\)\./, "");
    if (schema.constant !== undefined && canonical(value) !== schema.constant) {
      outcome.add(path, "const", `${field} does not match: ${schema.constant}`);
    }
    if (schema.enumeration?.includes(canonical(value)) === false) {
      outcome.add(
        path,
        "enum",
        `${field} must be one of the following: ${schema.enumeration.join(", ")}`,
      );
    }
    if (
      schema.format !== undefined &&
      typeof value === "string" &&
      !isFormat(schema.format, value, this.regex)
    ) {
      outcome.add(path, "format", `Does not match format '${schema.format}'`);
    }
    outcome.score += 1;
  }

  private array(
    outcome: Outcome,
    schema: SubSchema,
    value: readonly Value[],
    path: string,
  ): void {
    const { items, singleItems, additionalItems } = schema;
    const others =
      typeof additionalItems === "object" ? additionalItems : undefined;
    for (const [index, item] of value.entries()) {
      const own =
        singleItems || items.length === 0 ? items[0] : (items[index] ?? others);
      if (own !== undefined) {
        outcome.merge(this.check(own, item, `${path}.${index}`));
      }
    }
    const tooMany =
      !singleItems && items.length > 0 && items.length < value.length;
    if (tooMany && additionalItems === false) {
      outcome.add(
        path,
        "array_no_additional_items",
        "No additional items allowed on array",
      );
    }
    checkArray(outcome, schema, value, path);
    this.contains(outcome, schema, value, path);
    outcome.score += 1;
  }

  private contains(
    outcome: Outcome,
    { contains }: SubSchema,
    value: readonly Value[],
    path: string,
  ): void {
    if (contains === undefined) {
      return;
    }
    let best: Outcome | undefined;
    for (const [index, item] of value.entries()) {
      const result = this.check(contains, item, `${path}.${index}`);
      if (result.valid) {
        return;
      }
      best = best === undefined || result.score > best.score ? result : best;
    }
    outcome.add(path, "contains", "At least one of the items must match");
    if (best !== undefined) {
      outcome.merge(best);
    }
  }

  private object(
    outcome: Outcome,
    schema: SubSchema,
    value: RegoObject,
    path: string,
  ): void {
    const { minProperties, maxProperties } = schema;
    const size = value.entries.length;
    if (minProperties !== undefined && size < minProperties) {
      outcome.add(
        path,
        "array_min_properties",
        `Must have at least ${minProperties} properties`,
      );
    }
    if (maxProperties !== undefined && size > maxProperties) {
      outcome.add(
        path,
        "array_max_properties",
        `Must have at most ${maxProperties} properties`,
      );
    }
    for (const name of schema.required) {
      if (value.get(name) === undefined) {
        outcome.add(path, "required", `${name} is required`);
      } else {
        outcome.score += 1;
      }
    }
    for (const [key, member] of value.entries) {
      this.member(outcome, schema, [key as string, member], path);
    }
    for (const [key] of schema.propertyNames === undefined
      ? []
      : value.entries) {
      const result = this.check(schema.propertyNames as SubSchema, key, path);
      if (!result.valid) {
        outcome.add(
          path,
          "invalid_property_name",
          `Property name of "${key}" does not match`,
        );
        outcome.merge(result);
      }
    }
    outcome.score += 1;
  }

  private member(
    outcome: Outcome,
    schema: SubSchema,
    [key, member]: readonly [string, Value],
    path: string,
  ): void {
    const patterns = schema.patternProperties.filter(([pattern]) =>
      this.regex.matches(pattern, key),
    );
    for (const [, one] of patterns) {
      outcome.merge(this.check(one, member, `${path}.${key}`));
    }
    outcome.score += patterns.length > 0 ? 1 : 0;
    if (
      patterns.length > 0 ||
      schema.properties.some(([name]) => name === key)
    ) {
      return;
    }
    const additional = schema.additionalProperties;
    if (additional === false) {
      outcome.add(
        path,
        "additional_property_not_allowed",
        `Additional property ${key} is not allowed`,
      );
    } else if (typeof additional === "object") {
      outcome.merge(this.check(additional, member, `${path}.${key}`));
    }
  }

  private text(
    outcome: Outcome,
    schema: SubSchema,
    value: string,
    path: string,
  ): void {
    const { minLength, maxLength, pattern } = schema;
    const length = [...value].length;
    if (minLength !== undefined && length < minLength) {
      outcome.add(
        path,
        "string_gte",
        `String length must be greater than or equal to ${minLength}`,
      );
    }
    if (maxLength !== undefined && length > maxLength) {
      outcome.add(
        path,
        "string_lte",
        `String length must be less than or equal to ${maxLength}`,
      );
    }
    if (pattern !== undefined && !this.regex.matches(pattern, value)) {
      outcome.add(path, "pattern", `Does not match pattern '${pattern}'`);
    }
    outcome.score += 1;
  }
}

function typeOf(value: Value): string {
  if (value === null) {
    return "null";
  }
  if (isNumber(value)) {
    return toInteger(value) === undefined ? "number" : "integer";
  }
  if (isArray(value)) {
    return "array";
  }
  return value instanceof RegoObject ? "object" : typeof value;
}

/** Whether the value is of one of the types; a fault if not. */
function hasType(
  outcome: Outcome,
  { types }: SubSchema,
  value: Value,
  path: string,
): boolean {
  const given = typeOf(value);
  const fits =
    types.length === 0 ||
    types.includes(given) ||
    (given === "integer" && types.includes("number"));
  if (!fits) {
    const expected = types.length === 1 ? types[0] : `[${types.join(",")}]`;
    outcome.add(
      path,
      "invalid_type",
      `Invalid type. Expected: ${expected}, given: ${given}`,
    );
  }
  return fits;
}
