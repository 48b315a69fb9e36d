import {
  type BuiltinContext,
  BuiltinError,
  fromJs,
  type HostBuiltin,
  isArray,
  loadRegexMatcher,
  parseJson,
  type RegexMatcher,
  RegoObject,
  RegoSet,
  toJson,
  type Value,
} from "../../engine/builtins/index.ts";
import { BoundedCache } from "../bounded-cache.ts";
import { compileSchema } from "./compile.ts";
import type { SubSchema } from "./sub-schema.ts";
import { validate } from "./validate.ts";

/** `json.verify_schema` and `json.match_schema`. */
export const jsonSchemaBuiltins: readonly HostBuiltin[] = [
  {
    name: "json.verify_schema",
    run: ([schema], context) => {
      try {
        compileSchema(readJson(schema as Value), matcher(context));
        return [true, null];
      } catch (error) {
        if (error instanceof BuiltinError) {
          return [false, `jsonschema: ${error.message}`];
        }
        throw error;
      }
    },
  },
  {
    name: "json.match_schema",
    run: ([document, schema], context) => {
      const value = readJson(document as Value);
      const faults = validate(
        loadSchema(schema as Value, context),
        value,
        matcher(context),
      );
      return [
        faults.length === 0,
        faults.map((fault) =>
          fromJs({ ...fault, error: `${fault.field}: ${fault.desc}` }),
        ),
      ];
    },
  },
];

const maxSchemas = 100;

function loadSchema(schema: Value, context: BuiltinContext): SubSchema {
  const slot = "json schemas";
  const cache =
    (context.policyCache.get(slot) as BoundedCache<SubSchema> | undefined) ??
    new BoundedCache<SubSchema>(maxSchemas);
  context.policyCache.set(slot, cache);
  return cache.get(`${typeof schema} ${toJson(schema)}`, () =>
    compileSchema(readJson(schema), matcher(context)),
  );
}

/** Patterns run in a sandbox of their own, in linear time. */
function matcher({ policyCache }: BuiltinContext): RegexMatcher {
  const slot = "json schema patterns";
  const known = policyCache.get(slot) as RegexMatcher | undefined;
  const loaded = known ?? loadRegexMatcher();
  policyCache.set(slot, loaded);
  return loaded;
}

/** What JSON has of an operand: its text decoded, or an object or array. */
function readJson(operand: Value): Value {
  if (typeof operand === "string") {
    try {
      return parseJson(operand);
    } catch (error) {
      if (error instanceof SyntaxError) {
        throw new BuiltinError("invalid JSON string");
      }
      throw error;
    }
  }
  if (!(operand instanceof RegoObject || isArray(operand))) {
    throw new BuiltinError("wrong type, expected string or object");
  }
  return plain(operand);
}

/** Sets are arrays for JSON, and keys texts. */
function plain(value: Value): Value {
  if (value instanceof RegoSet) {
    return value.items.map(plain);
  }
  if (isArray(value)) {
    return value.map(plain);
  }
  return value instanceof RegoObject
    ? RegoObject.of(
        value.entries.map(
          ([key, member]) =>
            [
              typeof key === "string" ? key : toJson(key),
              plain(member),
            ] as const,
        ),
      )
    : value;
}
