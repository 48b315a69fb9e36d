import {
  anyType,
  createAny,
  createArray,
  createObject,
  createSet,
  type FunctionType,
  type MaybeType,
  type NamedType,
  type Type,
} from "./type.ts";

/** A type in the JSON form of OPA's capabilities. */
type TypeDeclaration = {
  readonly type: string;
  readonly name?: string;
  readonly of?: TypeDeclaration | readonly TypeDeclaration[];
  readonly static?: readonly unknown[];
  readonly dynamic?: unknown;
};

/** A function's type in the same form. */
export type FunctionDeclaration = {
  readonly args?: readonly TypeDeclaration[];
  readonly variadic?: TypeDeclaration;
  readonly result?: TypeDeclaration;
};

/** The type that a function declaration stands for. */
export function functionType(declaration: FunctionDeclaration): FunctionType {
  const { args = [], result, variadic } = declaration;
  return {
    kind: "function",
    args: args.map(named),
    result: result && named(result),
    variadic: variadic && named(variadic),
  };
}

function named(declaration: TypeDeclaration): NamedType {
  return { name: declaration.name, type: toType(declaration) };
}

type Property = {
  readonly key: string;
  readonly value: TypeDeclaration;
};

function toType(declaration: TypeDeclaration): Type {
  const { type, of } = declaration;
  switch (type) {
    case "null":
    case "boolean":
    case "number":
    case "string":
      return { kind: type };
    case "array":
      return createArray(
        (declaration.static ?? []).map((item) =>
          toType(item as TypeDeclaration),
        ),
        maybe(declaration.dynamic),
      );
    case "set":
      return createSet(maybe(of));
    case "object":
      return toObject(declaration);
    default:
      return Array.isArray(of)
        ? createAny(of.map((one: TypeDeclaration) => toType(one)))
        : anyType;
  }
}

function maybe(declaration: unknown): MaybeType {
  return declaration === undefined
    ? undefined
    : toType(declaration as TypeDeclaration);
}

function toObject({ dynamic, static: fixed = [] }: TypeDeclaration): Type {
  const other = dynamic as
    | { readonly key: TypeDeclaration; readonly value: TypeDeclaration }
    | undefined;
  return createObject(
    (fixed as readonly Property[]).map(({ key, value }) => ({
      key: { text: key, type: { kind: "string" } },
      value: toType(value),
    })),
    other && { key: toType(other.key), value: toType(other.value) },
  );
}
