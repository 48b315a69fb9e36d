import {
  anyType,
  createObject,
  type DynamicProperty,
  type MaybeType,
  type PropertyKey,
  type Type,
  unwrap,
} from "./type.ts";

const openProperties: DynamicProperty = { key: anyType, value: anyType };

/** A type in which what stands at a path has another type. */
export function overrideType(
  type: MaybeType,
  path: readonly PropertyKey[],
  other: Type,
): Type {
  const [key, ...rest] = path;
  const plain = unwrap(type);
  if (!key) {
    return other;
  }
  if (plain?.kind !== "object") {
    return nest(path, other, openProperties);
  }
  const isKey = (one: PropertyKey): boolean =>
    one.text === key.text && one.type.kind === key.type.kind;
  const fixed = plain.static.map((property) =>
    isKey(property.key)
      ? { key, value: overrideType(property.value, rest, other) }
      : property,
  );
  if (!plain.static.some((property) => isKey(property.key))) {
    fixed.push({ key, value: nest(rest, other, plain.dynamic) });
  }
  return createObject(fixed, plain.dynamic);
}

/** Objects within objects, as open as the one around them. */
function nest(
  [key, ...rest]: readonly PropertyKey[],
  other: Type,
  dynamic: DynamicProperty | undefined,
): Type {
  return key
    ? createObject([{ key, value: nest(rest, other, dynamic) }], dynamic)
    : other;
}
