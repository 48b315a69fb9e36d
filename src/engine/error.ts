import type { Location } from "./source.ts";
import type { JsonObject } from "./syntax/json-text.ts";

/** Every failure this project reports; docs/errors.md explains each code. */
export type ErrorCode =
  | "rego_parse_error"
  | "rego_compile_error"
  | "rego_recursion_error"
  | "rego_type_error"
  | "rego_unsafe_var_error"
  | "eval_conflict_error"
  | "eval_builtin_error"
  | "eval_type_error"
  | "eval_limit_error"
  | "eval_input_error"
  | "bundle_load_error"
  | "bundle_test_error"
  | "bundle_canary_error"
  | "bundle_blocked_error"
  | "bundle_stale_error"
  | "guard_manifest_error"
  | "guard_module_error"
  | "guard_verdict_error"
  | "server_config_error"
  | "test_case_error"
  | "server_request_error"
  | "internal_error";

/** What was found and what was wanted: for people, and as OPA's JSON has it. */
export type ErrorDetails = {
  readonly lines: readonly string[];
  readonly json?: JsonObject;
};

type Context = {
  readonly location?: Location | undefined;
  readonly details?: ErrorDetails | undefined;
  readonly cause?: unknown;
};

/**
 * A failure with a stable code and, where source text is to blame, its place.
 * The message reads `file:row:col: code: text` so that a log line alone is
 * enough to find the fault.
 */
export class PolicyError extends Error {
  override readonly name = "PolicyError";
  readonly code: ErrorCode;
  readonly location: Location | undefined;
  readonly details: ErrorDetails | undefined;
  /** The text without place and code, for callers that print those apart. */
  readonly rawMessage: string;

  constructor(code: ErrorCode, message: string, context: Context = {}) {
    super(format(code, message, context.location), { cause: context.cause });
    this.code = code;
    this.location = context.location;
    this.details = context.details;
    this.rawMessage = message;
  }

  /** Returns `reason` itself if it is a PolicyError, else wraps it as a cause. */
  static from(
    reason: unknown,
    code: ErrorCode = "internal_error",
  ): PolicyError {
    if (reason instanceof PolicyError) {
      return reason;
    }
    const message = reason instanceof Error ? reason.message : String(reason);
    return new PolicyError(code, message, { cause: reason });
  }
}

function format(code: ErrorCode, message: string, at?: Location): string {
  const place = at ? `${at.file}:${at.row}:${at.col}: ` : "";
  return `${place}${code}: ${message}`;
}
