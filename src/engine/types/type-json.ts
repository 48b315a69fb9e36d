import { type Json, type JsonObject, jsonObject } from "../syntax/json-text.ts";
import { keyJson } from "./constant-key.ts";
import type { DynamicProperty, MaybeType, NamedType, Type } from "./type.ts";

type Members = Readonly<Record<string, Json | undefined>>;

/** A type as OPA's JSON writes it; one that is not known is null. */
export function typeJson(type: MaybeType): Json {
  return type ? sorted(members(type)) : null;
}

/** A function's operands in the same form, with their names. */
export function argsJson(
  args: readonly NamedType[],
  variadic: NamedType | undefined,
): JsonObject {
  return jsonObject({
    args: listed(args.map(namedJson)),
    variadic: variadic && namedJson(variadic),
  });
}

function namedJson({ name, type }: NamedType): Json {
  return type ? sorted({ ...members(type), name }) : null;
}

function members(type: Type): Members {
  switch (type.kind) {
    case "array":
      return {
        type: type.kind,
        static: listed(type.static.map(typeJson)),
        dynamic: type.dynamic && typeJson(type.dynamic),
      };
    case "object":
      return {
        type: type.kind,
        static: listed(
          type.static.map(({ key, value }) =>
            jsonObject({ key: keyJson(key), value: typeJson(value) }),
          ),
        ),
        dynamic: type.dynamic && dynamicJson(type.dynamic),
      };
    case "set":
      return { type: type.kind, of: type.of && typeJson(type.of) };
    case "any":
      return { type: type.kind, of: listed(type.of.map(typeJson)) };
    case "function":
      return {
        type: type.kind,
        args: listed(type.args.map(namedJson)),
        result: type.result?.type && namedJson(type.result),
        variadic: type.variadic && namedJson(type.variadic),
      };
    case "recursive":
      return { name: type.name };
    default:
      return { type: type.kind };
  }
}

function dynamicJson({ key, value }: DynamicProperty): Json {
  return jsonObject({ key: typeJson(key), value: typeJson(value) });
}

function listed(items: readonly Json[]): readonly Json[] | undefined {
  return items.length === 0 ? undefined : items;
}

function sorted(fields: Members): JsonObject {
  return new Map(
    Object.entries(fields).sort(([a], [b]) => (a < b ? -1 : Number(a > b))),
  );
}
