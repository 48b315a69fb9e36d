import { PolicyError } from "../error.ts";
import { parseJson, toJs } from "../value-json.ts";

/** A verdict may be so long. */
export const longestVerdict = 65_536;

/** The value of a verdict's JSON text; `guard_verdict_error` for text that is none. */
export function readVerdict(text: string): unknown {
  try {
    return toJs(parseJson(text));
  } catch (cause) {
    throw new PolicyError("guard_verdict_error", "the verdict is not JSON", {
      cause,
    });
  }
}
