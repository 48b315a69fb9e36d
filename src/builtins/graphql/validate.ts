import {
  buildASTSchema,
  type DefinitionNode,
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  Kind,
  parse,
  type TypeDefinitionNode,
  type TypeExtensionNode,
  validate,
  validateSchema,
} from "graphql";
import { specifiedSDLRules } from "graphql/validation/specifiedRules.js";
import { validateSDL } from "graphql/validation/validate.js";
import { BuiltinError } from "../../engine/builtins/index.ts";
import { GraphqlError } from "./graphql-error.ts";

/** The schema of a text that our parser accepts; throws for one that is no schema. */
export function buildSchema(text: string): GraphQLSchema {
  const document = withoutBuiltins(withBases(parseText(text)));
  throwFirst(validateSDL(document, null, specifiedSDLRules), conversion);
  try {
    const schema = buildASTSchema(document, { assumeValidSDL: true });
    // OPA takes schemas without a root, and unions without members.
    const faults = validateSchema(schema).filter(
      ({ message }) =>
        message !== "Query root type must be provided." &&
        !/^Union type \w+ must define one or more member types\.$/.test(
          message,
        ),
    );
    throwFirst(faults, conversion);
    return schema;
  } catch (error) {
    throw toBuiltinError(error, conversion);
  }
}

const conversion = "Error in gqlparser SchemaDocument to Schema conversion: ";

/** Throws the first fault of the query. */
export function validateQuery(schema: GraphQLSchema, text: string): void {
  let faults: readonly GraphQLError[];
  const document = parseText(text);
  checkRoots(schema, document);
  try {
    // Without a root the schema is not one for graphql-js, which is no fault of the query.
    const known = Object.assign(Object.create(schema), {
      __validationErrors: [],
    }) as GraphQLSchema;
    faults = validate(known, document).filter(
      ({ message }) => !isOnlyTooLarge(message),
    );
  } catch (error) {
    throw toBuiltinError(error, "");
  }
  throwFirst(faults, "");
}

/** An operation wants its root, which graphql-js leaves to the execution. */
function checkRoots(schema: GraphQLSchema, document: DocumentNode): void {
  for (const one of document.definitions) {
    if (
      one.kind === Kind.OPERATION_DEFINITION &&
      !schema.getRootType(one.operation)
    ) {
      throw firstError(
        [
          new GraphQLError(
            `Schema does not support operation type "${one.operation}"`,
            {
              nodes: one,
            },
          ),
        ],
        "",
      );
    }
  }
}

/** Integers of more than 32 bits, which OPA takes. */
function isOnlyTooLarge(message: string): boolean {
  return message.startsWith("Int cannot represent non 32-bit signed integer");
}

/** Whether nothing but blanks, commas and comments stands in a document. */
function isEmpty(text: string): boolean {
  return /^(?:[\s,\ufeff]|#[^\n\r]*)*$/.test(text);
}

function parseText(text: string): DocumentNode {
  try {
    return isEmpty(text)
      ? { kind: Kind.DOCUMENT, definitions: [] }
      : parse(text, { allowLegacyFragmentVariables: true });
  } catch (error) {
    throw toBuiltinError(error, "");
  }
}

function toBuiltinError(error: unknown, prefix: string): unknown {
  if (error instanceof GraphQLError) {
    return firstError([error], prefix);
  }
  return error instanceof BuiltinError || error instanceof RangeError
    ? error
    : new BuiltinError(prefix + String((error as Error).message));
}

function throwFirst(faults: readonly GraphQLError[], prefix: string): void {
  if (faults.length > 0) {
    throw firstError(faults, prefix);
  }
}

/** All faults in one text, the place of the first at its end. */
function firstError(
  faults: readonly GraphQLError[],
  prefix: string,
): BuiltinError {
  const lines = faults.map((fault) => `${inputPlace(fault)}: ${fault.message}`);
  const place = faults[0]?.locations?.[0];
  if (prefix !== "") {
    return new BuiltinError(prefix + (lines[0] ?? ""));
  }
  const text = `${lines.join("\n")}\n`;
  return place === undefined
    ? new BuiltinError(`GraphQL parse error: ${text}`)
    : new GraphqlError(
        text.replace(/^input:\d+:\d+: /, "").replace(/\.\n$/, ""),
        place.line,
        place.column,
      );
}

function inputPlace({ locations }: GraphQLError): string {
  const [place] = locations ?? [];
  return place === undefined ? "input" : `input:${place.line}:${place.column}`;
}

/** The first extension of a type that is not there declares it. */
function withBases(document: DocumentNode): DocumentNode {
  const declared = new Set(
    document.definitions.flatMap((one) =>
      one.kind.endsWith("TypeDefinition") && "name" in one && one.name
        ? [one.name.value]
        : [],
    ),
  );
  const definitions = document.definitions.map((one) => {
    if (!isTypeExtension(one) || declared.has(one.name.value)) {
      return one;
    }
    declared.add(one.name.value);
    const kind = one.kind.replace("Extension", "Definition");
    return { ...one, kind } as TypeDefinitionNode;
  });
  return { ...document, definitions };
}

function isTypeExtension(node: DefinitionNode): node is TypeExtensionNode {
  return node.kind.endsWith("TypeExtension");
}

/** Directives that every schema has: OPA keeps its own where one is declared again. */
const builtinDirectives: ReadonlySet<string> = new Set([
  "include",
  "skip",
  "deprecated",
  "specifiedBy",
  "defer",
  "oneOf",
]);

const builtinScalars = ["Int", "Float", "String", "Boolean", "ID"];

function withoutBuiltins(document: DocumentNode): DocumentNode {
  const definitions = document.definitions.filter(
    (one) =>
      one.kind !== Kind.DIRECTIVE_DEFINITION ||
      !builtinDirectives.has(one.name.value),
  );
  for (const one of definitions) {
    if (
      one.kind === Kind.SCALAR_TYPE_DEFINITION &&
      builtinScalars.includes(one.name.value)
    ) {
      throw new BuiltinError(
        `${conversion}input: Cannot redeclare type ${one.name.value}.`,
      );
    }
  }
  return { ...document, definitions };
}
