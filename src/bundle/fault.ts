import { PolicyError } from "../engine/index.ts";

/** What is wrong with a bundle, in OPA's words where it has any. */
export function fault(text: string, cause?: unknown): PolicyError {
  return new PolicyError("bundle_load_error", text, { cause });
}
