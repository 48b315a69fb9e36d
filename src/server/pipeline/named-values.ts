import { PolicyError } from "../../engine/index.ts";
import type { NamedValues } from "./verdict.ts";

/**
 * Reads headers or query parameters as opa-envoy-plugin has them: an object or
 * a list of objects, each value a text or a list of texts.
 */
export function readNamedValues(value: unknown): NamedValues {
  const objects = Array.isArray(value) ? value : [value];
  return objects.flatMap((object) => {
    if (
      object === null ||
      typeof object !== "object" ||
      Array.isArray(object)
    ) {
      throw fault("headers and query parameters must be an object");
    }
    return Object.entries(object).flatMap(([name, values]) =>
      readValues(name, values),
    );
  });
}

/** Reads a list of names; a Rego set has come as a list too. */
export function readNames(value: unknown): readonly string[] {
  if (!Array.isArray(value) || value.some((name) => typeof name !== "string")) {
    throw fault("names to remove must be a list of texts");
  }
  return value;
}

function readValues(name: string, value: unknown): [string, string][] {
  const values: readonly unknown[] = Array.isArray(value) ? value : [value];
  return values.map((one) => {
    if (typeof one !== "string") {
      throw fault(`the value of \`${name}\` must be a text or a list of texts`);
    }
    return [name, one];
  });
}

function fault(message: string): PolicyError {
  return new PolicyError("guard_verdict_error", message);
}
