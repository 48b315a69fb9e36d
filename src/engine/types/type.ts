import type { Term } from "../syntax/ast.ts";

/**
 * A Rego type as OPA's checker has it. An array has types by position and one
 * for the rest; an object types by key and one for other keys; `any` of nothing
 * is every value. An undefined part is a type that is not known.
 */
export type Type =
  | { readonly kind: ScalarKind }
  | ArrayType
  | ObjectType
  | SetType
  | AnyType
  | FunctionType
  | RecursiveType;

type ScalarKind = "null" | "boolean" | "number" | "string";

export type MaybeType = Type | undefined;

export type ArrayType = {
  readonly kind: "array";
  readonly static: readonly MaybeType[];
  readonly dynamic: MaybeType;
};

/** A constant key: how Go prints it, its type, and the term that it is. */
export type PropertyKey = {
  readonly text: string;
  readonly type: Type;
  /** None for the names that schemas and declarations give. */
  readonly term?: Term;
};

export type StaticProperty = {
  readonly key: PropertyKey;
  readonly value: MaybeType;
};

export type DynamicProperty = {
  readonly key: MaybeType;
  readonly value: MaybeType;
};

export type ObjectType = {
  readonly kind: "object";
  /** Sorted by key. */
  readonly static: readonly StaticProperty[];
  readonly dynamic: DynamicProperty | undefined;
};

type SetType = { readonly kind: "set"; readonly of: MaybeType };

export type AnyType = { readonly kind: "any"; readonly of: readonly Type[] };

export type FunctionType = {
  readonly kind: "function";
  readonly args: readonly NamedType[];
  readonly result: NamedType | undefined;
  readonly variadic: NamedType | undefined;
};

/** A part of a function's type with the name that its documentation gives it. */
export type NamedType = {
  readonly name: string | undefined;
  readonly type: MaybeType;
};

/** A type that refers to itself, as a schema may; `type` is called when needed. */
type RecursiveType = {
  readonly kind: "recursive";
  readonly name: string;
  readonly type: () => Type;
};

export const nullType: Type = { kind: "null" };
export const booleanType: Type = { kind: "boolean" };
export const numberType: Type = { kind: "number" };
export const stringType: Type = { kind: "string" };
/** Every value. */
export const anyType: AnyType = { kind: "any", of: [] };

export function createArray(
  fixed: readonly MaybeType[],
  dynamic: MaybeType,
): Type {
  return { kind: "array", static: fixed, dynamic };
}

export function createObject(
  fixed: readonly StaticProperty[],
  dynamic: DynamicProperty | undefined,
): ObjectType {
  const sorted = fixed.toSorted((a, b) => compareKeys(a.key, b.key));
  return { kind: "object", static: sorted, dynamic };
}

export function createSet(of: MaybeType): Type {
  return { kind: "set", of };
}

/** One of several types. */
export function createAny(of: readonly Type[]): AnyType {
  return { kind: "any", of: of.toSorted(compareTypes) };
}

function compareKeys(a: PropertyKey, b: PropertyKey): number {
  const kinds = order(a.type) - order(b.type);
  if (kinds !== 0) {
    return kinds;
  }
  if (a.type.kind === "number") {
    return Number(a.text) - Number(b.text);
  }
  return a.text < b.text ? -1 : a.text > b.text ? 1 : 0;
}

/** The type behind a self-reference. */
export function unwrap(type: Type): Exclude<Type, RecursiveType>;
export function unwrap(
  type: MaybeType,
): Exclude<Type, RecursiveType> | undefined;
export function unwrap(
  type: MaybeType,
): Exclude<Type, RecursiveType> | undefined {
  return type?.kind === "recursive" ? unwrap(type.type()) : type;
}

const orders = {
  null: 0,
  boolean: 1,
  number: 2,
  string: 3,
  array: 4,
  object: 5,
  set: 6,
  any: 7,
  function: 8,
} as const;

function order(type: MaybeType): number {
  const plain = unwrap(type);
  return plain ? orders[plain.kind] : -1;
}

/** A total order of types; 0 for equal ones. */
function compareTypes(left: MaybeType, right: MaybeType): number {
  const [a, b] = [unwrap(left), unwrap(right)];
  const kinds = order(a) - order(b);
  if (kinds !== 0 || !a || !b || a === b) {
    return kinds;
  }
  if (a.kind === "array" && b.kind === "array") {
    return (
      compareTypes(a.dynamic, b.dynamic) || compareLists(a.static, b.static)
    );
  }
  if (a.kind === "object" && b.kind === "object") {
    return compareObjects(a, b);
  }
  if (a.kind === "set" && b.kind === "set") {
    return compareTypes(a.of, b.of);
  }
  if (a.kind === "any" && b.kind === "any") {
    return compareLists(a.of, b.of);
  }
  if (a.kind === "function" && b.kind === "function") {
    return (
      a.args.length - b.args.length ||
      compareLists(a.args.map(typeOf), b.args.map(typeOf)) ||
      compareTypes(a.result?.type, b.result?.type)
    );
  }
  return 0;
}

function typeOf({ type }: NamedType): MaybeType {
  return type;
}

function compareObjects(a: ObjectType, b: ObjectType): number {
  const dynamic =
    compareTypes(a.dynamic?.key, b.dynamic?.key) ||
    compareTypes(a.dynamic?.value, b.dynamic?.value);
  if (dynamic !== 0) {
    return dynamic;
  }
  const common = Math.min(a.static.length, b.static.length);
  for (let index = 0; index < common; index += 1) {
    const [one, other] = [a.static[index], b.static[index]];
    if (one && other) {
      const found =
        compareKeys(one.key, other.key) || compareTypes(one.value, other.value);
      if (found !== 0) {
        return found;
      }
    }
  }
  return a.static.length - b.static.length;
}

function compareLists(
  a: readonly MaybeType[],
  b: readonly MaybeType[],
): number {
  for (let index = 0; index < Math.min(a.length, b.length); index += 1) {
    const found = compareTypes(a[index], b[index]);
    if (found !== 0) {
      return found;
    }
  }
  return a.length - b.length;
}

/** A type that has the values of both. */
export function unite(a: MaybeType, b: MaybeType): MaybeType {
  if (!a || !b) {
    return a ?? b;
  }
  if (a.kind === "function" || b.kind === "function") {
    return a.kind === b.kind ? uniteFunctions(a, b) : undefined;
  }
  if (a.kind === "any") {
    return widen(a, b);
  }
  if (b.kind === "any") {
    return widen(b, a);
  }
  return compareTypes(a, b) === 0 ? a : createAny([a, b]);
}

function uniteFunctions(a: Type, b: Type): MaybeType {
  if (a.kind !== "function" || b.kind !== "function") {
    return undefined;
  }
  return a.args.length !== b.args.length ||
    (a.variadic === undefined) !== (b.variadic === undefined)
    ? undefined
    : {
        kind: "function",
        args: a.args.map((arg, index) => ({
          name: undefined,
          type: unite(arg.type, b.args[index]?.type),
        })),
        result: {
          name: undefined,
          type: unite(a.result?.type, b.result?.type),
        },
        variadic: a.variadic,
      };
}

function widen(any: AnyType, other: Type): AnyType {
  if (any.of.length === 0) {
    return any;
  }
  if (other.kind === "any") {
    return other.of.length === 0
      ? other
      : other.of.reduce<AnyType>((known, type) => widen(known, type), any);
  }
  return any.of.some((one) => compareTypes(one, other) === 0)
    ? any
    : createAny([...any.of, other]);
}

/** True when a type is one of those that another stands for. */
function contains(type: MaybeType, other: MaybeType): boolean {
  if (type?.kind !== "any") {
    return compareTypes(type, other) === 0;
  }
  return (
    other?.kind !== "function" &&
    (type.of.length === 0 ||
      type.of.some((one) => compareTypes(one, other) === 0))
  );
}

/** The type of what stands under a constant key. */
export function select(type: MaybeType, key: PropertyKey): MaybeType {
  const plain = unwrap(type);
  switch (plain?.kind) {
    case "array":
      return selectItem(plain, key);
    case "object":
      return selectProperty(plain, key);
    case "set":
      return compareTypes(plain.of, key.type) === 0
        ? plain.of
        : plain.of?.kind === "any" && contains(plain.of, key.type)
          ? key.type
          : undefined;
    case "any":
      return plain.of.length === 0
        ? anyType
        : plain.of.reduce<MaybeType>(
            (known, one) => unite(select(one, key), known),
            undefined,
          );
    default:
      return undefined;
  }
}

function selectItem(
  { static: fixed, dynamic }: ArrayType,
  { text, type }: PropertyKey,
): MaybeType {
  if (type.kind !== "number" || !/^-?[0-9]+$/.test(text)) {
    return undefined;
  }
  const index = Number(text);
  return index < 0 ? undefined : index < fixed.length ? fixed[index] : dynamic;
}

/** The type of an array's item. */
export function itemAt(
  { static: fixed, dynamic }: ArrayType,
  index: number,
): MaybeType {
  return index < fixed.length ? fixed[index] : dynamic;
}

export function selectProperty(
  { static: fixed, dynamic }: ObjectType,
  key: PropertyKey,
): MaybeType {
  const found = fixed.find((one) => compareKeys(one.key, key) === 0);
  if (found) {
    return found.value;
  }
  return dynamic && contains(dynamic.key, key.type) ? dynamic.value : undefined;
}

/** The type of the keys that a ref may have into a value; undefined for scalars. */
export function keysOf(type: MaybeType): MaybeType {
  const plain = unwrap(type);
  switch (plain?.kind) {
    case "array":
      return numberType;
    case "object": {
      const fixed = plain.static.reduce<MaybeType>(
        (known, { key }) => unite(known, key.type),
        undefined,
      );
      return plain.dynamic ? unite(fixed, plain.dynamic.key) : fixed;
    }
    case "set":
      return plain.of;
    case "any":
      return plain.of.length === 0
        ? anyType
        : plain.of.reduce<MaybeType>(
            (known, one) => unite(keysOf(one), known),
            undefined,
          );
    default:
      return undefined;
  }
}

/** The type of what a ref with any key finds in a value. */
export function valuesOf(type: MaybeType): MaybeType {
  const plain = unwrap(type);
  switch (plain?.kind) {
    case "array":
      return unite(
        plain.static.reduce<MaybeType>(unite, undefined),
        plain.dynamic,
      );
    case "object": {
      const fixed = plain.static.reduce<MaybeType>(
        (known, { value }) => unite(known, value),
        undefined,
      );
      return plain.dynamic ? unite(fixed, plain.dynamic.value) : fixed;
    }
    case "set":
      return plain.of;
    case "any":
      return plain.of.length === 0
        ? anyType
        : plain.of.reduce<MaybeType>(
            (known, one) => unite(valuesOf(one), known),
            undefined,
          );
    default:
      return undefined;
  }
}

/** True when a type or a part of it is not known. */
export function isUnknown(
  type: MaybeType,
  seen: readonly Type[] = [],
): boolean {
  const plain = unwrap(type);
  if (!plain) {
    return true;
  }
  if (seen.includes(plain)) {
    return false;
  }
  const again = (part: MaybeType): boolean => isUnknown(part, [...seen, plain]);
  switch (plain.kind) {
    case "function":
      return (
        plain.args.some(({ type: arg }) => again(arg)) ||
        again(plain.result?.type)
      );
    case "array":
      return (
        plain.static.some(again) ||
        (plain.dynamic !== undefined && again(plain.dynamic))
      );
    case "object":
      return (
        plain.static.some(({ value }) => again(value)) ||
        (plain.dynamic !== undefined &&
          (again(plain.dynamic.key) || again(plain.dynamic.value)))
      );
    case "set":
      return again(plain.of);
    default:
      return false;
  }
}
