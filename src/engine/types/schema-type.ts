import {
  readSchema,
  SchemaFault,
  type SchemaOptions,
  type SubSchema,
} from "./json-schema.ts";
import {
  anyType,
  booleanType,
  createArray,
  createObject,
  type MaybeType,
  nullType,
  numberType,
  type StaticProperty,
  stringType,
  type Type,
  unite,
} from "./type.ts";

/** The type of the documents that a JSON Schema allows. Throws SchemaFault. */
export function schemaType(document: unknown, options?: SchemaOptions): Type {
  return new SchemaTyper().typeOf(compiled(document, options));
}

function compiled(document: unknown, options?: SchemaOptions): SubSchema {
  try {
    return readSchema(document, options);
  } catch (error) {
    throw error instanceof SchemaFault
      ? new SchemaFault(`unable to compile the schema: ${error.message}`)
      : error;
  }
}

const mergeFault = "unable to merge these schemas";

/** Types by reference; one that is met again while it is made refers to itself. */
class SchemaTyper {
  private readonly known = new Map<string, { type: Type | undefined }>();

  typeOf(schema: SubSchema): Type {
    if (schema.ref === undefined) {
      return this.typeOfPlain(schema);
    }
    const { ref } = schema;
    const known = this.known.get(ref);
    if (known) {
      return (
        known.type ?? {
          kind: "recursive",
          name: ref,
          type: () => known.type ?? anyType,
        }
      );
    }
    const made: { type: Type | undefined } = { type: undefined };
    this.known.set(ref, made);
    made.type = this.typeOf(schema.target());
    return made.type;
  }

  private typeOfPlain(schema: SubSchema): Type {
    if (schema.anyOf) {
      return this.anyOf(schema, schema.anyOf);
    }
    if (schema.allOf) {
      return this.allOf(schema, schema.allOf);
    }
    const kind = kindOf(schema);
    switch (kind) {
      case "boolean":
        return booleanType;
      case "string":
        return stringType;
      case "integer":
      case "number":
        return numberType;
      case "object":
        return this.object(schema);
      case "array":
        return this.array(schema);
      default:
        return typeOfValues(schema.values);
    }
  }

  private anyOf(schema: SubSchema, choices: readonly SubSchema[]): Type {
    let type: MaybeType;
    if (schema.types.length > 0) {
      const core = this.typeOf({ ...schema, anyOf: undefined });
      if (core.kind === "object" && core.static.length > 0 && !core.dynamic) {
        type = core;
      }
    }
    for (const choice of choices) {
      type = unite(this.typeOf(choice), type);
    }
    return type ?? anyType;
  }

  private allOf(schema: SubSchema, parts: readonly SubSchema[]): Type {
    const merged = merge(
      parts.map(dereferenced).filter((part) => !isBareChoice(part)),
    );
    if (!merged) {
      return anyType;
    }
    if (schema.types.length === 0) {
      return this.typeOf(merged);
    }
    const own = { ...schema, allOf: undefined };
    for (const name of ["object", "array"]) {
      if (schema.types.includes(name) && merged.types.includes(name)) {
        return this.typeOf(merge([merged, own]) ?? own);
      }
    }
    if (typesText(schema) !== typesText(merged)) {
      throw new SchemaFault(`type checking: ${mergeFault}`);
    }
    return this.typeOf(merged);
  }

  private object({ properties, rest }: SubSchema): Type {
    const dynamic = rest && { key: stringType, value: this.typeOf(rest) };
    if (properties.length === 0) {
      return createObject([], dynamic ?? { key: anyType, value: anyType });
    }
    const fixed = properties.map(
      ([text, value]): StaticProperty => ({
        key: { text, type: stringType },
        value: this.typeOf(value),
      }),
    );
    return createObject(fixed, dynamic);
  }

  private array({ isSingleItem, items }: SubSchema): Type {
    const types = items.map((item) => this.typeOf(item));
    if (types.length === 0) {
      return createArray([], anyType);
    }
    return isSingleItem
      ? createArray([], types[0])
      : createArray(types, undefined);
  }
}

/** The first of its types that OPA looks for; else what its parts imply. */
function kindOf({ items, properties, rest, types }: SubSchema) {
  const wanted = ["boolean", "string", "integer", "number", "object", "array"];
  const found = wanted.find((name) => types.includes(name));
  if (found !== undefined || types.length > 0) {
    return found;
  }
  if (properties.length > 0 || rest) {
    return "object";
  }
  return items.length > 0 ? "array" : undefined;
}

/** What `enum` and `const` list. */
function typeOfValues(values: readonly unknown[] | undefined): Type {
  const types = (values ?? []).map(typeOfValue);
  return (
    types.reduce<MaybeType>((known, type) => unite(type, known), undefined) ??
    anyType
  );
}

function typeOfValue(value: unknown): Type {
  switch (typeof value) {
    case "boolean":
      return booleanType;
    case "number":
      return numberType;
    case "string":
      return stringType;
    default:
      break;
  }
  if (value === null) {
    return nullType;
  }
  return Array.isArray(value)
    ? createArray([], anyType)
    : createObject([], { key: anyType, value: anyType });
}

function dereferenced(schema: SubSchema): SubSchema {
  let found = schema;
  for (let step = 0; found.ref !== undefined && step < 100; step += 1) {
    found = found.target();
  }
  return found;
}

/** `anyOf` and nothing else, which has no one type to merge. */
function isBareChoice({ anyOf, items, properties, types }: SubSchema): boolean {
  return (
    anyOf !== undefined &&
    types.length === 0 &&
    properties.length === 0 &&
    items.length === 0
  );
}

function typesText({ types }: SubSchema): string {
  const [only = "undefined", ...more] = types;
  return more.length > 0 ? `[${types.join(",")}]` : only;
}

/** One schema with the properties and items of all. */
function merge(schemas: readonly SubSchema[]): SubSchema | undefined {
  const [first, ...rest] = schemas.map(withImpliedType);
  if (!first) {
    return undefined;
  }
  let result = first;
  for (const schema of rest) {
    if (typesText(result) !== typesText(schema)) {
      throw new SchemaFault(
        `type checking: ${mergeFault}: type mismatch: ${typesText(result)} and ${typesText(schema)}`,
      );
    }
    if (result.properties.length > 0 && schema.properties.length > 0) {
      const properties = [...result.properties, ...schema.properties];
      result = { ...result, properties };
    } else if (result.items.length > 0 && schema.items.length > 0) {
      result = { ...result, items: mergeItems(result.items, schema.items) };
    }
  }
  return result;
}

function mergeItems(
  items: readonly SubSchema[],
  others: readonly SubSchema[],
): SubSchema[] {
  const merged = [...items, ...others.slice(items.length)];
  for (const [index, other] of others.entries()) {
    const item = merged[index] ?? other;
    if (typesText(item) !== typesText(other)) {
      throw new SchemaFault(`type checking: ${mergeFault}`);
    }
  }
  return merged;
}

function withImpliedType(schema: SubSchema): SubSchema {
  const implied =
    schema.properties.length > 0
      ? "object"
      : schema.items.length > 0
        ? "array"
        : undefined;
  return implied === undefined || schema.types.includes(implied)
    ? schema
    : { ...schema, types: [...schema.types, implied] };
}
