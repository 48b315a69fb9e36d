import {
  type ArrayType,
  type FunctionType,
  itemAt,
  type MaybeType,
  type ObjectType,
  selectProperty,
  type Type,
  unwrap,
  valuesOf,
} from "./type.ts";

/** Whether a value may be of both types. */
export function unifies(left: MaybeType, right: MaybeType): boolean {
  const [a, b] = [unwrap(left), unwrap(right)];
  if (!a || !b) {
    return false;
  }
  if (a.kind === "any" || b.kind === "any") {
    return unifiesAny(a, b) || unifiesAny(b, a);
  }
  if (a.kind === "array" && b.kind === "array") {
    return (
      itemsUnify(a, b) && itemsUnify(b, a) && restUnifies(a.dynamic, b.dynamic)
    );
  }
  if (a.kind === "object" && b.kind === "object") {
    return (
      fixedUnify(a, b) &&
      fixedUnify(b, a) &&
      restUnifies(a.dynamic?.value, b.dynamic?.value)
    );
  }
  if (a.kind === "set" && b.kind === "set") {
    return unifies(valuesOf(a), valuesOf(b));
  }
  if (a.kind === "function" && b.kind === "function") {
    return argsUnify(a, b);
  }
  return a.kind === b.kind;
}

function argsUnify(a: FunctionType, b: FunctionType): boolean {
  return (
    a.args.length === b.args.length &&
    a.args.every(({ type }, index) => unifies(type, b.args[index]?.type))
  );
}

/** What is not fixed may be missing on either side. */
function restUnifies(a: MaybeType, b: MaybeType): boolean {
  return !a || !b || unifies(a, b);
}

function unifiesAny(any: Type, other: Type): boolean {
  return (
    any.kind === "any" &&
    other.kind !== "function" &&
    (any.of.length === 0 || any.of.some((one) => unifies(one, other)))
  );
}

function itemsUnify(a: ArrayType, b: ArrayType): boolean {
  return a.static.every((item, index) => unifies(item, itemAt(b, index)));
}

function fixedUnify(a: ObjectType, b: ObjectType): boolean {
  return a.static.every(({ key, value }) => {
    const other = selectProperty(b, key);
    return other === undefined
      ? a.dynamic?.value !== undefined || b.dynamic?.value !== undefined
      : unifies(value, other);
  });
}
