import { type ErrorCode, PolicyError } from "../error.ts";
import type { Location } from "../source.ts";
import { Suspension } from "./suspension.ts";

const abortText = /^(?:(.*):(\d+):(\d+): )?([a-z_]+_error): ([\s\S]*)$/;

const codes: ReadonlySet<string> = new Set<ErrorCode>([
  "eval_conflict_error",
  "eval_builtin_error",
  "eval_type_error",
  "eval_limit_error",
  "eval_input_error",
  "internal_error",
]);

const placeText = /^(.*):(\d+):(\d+): $/;

/** The place that a module writes as `file:row:col: `. */
export function toLocation(text: string): Location | undefined {
  const [, file, row, col] = placeText.exec(text) ?? [];
  return file === undefined
    ? undefined
    : { file, row: Number(row), col: Number(col) };
}

/** The error that a module's abort text stands for; docs/abi.md §3. */
export function toAbortError(text: string): PolicyError {
  const match = abortText.exec(text);
  const [, file, row, col, code = "", rest = ""] = match ?? [];
  if (!match || !codes.has(code)) {
    return new PolicyError("internal_error", `the module aborted: ${text}`);
  }
  const location =
    file === undefined
      ? undefined
      : { file, row: Number(row), col: Number(col) };
  return new PolicyError(code as ErrorCode, rest, { location });
}

/** A trap of the sandbox as an error of ours; a suspension passes as it is. */
export function toTrapError(cause: unknown): PolicyError | Suspension {
  if (cause instanceof PolicyError || cause instanceof Suspension) {
    return cause;
  }
  if (cause instanceof RangeError) {
    return new PolicyError("eval_limit_error", "nested too deeply", { cause });
  }
  return new PolicyError("internal_error", "the sandbox trapped", { cause });
}
