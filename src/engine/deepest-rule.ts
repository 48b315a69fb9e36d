import { PolicyError } from "./error.ts";
import type { Location } from "./source.ts";
import type { Module, Rule } from "./syntax/ast.ts";

/** The host's stack is spent: names the rule that is nested the deepest. */
export function tooDeep(modules: readonly Module[]): PolicyError {
  let deepest = 0;
  let location: Location | undefined;
  for (const rule of modules.flatMap(({ rules }) => rules)) {
    const depth = depthOf(rule);
    if (depth > deepest) {
      deepest = depth;
      location = rule.location;
    }
  }
  return tooDeepAt(location);
}

/** The same where the place is known. */
export function tooDeepAt(location: Location | undefined): PolicyError {
  return new PolicyError("rego_compile_error", "rule is nested too deeply", {
    location,
  });
}

/** Without recursion, for the stack is what is missing. */
function depthOf(rule: Rule): number {
  let deepest = 0;
  const stack: { readonly value: object; readonly depth: number }[] = [
    { value: rule, depth: 1 },
  ];
  for (let top = stack.pop(); top; top = stack.pop()) {
    const { depth, value } = top;
    deepest = Math.max(deepest, depth);
    for (const part of Object.values(value)) {
      if (typeof part === "object" && part !== null) {
        stack.push({ value: part, depth: depth + 1 });
      }
    }
  }
  return deepest;
}
