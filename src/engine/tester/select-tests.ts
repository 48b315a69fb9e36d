import { compile } from "../compile.ts";
import { PolicyError } from "../error.ts";
import { loadPolicy } from "../evaluate/policy.ts";

/**
 * The names that an RE2 expression matches anywhere. The sandbox's own
 * `regex.match` decides, so that an expression means what it means in a policy.
 */
export async function matchNames(
  pattern: string,
  names: readonly string[],
): Promise<ReadonlySet<string>> {
  const compiled = compile({
    modules: {},
    query:
      "found := [name | some name in input.names; regex.match(input.pattern, name)]",
  });
  if ("errors" in compiled) {
    throw compiled.errors[0] ?? new PolicyError("internal_error", "no query");
  }
  const policy = await loadPolicy(compiled.policy.wasm, {
    strictBuiltinErrors: true,
  });
  // One name more: without any, a faulty expression would go unnoticed.
  const input = { pattern, names: ["", ...names] };
  const bytes = new TextEncoder().encode(JSON.stringify(input));
  try {
    const [bindings] = JSON.parse(policy.queryJson(bytes)) as {
      found: string[];
    }[];
    return new Set(bindings?.found);
  } catch (error) {
    throw plainError(PolicyError.from(error));
  }
}

/** The engine's text on the expression, without the call that failed. */
function plainError({ code, rawMessage }: PolicyError): PolicyError {
  return new PolicyError(code, rawMessage.replace(/^regex\.match: /, ""));
}
