import type { FunctionType } from "../types/type.ts";

/** What analysis must know of a builtin. */
type BuiltinShape = {
  readonly arity: number;
  /** `walk`: gives many values. */
  readonly relation: boolean;
  /** False for those that give nothing, like `print`. */
  readonly hasResult: boolean;
  /** Takes any number of operands. */
  readonly isVariadic: boolean;
  readonly isDeprecated: boolean;
  /** Its operands and its value. */
  readonly type: FunctionType;
};

/** Builtins by name. */
export type BuiltinNames = ReadonlyMap<string, BuiltinShape>;

/** The words with which the names of some builtins begin: `net` for `net.cidr_overlap`. */
export function firstWords(
  builtins: BuiltinNames,
  isWanted: (shape: BuiltinShape) => boolean,
): readonly string[] {
  const found = new Set<string>();
  for (const [name, shape] of builtins) {
    if (isWanted(shape)) {
      const [word = name] = name.split(".", 1);
      found.add(word);
    }
  }
  return [...found];
}
