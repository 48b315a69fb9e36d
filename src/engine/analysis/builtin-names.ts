/** What analysis must know of a builtin. */
type BuiltinShape = {
  readonly arity: number;
  /** `walk`: gives many values. */
  readonly relation: boolean;
  /** False for those that give nothing, like `print`. */
  readonly hasResult: boolean;
  /** Takes any number of operands. */
  readonly isVariadic: boolean;
};

/** Builtins by name. */
export type BuiltinNames = ReadonlyMap<string, BuiltinShape>;
