import type { Value } from "../../engine/builtins/index.ts";

/** A number or what it was spelled as. */
type SchemaNumber = Value;

/** Drafts in their order; `hybrid` is a schema that names none. */
export const draft = { d4: 0, d6: 1, d7: 2, hybrid: 3 } as const;

export type Draft = (typeof draft)[keyof typeof draft];

/** A schema read, with absent keywords undefined. */
export type SubSchema = {
  readonly draft: Draft;
  pass?: boolean | undefined;
  ref?: SubSchema | undefined;
  types: string[];
  properties: (readonly [name: string, schema: SubSchema])[];
  additionalProperties?: boolean | SubSchema | undefined;
  patternProperties: (readonly [pattern: string, schema: SubSchema])[];
  propertyNames?: SubSchema | undefined;
  dependencies: Map<string, readonly string[] | SubSchema>;
  items: SubSchema[];
  singleItems: boolean;
  additionalItems?: boolean | SubSchema | undefined;
  contains?: SubSchema | undefined;
  multipleOf?: SchemaNumber | undefined;
  minimum?: SchemaNumber | undefined;
  exclusiveMinimum?: SchemaNumber | undefined;
  maximum?: SchemaNumber | undefined;
  exclusiveMaximum?: SchemaNumber | undefined;
  minLength?: number | undefined;
  maxLength?: number | undefined;
  pattern?: string | undefined;
  format?: string | undefined;
  minProperties?: number | undefined;
  maxProperties?: number | undefined;
  required: string[];
  minItems?: number | undefined;
  maxItems?: number | undefined;
  uniqueItems: boolean;
  /** Canonical texts. */
  constant?: string | undefined;
  enumeration?: string[] | undefined;
  oneOf: SubSchema[];
  anyOf: SubSchema[];
  allOf: SubSchema[];
  not?: SubSchema | undefined;
  if?: SubSchema | undefined;
  then?: SubSchema | undefined;
  else?: SubSchema | undefined;
};

export function emptySchema(version: Draft): SubSchema {
  return {
    draft: version,
    types: [],
    properties: [],
    patternProperties: [],
    dependencies: new Map(),
    items: [],
    singleItems: false,
    required: [],
    uniqueItems: false,
    oneOf: [],
    anyOf: [],
    allOf: [],
  };
}
