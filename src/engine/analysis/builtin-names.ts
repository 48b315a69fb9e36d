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
