import { PolicyError } from "../engine/index.ts";

/** What is wrong with a bundle, in OPA's words where it has any. */
export function fault(text: string, cause?: unknown): PolicyError {
  return new PolicyError("bundle_load_error", text, { cause });
}

/** A fault of a bundle, with the bundle's name before it. */
export function named(bundle: string, error: unknown): PolicyError {
  const found = PolicyError.from(error, "bundle_load_error");
  const { code, rawMessage, location } = found;
  return new PolicyError(code, `bundle ${bundle}: ${rawMessage}`, {
    location,
    cause: found,
  });
}
