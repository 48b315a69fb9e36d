import { PolicyError } from "../../engine/index.ts";
import { type Charge, readCharges } from "../budget/charge.ts";
import { readNamedValues, readNames } from "./named-values.ts";
import type { NamedValues } from "./verdict.ts";

/** What a guard wants done to the request or the answer. */
export type Effects = {
  readonly headers?: NamedValues;
  readonly responseHeadersToAdd?: NamedValues;
  readonly requestHeadersToRemove?: readonly string[];
  readonly queryParametersToSet?: NamedValues;
  readonly queryParametersToRemove?: readonly string[];
  readonly dynamicMetadata?: Readonly<Record<string, unknown>>;
};

/** A guard's verdict, read from what its rule gave. */
export type GuardVerdict =
  | { readonly kind: "undefined" }
  | {
      readonly kind: "allow";
      readonly effects: Effects;
      readonly charges: readonly Charge[];
      readonly evidence?: unknown;
    }
  | {
      readonly kind: "deny";
      readonly effects: Effects;
      readonly code?: string;
      readonly reason?: string;
      readonly httpStatus?: number;
      readonly body?: string;
      readonly evidence?: unknown;
    };

type Members = Readonly<Record<string, unknown>>;

const known = [
  "allowed",
  "reason",
  "code",
  "http_status",
  "headers",
  "response_headers_to_add",
  "request_headers_to_remove",
  "query_parameters_to_set",
  "query_parameters_to_remove",
  "body",
  "dynamic_metadata",
  "charges",
  "evidence",
];

/**
 * Reads any form of verdict: a boolean, a list of denial reasons, an object.
 * Anything else, an unknown member included, is `guard_verdict_error`.
 */
export function readGuardVerdict(value: unknown): GuardVerdict {
  if (value === undefined) {
    return { kind: "undefined" };
  }
  if (value === true) {
    return { kind: "allow", effects: {}, charges: [] };
  }
  if (value === false) {
    return { kind: "deny", effects: {} };
  }
  if (Array.isArray(value)) {
    return readReasons(value);
  }
  if (isMembers(value)) {
    return readObject(value);
  }
  throw fault("a verdict must be a boolean, a set of reasons or an object");
}

/** Without a reason it passes; with several the first decides about code and status. */
function readReasons(reasons: readonly unknown[]): GuardVerdict {
  const denials = reasons.map(toDenial);
  const [first, ...others] = denials;
  if (!first) {
    return { kind: "allow", effects: {}, charges: [] };
  }
  const reason = [first, ...others].map((one) => one["reason"]).join("; ");
  for (const other of others) {
    readObject({ ...other, allowed: false });
  }
  return readObject({ ...first, allowed: false, reason });
}

function toDenial(reason: unknown): Members {
  if (typeof reason === "string") {
    return { reason };
  }
  if (!isMembers(reason) || typeof reason["reason"] !== "string") {
    throw fault("a denial reason must be a text or an object with `reason`");
  }
  if (reason["allowed"] === true) {
    throw fault("a denial reason cannot be `allowed`");
  }
  return reason;
}

function readObject(members: Members): GuardVerdict {
  for (const name of Object.keys(members)) {
    if (!known.includes(name)) {
      throw fault(`a verdict has no \`${name}\``);
    }
  }
  const { allowed, evidence } = members;
  if (typeof allowed !== "boolean") {
    throw fault("a verdict's `allowed` must be a boolean");
  }
  const effects = readEffects(members);
  const charges =
    members["charges"] === undefined ? [] : readCharges(members["charges"]);
  const denial = readDenial(members);
  const shared = { effects, ...(evidence === undefined ? {} : { evidence }) };
  return allowed
    ? { kind: "allow", charges, ...shared }
    : { kind: "deny", ...denial, ...shared };
}

function readEffects(members: Members): Effects {
  return {
    ...optional("headers", members["headers"], readNamedValues),
    ...optional(
      "responseHeadersToAdd",
      members["response_headers_to_add"],
      readNamedValues,
    ),
    ...optional(
      "requestHeadersToRemove",
      members["request_headers_to_remove"],
      readNames,
    ),
    ...optional(
      "queryParametersToSet",
      members["query_parameters_to_set"],
      readNamedValues,
    ),
    ...optional(
      "queryParametersToRemove",
      members["query_parameters_to_remove"],
      readNames,
    ),
    ...optional("dynamicMetadata", members["dynamic_metadata"], readMembers),
  };
}

function readDenial(members: Members) {
  return {
    ...optional("code", members["code"], readCode),
    ...optional("reason", members["reason"], readText),
    ...optional("httpStatus", members["http_status"], readStatus),
    ...optional("body", members["body"], readText),
  };
}

/** An object with the one member, or none where the verdict has none. */
function optional<K extends string, T>(
  name: K,
  value: unknown,
  read: (value: unknown, name: string) => T,
): { readonly [P in K]?: T } {
  const made = value === undefined ? {} : { [name]: read(value, name) };
  return made as { readonly [P in K]?: T };
}

function readText(value: unknown, name: string): string {
  if (typeof value !== "string") {
    throw fault(`a verdict's \`${name}\` must be a text`);
  }
  return value;
}

function readCode(value: unknown): string {
  if (typeof value !== "string" || !/^[a-z][a-z0-9_]{0,63}$/.test(value)) {
    throw fault("a verdict's `code` must be a snake_case word");
  }
  return value;
}

/** Any whole number: the answer turns what a denial cannot have into 403. */
function readStatus(value: unknown): number {
  if (!Number.isInteger(value)) {
    throw fault("a verdict's `http_status` must be a whole number");
  }
  return value as number;
}

function readMembers(value: unknown): Members {
  if (!isMembers(value)) {
    throw fault("a verdict's `dynamic_metadata` must be an object");
  }
  return value;
}

function isMembers(value: unknown): value is Members {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}

function fault(message: string): PolicyError {
  return new PolicyError("guard_verdict_error", message);
}
