import { SchemaIds } from "./schema-ids.ts";

/** A JSON Schema that cannot be read or has no type; the text is OPA's. */
export class SchemaFault extends Error {
  override readonly name = "SchemaFault";
}

/** What a JSON Schema says that types are made of. */
export type SubSchema = {
  readonly types: readonly string[];
  /** The text of `$ref`, and what it refers to. */
  readonly ref: string | undefined;
  readonly target: () => SubSchema;
  readonly anyOf: readonly SubSchema[] | undefined;
  readonly allOf: readonly SubSchema[] | undefined;
  readonly properties: readonly (readonly [string, SubSchema])[];
  /** Of properties that are not named; undefined when there are none. */
  readonly rest: SubSchema | undefined;
  readonly items: readonly SubSchema[];
  /** One schema for all items, not one for each place. */
  readonly isSingleItem: boolean;
  /** The values of `enum` and `const`. */
  readonly values: readonly unknown[] | undefined;
};

export type SchemaOptions = {
  /** Documents behind URLs, which the host has fetched as far as it may. */
  readonly remote?: Readonly<Record<string, unknown>> | undefined;
};

const typeNames = [
  "array",
  "boolean",
  "integer",
  "number",
  "null",
  "object",
  "string",
];

type Fields = Readonly<Record<string, unknown>>;

const anything: SubSchema = {
  types: [],
  ref: undefined,
  target: () => anything,
  anyOf: undefined,
  allOf: undefined,
  properties: [],
  rest: undefined,
  items: [],
  isSingleItem: false,
  values: undefined,
};

/** Reads a JSON Schema document. Throws SchemaFault. */
export function readSchema(
  document: unknown,
  options: SchemaOptions = {},
): SubSchema {
  return new SchemaReader(document, options).read(document);
}

class SchemaReader {
  private readonly document: unknown;
  private readonly options: SchemaOptions;
  private readonly known = new Map<unknown, SubSchema>();
  private readonly ids: SchemaIds;

  constructor(document: unknown, options: SchemaOptions) {
    this.document = document;
    this.options = options;
    this.ids = new SchemaIds(document);
  }

  read(raw: unknown): SubSchema {
    if (typeof raw === "boolean") {
      return anything;
    }
    if (!isFields(raw)) {
      throw new SchemaFault("Expected: schema, given: Invalid JSON");
    }
    const known = this.known.get(raw);
    if (known) {
      return known;
    }
    const made = this.subSchema(raw);
    this.known.set(raw, made);
    return made;
  }

  private subSchema(raw: Fields): SubSchema {
    const ref = raw["$ref"];
    if (typeof ref === "string") {
      const found = this.resolve(this.ids.absolute(ref, raw));
      return { ...anything, ref, target: () => this.read(found) };
    }
    const items = raw["items"];
    const isSingle = items !== undefined && !Array.isArray(items);
    return {
      ...anything,
      types: readTypes(raw["type"]),
      anyOf: this.list(raw, "anyOf") ?? this.list(raw, "oneOf"),
      allOf: this.list(raw, "allOf"),
      properties: this.properties(raw["properties"]),
      rest: this.rest(raw),
      items: isSingle
        ? [this.read(items)]
        : ((items as readonly unknown[]) ?? []).map((item) => this.read(item)),
      isSingleItem: isSingle,
      values: readValues(raw),
    };
  }

  private list(raw: Fields, name: string): SubSchema[] | undefined {
    const found = raw[name];
    if (found === undefined) {
      return undefined;
    }
    if (!Array.isArray(found)) {
      throw new SchemaFault(`${name} must be of an array`);
    }
    return found.map((one) => this.read(one));
  }

  private properties(raw: unknown): (readonly [string, SubSchema])[] {
    if (raw === undefined) {
      return [];
    }
    if (!isFields(raw)) {
      throw new SchemaFault(
        "Invalid type. Expected: valid schema, given: properties",
      );
    }
    return Object.entries(raw).map(
      ([name, value]) => [name, this.read(value)] as const,
    );
  }

  /**
   * What is written out for properties that are not named. As in OPA `true`
   * opens no object: a schema that names properties is meant to be checked.
   */
  private rest(raw: Fields): SubSchema | undefined {
    const additional = raw["additionalProperties"];
    const patterns = isFields(raw["patternProperties"])
      ? Object.values(raw["patternProperties"]).map((one) => this.read(one))
      : [];
    const found =
      additional === undefined || typeof additional === "boolean"
        ? patterns
        : [...patterns, this.read(additional)];
    const [only, ...more] = found;
    return more.length > 0 ? { ...anything, anyOf: found } : only;
  }

  /** What a reference points to, which need not be read yet. */
  private resolve(ref: string): unknown {
    const [url = "", fragment = ""] = ref.split("#", 2);
    const named = fragment !== "" && !fragment.startsWith("/");
    const known = this.ids.find(named ? ref : url);
    if (named && known !== undefined) {
      return known;
    }
    const document =
      url === "" ? this.document : (known ?? this.options.remote?.[url]);
    if (document === undefined) {
      throw new SchemaFault(`remote reference loading disabled: ${url}`);
    }
    return named ? missing(fragment) : follow(document, fragment);
  }
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function missing(key: string): never {
  throw new SchemaFault(`Object has no key '${key}'`);
}

/** The value at a JSON pointer. */
function follow(document: unknown, pointer: string): unknown {
  let found = document;
  for (const part of pointer.split("/").slice(1)) {
    const key = decodeURIComponent(part)
      .replaceAll("~1", "/")
      .replaceAll("~0", "~");
    const isThere =
      typeof found === "object" && found !== null && Object.hasOwn(found, key);
    if (!isThere) {
      return missing(key);
    }
    found = (found as Fields)[key];
  }
  return found;
}

function readTypes(raw: unknown): string[] {
  const found = raw === undefined ? [] : Array.isArray(raw) ? raw : [raw];
  for (const [index, name] of found.entries()) {
    if (typeof name !== "string") {
      throw new SchemaFault(
        "Invalid type. Expected: type, given: string/array of strings",
      );
    }
    if (!typeNames.includes(name)) {
      throw new SchemaFault(
        `has a primitive type that is NOT VALID -- given: /${name}/ Expected valid values are:[${typeNames.join(" ")}]`,
      );
    }
    if (found.indexOf(name) !== index) {
      throw new SchemaFault(`${name} type is duplicated`);
    }
  }
  return found;
}

function readValues(raw: Fields): readonly unknown[] | undefined {
  if (Object.hasOwn(raw, "const")) {
    return [raw["const"]];
  }
  return Array.isArray(raw["enum"]) ? raw["enum"] : undefined;
}
