import type { MaybeType, NamedType } from "./type.ts";

/** A type as OPA's errors spell it. */
export function printType(type: MaybeType): string {
  if (!type) {
    return "???";
  }
  switch (type.kind) {
    case "array": {
      const fixed =
        type.static.length === 0
          ? ""
          : `<${type.static.map(printType).join(", ")}>`;
      const dynamic = type.dynamic ? `[${printType(type.dynamic)}]` : "";
      return `array${fixed}${dynamic}`;
    }
    case "object": {
      const properties = type.static.map(
        ({ key, value }) => `${key.text}: ${printType(value)}`,
      );
      const fixed = properties.length === 0 ? "" : `<${properties.join(", ")}>`;
      const dynamic = type.dynamic
        ? `[${printType(type.dynamic.key)}: ${printType(type.dynamic.value)}]`
        : "";
      return `object${fixed}${dynamic}`;
    }
    case "set":
      return `set[${printType(type.of)}]`;
    case "any":
      return type.of.length === 0
        ? "any"
        : `any<${type.of.map(printType).join(", ")}>`;
    case "function":
      return `${printArgs(type.args.map(unnamed), type.variadic && unnamed(type.variadic))} => ${printType(type.result?.type)}`;
    case "recursive":
      return `recursive(${type.name})`;
    default:
      return type.kind;
  }
}

/** The operands of a function as errors list them. */
export function printArgs(
  args: readonly NamedType[],
  variadic: NamedType | undefined,
): string {
  const texts = args.map(printNamed);
  return `(${[...texts, ...(variadic ? [`${printNamed(variadic)}...`] : [])].join(", ")})`;
}

function unnamed({ type }: NamedType): NamedType {
  return { name: undefined, type };
}

function printNamed({ name, type }: NamedType): string {
  return name === undefined ? printType(type) : `${name}: ${printType(type)}`;
}
