import { compile } from "../compile.ts";
import { LoadedPolicy } from "../evaluate/policy.ts";

/** Expressions of RE2, run inside a sandbox in a time that their length and the text's bound. */
export type RegexMatcher = {
  isValid(pattern: string): boolean;
  /** False for an expression that is not valid. */
  matches(pattern: string, text: string): boolean;
};

const module = `package matcher

valid := regex.is_valid(input.pattern)

found := regex.match(input.pattern, input.text)
`;

/** A matcher with an instance of its own. */
export function loadRegexMatcher(): RegexMatcher {
  const compiled = compile({
    modules: { "matcher.rego": module },
    entrypoints: ["matcher/valid", "matcher/found"],
  });
  if ("errors" in compiled) {
    throw compiled.errors[0];
  }
  const policy = new LoadedPolicy(
    new WebAssembly.Module(compiled.policy.wasm as BufferSource),
    {},
  );
  return {
    isValid: (pattern) =>
      policy.evaluate({ pattern }, { entrypoint: "matcher/valid" }) === true,
    matches: (pattern, text) =>
      policy.evaluate({ pattern, text }, { entrypoint: "matcher/found" }) ===
      true,
  };
}
