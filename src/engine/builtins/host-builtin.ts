import type { Location } from "../source.ts";
import type { FunctionDeclaration } from "../types/type-declaration.ts";
import { type TypeName, typeName, type Value } from "../value.ts";

/** What a host builtin gives: undefined is Rego's undefined. */
export type BuiltinResult = Value | undefined;

/** What the compiler must know of a builtin that runs outside the sandbox. */
export type BuiltinDeclaration = {
  readonly name: string;
  /** In OPA's JSON form; for builtins that OPA does not declare. */
  readonly decl?: FunctionDeclaration;
};

/**
 * A builtin that runs outside the sandbox. Operands are of the types that its
 * declaration names (where that is one type, not a choice) when `run` sees them.
 */
export type HostBuiltin = BuiltinDeclaration & {
  /**
   * May answer differently for the same operands: asked once a decision, and
   * its answers are what a replay needs.
   */
  readonly nondeterministic?: boolean;
  /** May answer by a promise, so that only an asynchronous evaluation has a value. */
  readonly answersLater?: boolean;
  /** Takes more than it declares, so that `run` itself looks at its operands. */
  readonly takesAny?: boolean;
  /**
   * Throws a BuiltinError or an OperandError for what OPA calls a builtin error
   * or a type error, a PolicyError to end the evaluation. A promise ends the
   * evaluation too: it begins again once the promise is kept.
   */
  run(
    operands: readonly Value[],
    context: BuiltinContext,
  ): BuiltinResult | Promise<BuiltinResult>;
};

/** What a builtin may know of the decision it is called in. */
export type BuiltinContext = {
  /** Nanoseconds since 1970: one value a decision. */
  readonly now: bigint;
  /** Where the call stands in the policy. */
  place(): Location | undefined;
  /** Random bytes. */
  random(count: number): Uint8Array;
  /** What `opa.runtime()` gives. */
  readonly runtime: Value;
  /** Lives as long as the decision. */
  readonly decisionCache: Map<string, unknown>;
  /** Lives as long as the loaded policy. */
  readonly policyCache: Map<string, unknown>;
  readonly network: NetworkPolicy;
  /** Aborted when the decision's time is up. */
  readonly signal: AbortSignal;
};

/** Which hosts a builtin may connect to: names without a port. */
export type NetworkPolicy = {
  allows(host: string): boolean;
};

/** A policy that names the hosts which may be reached, as OPA's `allow_net`. */
export function allowOnly(hosts: readonly string[]): NetworkPolicy {
  const names = new Set(hosts.map((host) => host.toLowerCase()));
  return { allows: (host) => names.has(host.toLowerCase()) };
}

/** An error of a builtin: undefined, or `eval_builtin_error: name: text` when errors are raised. */
export class BuiltinError extends Error {
  override readonly name: string = "BuiltinError";
}

/** An operand that does not fit: the same as `eval_type_error`. */
export class OperandError extends BuiltinError {
  override readonly name = "OperandError";

  /** `position` counts from one; the text is `operand 1 …`. */
  constructor(position: number, text: string) {
    super(`operand ${position} ${text}`);
  }

  /** `operand 1 must be string but got number`, or `one of {array, set}`. */
  static ofType(
    position: number,
    got: Value,
    ...wanted: readonly string[]
  ): OperandError {
    const want =
      wanted.length === 1 ? wanted[0] : `one of {${wanted.join(", ")}}`;
    return new OperandError(
      position,
      `must be ${want} but got ${typeName(got)}`,
    );
  }
}

/** The operand where a text is wanted; `position` counts from one. */
export function textOperand(
  value: Value | undefined,
  position: number,
): string {
  if (typeof value !== "string") {
    throw OperandError.ofType(position, value ?? null, "string");
  }
  return value;
}

const checkedTypes: ReadonlySet<string> = new Set<TypeName>([
  "null",
  "boolean",
  "number",
  "string",
  "array",
  "object",
  "set",
]);

/** Throws an OperandError for the first operand that is not of its declared type. */
export function checkOperands(
  { args = [] }: FunctionDeclaration,
  operands: readonly Value[],
): void {
  for (const [index, operand] of operands.entries()) {
    const want = args[index]?.type;
    if (
      want !== undefined &&
      checkedTypes.has(want) &&
      typeName(operand) !== want
    ) {
      throw OperandError.ofType(index + 1, operand, want);
    }
  }
}
