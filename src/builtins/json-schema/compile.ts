import type { RegexMatcher } from "../../engine/builtins/index.ts";
import {
  BuiltinError,
  compareValues,
  isArray,
  isNumber,
  numberText,
  RegoObject,
  toInteger,
  type Value,
} from "../../engine/builtins/index.ts";
import { canonical } from "./canonical.ts";
import { References, schemaBase } from "./references.ts";
import {
  type Draft,
  draft,
  emptySchema,
  type SubSchema,
} from "./sub-schema.ts";

/** Reads a schema; throws for the first keyword that is not as it should be. */
export function compileSchema(root: Value, regex: RegexMatcher): SubSchema {
  return new SchemaCompiler(root, regex).compile(root, detectDraft(root), "");
}

const drafts: readonly (readonly [RegExp, Draft])[] = [
  [/^http:\/\/json-schema\.org\/draft-04\/schema#?$/, draft.d4],
  [/^http:\/\/json-schema\.org\/draft-06\/schema#?$/, draft.d6],
  [/^http:\/\/json-schema\.org\/draft-07\/schema#?$/, draft.d7],
];

function detectDraft(root: Value): Draft {
  if (!isSchema(root)) {
    throw fail("schema is invalid");
  }
  const url = root instanceof RegoObject ? root.get("$schema") : undefined;
  if (url !== undefined && typeof url !== "string") {
    throw fail("$schema must be of type string");
  }
  return drafts.find(([form]) => form.test(url ?? ""))?.[1] ?? draft.hybrid;
}

function fail(text: string): BuiltinError {
  return new BuiltinError(text);
}

function invalidType(expected: string, given: string): BuiltinError {
  return fail(`Invalid type. Expected: ${expected}, given: ${given}`);
}

const typeNames = [
  "array",
  "boolean",
  "integer",
  "number",
  "null",
  "object",
  "string",
];
const maxDepth = 500;

type Place = {
  readonly object: RegoObject;
  readonly schema: SubSchema;
  readonly base: string;
};

class SchemaCompiler {
  private readonly references: References;
  private readonly regex: RegexMatcher;
  private readonly known = new Map<string, SubSchema>();
  private depth = 0;

  constructor(root: Value, regex: RegexMatcher) {
    this.references = new References(root);
    this.regex = regex;
  }

  compile(value: Value, version: Draft, base: string): SubSchema {
    const schema = emptySchema(version);
    this.fill(schema, value, base);
    return schema;
  }

  private fill(schema: SubSchema, value: Value, base: string): void {
    this.depth += 1;
    if (this.depth > maxDepth) {
      throw fail("schema is nested too deeply");
    }
    if (typeof value === "boolean" && schema.draft >= draft.d6) {
      schema.pass = value;
    } else if (value instanceof RegoObject) {
      this.keywords({ object: value, schema, base: schemaBase(value, base) });
    } else {
      throw fail("Expected: Valid Schema, given: Invalid JSON");
    }
    this.depth -= 1;
  }

  private keywords(place: Place): void {
    const { object, schema, base } = place;
    readText(object, schema.draft === draft.d4 ? "id" : "$id");
    this.definitions(place);
    readText(object, "title");
    readText(object, "description");
    const reference = readText(object, "$ref");
    if (reference !== undefined) {
      schema.ref = this.referenced(reference, base, schema.draft);
      return;
    }
    readTypes(object, schema);
    this.objectSchemas(place);
    this.arraySchemas(place);
    readBounds(object, schema);
    this.texts(place);
    readCounts(object, schema);
    this.constants(place);
    this.combined(place);
  }

  private referenced(
    reference: string,
    base: string,
    version: Draft,
  ): SubSchema {
    const { url, value } = this.references.resolve(reference, base);
    const known = this.known.get(url);
    if (known !== undefined) {
      return known;
    }
    const schema = emptySchema(version);
    this.known.set(url, schema);
    if (typeof value !== "boolean" && !(value instanceof RegoObject)) {
      throw fail("Valid Schema must be of type object");
    }
    this.fill(schema, value, url.split("#")[0] ?? "");
    return schema;
  }

  private sub({ schema, base }: Place, value: Value): SubSchema {
    return this.compile(value, schema.draft, base);
  }

  private definitions(place: Place): void {
    const value = place.object.get("definitions");
    if (value === undefined) {
      return;
    }
    if (!(value instanceof RegoObject)) {
      throw invalidType("Array Of Schemas", "definitions");
    }
    for (const [, one] of value.entries) {
      if (!isSchema(one)) {
        throw invalidType("Array Of Schemas", "definitions");
      }
      this.sub(place, one);
    }
  }

  private objectSchemas(place: Place): void {
    const { object, schema } = place;
    const properties = object.get("properties");
    if (properties !== undefined) {
      if (!(properties instanceof RegoObject)) {
        throw fail("Properties must be of type object");
      }
      schema.properties = properties.entries.map(
        ([name, one]) => [name as string, this.sub(place, one)] as const,
      );
    }
    schema.additionalProperties = this.additional(
      place,
      "additionalProperties",
    );
    const patterns = object.get("patternProperties");
    if (patterns !== undefined && !(patterns instanceof RegoObject)) {
      throw invalidType("Valid Schema", "patternProperties");
    }
    for (const [pattern, one] of patterns?.entries ?? []) {
      if (!this.regex.isValid(pattern as string)) {
        throw fail(`Invalid regex pattern '${pattern}'`);
      }
      schema.patternProperties.push([pattern as string, this.sub(place, one)]);
    }
    const names = object.get("propertyNames");
    if (names !== undefined && schema.draft >= draft.d6) {
      if (!isSchema(names)) {
        throw invalidType("Valid Schema", "patternProperties");
      }
      schema.propertyNames = this.sub(place, names);
    }
    this.dependencies(place);
  }

  private dependencies(place: Place): void {
    const value = place.object.get("dependencies");
    if (value === undefined) {
      return;
    }
    if (!(value instanceof RegoObject)) {
      throw fail("dependencies must be of type object");
    }
    const wrong = "Dependency must be of type Schema Or Array Of Strings";
    for (const [name, one] of value.entries) {
      if (isArray(one)) {
        if (!one.every((item) => typeof item === "string")) {
          throw fail(wrong);
        }
        place.schema.dependencies.set(name as string, one as string[]);
      } else if (isSchema(one)) {
        place.schema.dependencies.set(name as string, this.sub(place, one));
      } else {
        throw fail(wrong);
      }
    }
  }

  private additional(
    place: Place,
    keyword: "additionalProperties" | "additionalItems",
  ): boolean | SubSchema | undefined {
    const value = place.object.get(keyword);
    if (value === undefined || typeof value === "boolean") {
      return value;
    }
    if (!(value instanceof RegoObject)) {
      throw invalidType("boolean/Valid Schema", keyword);
    }
    return this.sub(place, value);
  }

  private arraySchemas(place: Place): void {
    const { object, schema } = place;
    const items = object.get("items");
    if (items !== undefined) {
      const list = isArray(items) ? items : [items];
      schema.singleItems = !isArray(items);
      schema.items = list.map((item) => {
        if (!isSchema(item)) {
          throw invalidType("Valid Schema/Array Of Schemas", "items");
        }
        return this.sub(place, item);
      });
    }
    schema.additionalItems = this.additional(place, "additionalItems");
  }

  private texts({ object, schema }: Place): void {
    schema.minLength = readCount(object, "minLength");
    schema.maxLength = readCount(object, "maxLength");
    if ((schema.minLength ?? 0) > (schema.maxLength ?? Infinity)) {
      throw fail("minLength cannot be greater than maxLength");
    }
    const pattern = readText(object, "pattern");
    if (pattern !== undefined && !this.regex.isValid(pattern)) {
      throw fail("pattern must be a valid regex");
    }
    schema.pattern = pattern;
    schema.format = readText(object, "format") || undefined;
  }

  private constants(place: Place): void {
    const { object, schema } = place;
    const contains = object.get("contains");
    if (contains !== undefined && schema.draft >= draft.d6) {
      schema.contains = this.sub(place, contains);
    }
    const constant = object.get("const");
    if (constant !== undefined && schema.draft >= draft.d6) {
      schema.constant = canonical(constant);
    }
    const values = readList(object, "enum")?.map(canonical);
    if (values !== undefined && new Set(values).size < values.length) {
      throw fail("enum items must be unique");
    }
    schema.enumeration = values;
  }

  private combined(place: Place): void {
    const { object, schema } = place;
    for (const keyword of ["oneOf", "anyOf", "allOf"] as const) {
      schema[keyword] = (readList(object, keyword) ?? []).map((one) =>
        this.sub(place, one),
      );
    }
    const conditions = ["if", "then", "else"] as const;
    for (const keyword of schema.draft >= draft.d7
      ? (["not", ...conditions] as const)
      : (["not"] as const)) {
      const value = object.get(keyword);
      if (value !== undefined) {
        if (!isSchema(value)) {
          throw fail(`${keyword} must be of an object`);
        }
        schema[keyword] = this.sub(place, value);
      }
    }
  }
}

function isSchema(value: Value): boolean {
  return typeof value === "boolean" || value instanceof RegoObject;
}

function readText(object: RegoObject, keyword: string): string | undefined {
  const value = object.get(keyword);
  if (value !== undefined && typeof value !== "string") {
    throw invalidType("string", keyword);
  }
  return value;
}

function readList(
  object: RegoObject,
  keyword: string,
): readonly Value[] | undefined {
  const value = object.get(keyword);
  if (value !== undefined && !isArray(value)) {
    throw fail(`${keyword} must be of an array`);
  }
  return value;
}

function readCount(object: RegoObject, keyword: string): number | undefined {
  const value = object.get(keyword);
  if (value === undefined) {
    return undefined;
  }
  const count = isNumber(value) ? toInteger(value) : undefined;
  if (count === undefined || !/^-?\d+$/.test(numberText(value as number))) {
    throw fail(`${keyword} must be of an integer`);
  }
  if (count < 0n) {
    throw fail(`${keyword} must be greater than or equal to 0`);
  }
  return Number(count);
}

function readTypes(object: RegoObject, schema: SubSchema): void {
  const value = object.get("type");
  if (value === undefined) {
    return;
  }
  const types = isArray(value) ? value : [value];
  for (const type of types) {
    if (typeof type !== "string") {
      throw invalidType("type", "string/Array Of Strings");
    }
    if (!typeNames.includes(type)) {
      throw fail(
        `has a primitive type that is NOT VALID -- given: /${type}/ Expected valid values are:[${typeNames.join(" ")}]`,
      );
    }
    if (schema.types.includes(type)) {
      throw fail(`${type} type is duplicated`);
    }
    schema.types.push(type);
  }
}

function readBounds(object: RegoObject, schema: SubSchema): void {
  const multiple = object.get("multipleOf");
  if (multiple !== undefined) {
    if (!isNumber(multiple)) {
      throw invalidType("Number", "multipleOf");
    }
    if (compareValues(multiple, 0) <= 0) {
      throw fail("multipleOf must be strictly greater than 0");
    }
    schema.multipleOf = multiple;
  }
  readBound(object, schema, "minimum", "exclusiveMinimum");
  readBound(object, schema, "maximum", "exclusiveMaximum");
}

function readBound(
  object: RegoObject,
  schema: SubSchema,
  keyword: "minimum" | "maximum",
  exclusive: "exclusiveMinimum" | "exclusiveMaximum",
): void {
  const bound = object.get(keyword);
  if (bound !== undefined) {
    if (!isNumber(bound)) {
      throw fail(`${keyword} must be of a Number`);
    }
    schema[keyword] = bound;
  }
  const limit = object.get(exclusive);
  const mayBeNumber = schema.draft !== draft.d4;
  const mayBeBoolean = !mayBeNumber || schema.draft === draft.hybrid;
  if (mayBeNumber && limit !== undefined && isNumber(limit)) {
    schema[exclusive] = limit;
  } else if (mayBeBoolean && typeof limit === "boolean") {
    if (bound === undefined) {
      throw fail(`${exclusive} cannot be used without ${keyword}`);
    }
    schema[exclusive] = limit ? bound : undefined;
    schema[keyword] = limit ? undefined : bound;
  } else if (limit !== undefined) {
    throw invalidType(boundTypes[schema.draft], exclusive);
  }
}

/** What an exclusive bound may be, by draft. */
const boundTypes = ["boolean", "number", "number", "boolean/number"] as const;

function readCounts(object: RegoObject, schema: SubSchema): void {
  schema.minProperties = readCount(object, "minProperties");
  schema.maxProperties = readCount(object, "maxProperties");
  if ((schema.minProperties ?? 0) > (schema.maxProperties ?? Infinity)) {
    throw fail("minProperties cannot be greater than maxProperties");
  }
  for (const name of readList(object, "required") ?? []) {
    if (typeof name !== "string") {
      throw invalidType("string", "required");
    }
    if (schema.required.includes(name)) {
      throw fail("required items must be unique");
    }
    schema.required.push(name);
  }
  schema.minItems = readCount(object, "minItems");
  schema.maxItems = readCount(object, "maxItems");
  const unique = object.get("uniqueItems");
  if (unique !== undefined && typeof unique !== "boolean") {
    throw fail("uniqueItems must be of a boolean");
  }
  schema.uniqueItems = unique ?? false;
}
