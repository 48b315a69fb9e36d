import type { GraphQLSchema } from "graphql";
import {
  type BuiltinContext,
  BuiltinError,
  fromJs,
  type HostBuiltin,
  isArray,
  OperandError,
  RegoObject,
  toJson,
  type Value,
} from "../../engine/builtins/index.ts";
import { BoundedCache } from "../bounded-cache.ts";
import { parseQuery } from "./parse-query.ts";
import { parseSchema } from "./parse-schema.ts";
import type { Node } from "./parser.ts";
import { printQuery, printSchema } from "./print.ts";
import { buildSchema, validateQuery } from "./validate.ts";

/** `graphql.*`. */
export const graphqlBuiltins: readonly HostBuiltin[] = [
  {
    name: "graphql.parse_query",
    run: ([text]) => pruned(parseQuery(text as string)),
  },
  {
    name: "graphql.parse_schema",
    run: ([text]) => pruned(parseSchema(text as string)),
  },
  {
    name: "graphql.parse",
    run: ([query, schema], context) =>
      parseBoth(query as Value, schema as Value, context),
  },
  {
    name: "graphql.parse_and_verify",
    run: ([query, schema], context) => {
      const trees = orUndefined(() =>
        parseBoth(query as Value, schema as Value, context),
      );
      return trees === undefined
        ? [false, RegoObject.of([]), RegoObject.of([])]
        : [true, ...trees];
    },
  },
  {
    name: "graphql.is_valid",
    run: ([query, schema], context) =>
      orUndefined(() => parseBoth(query as Value, schema as Value, context)) !==
      undefined,
  },
  {
    name: "graphql.schema_is_valid",
    run: ([schema], context) =>
      orUndefined(() =>
        loadSchema(
          readDocument(schema as Value, 1, parseSchema, printSchema),
          context,
        ),
      ) !== undefined,
  },
];

/** A document as its text and its tree. */
type Document = { readonly text: string; readonly tree: () => Value };

/** The trees of a query and the schema that it fits. */
function parseBoth(
  queryOperand: Value,
  schemaOperand: Value,
  context: BuiltinContext,
): readonly [Value, Value] {
  const query = readDocument(queryOperand, 0, parseQuery, printQuery);
  const schema = readDocument(schemaOperand, 1, parseSchema, printSchema);
  validateQuery(loadSchema(schema, context), query.text);
  return [query.tree(), schema.tree()];
}

/** Reads GraphQL text, or the tree of it. */
function readDocument(
  operand: Value,
  position: number,
  parse: (text: string) => Node,
  print: (tree: Node) => string,
): Document {
  if (typeof operand === "string") {
    const tree = parse(operand);
    return { text: operand, tree: () => pruned(tree) };
  }
  if (!(operand instanceof RegoObject)) {
    throw OperandError.ofType(position, operand, "string", "object");
  }
  const tree = JSON.parse(toJson(operand)) as Node;
  const text = print(tree);
  return { text, tree: () => pruned(parse(text)) };
}

const maxSchemas = 10;

function loadSchema(
  { text }: Document,
  { policyCache }: BuiltinContext,
): GraphQLSchema {
  const slot = "graphql schemas";
  const cache =
    (policyCache.get(slot) as BoundedCache<GraphQLSchema> | undefined) ??
    new BoundedCache<GraphQLSchema>(maxSchemas);
  policyCache.set(slot, cache);
  return cache.get(text, () => buildSchema(text));
}

function orUndefined<T>(run: () => T): T | undefined {
  try {
    return run();
  } catch (error) {
    if (error instanceof BuiltinError) {
      return undefined;
    }
    throw error;
  }
}

/** A tree without nulls and empty composites. */
function pruned(tree: Node): Value {
  return prune(fromJs(tree)) ?? RegoObject.of([]);
}

function prune(value: Value): Value | undefined {
  if (value === null) {
    return undefined;
  }
  if (isArray(value)) {
    const kept = value.map(prune).filter((one) => one !== undefined);
    return kept.length === 0 ? undefined : kept;
  }
  if (value instanceof RegoObject) {
    const kept = value.entries.flatMap(([key, member]) => {
      const inner = prune(member);
      return inner === undefined ? [] : [[key, inner] as const];
    });
    return kept.length === 0 ? undefined : RegoObject.of(kept);
  }
  return value;
}
