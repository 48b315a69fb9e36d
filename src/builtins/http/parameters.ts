import {
  BuiltinError,
  isNumber,
  type RegoObject,
  toInteger,
  toRego,
} from "../../engine/builtins/index.ts";
import { UnplacedError } from "./send-error.ts";

/** A parameter that is true or false; false when it is not there. */
export function readFlagParameter(given: RegoObject, name: string): boolean {
  const value = given.get(name) ?? false;
  if (typeof value !== "boolean") {
    throw new BuiltinError(`invalid value for "${name}" field`);
  }
  return value;
}

/** Whether errors of a call end its evaluation. */
export function raisesErrors(given: RegoObject): boolean {
  const value = given.get("raise_error") ?? true;
  if (typeof value !== "boolean") {
    throw new BuiltinError("invalid value for raise_error field");
  }
  return value;
}

/** How often a request is tried again. */
export function readRetries(given: RegoObject): number {
  const value = given.get("max_retry_attempts") ?? 0;
  const count = isNumber(value) ? toInteger(value) : undefined;
  if (count === undefined || count < 0n || count >= 1n << 63n) {
    throw new UnplacedError(
      `invalid value ${toRego(value)} for field "max_retry_attempts"`,
    );
  }
  return Number(count);
}
