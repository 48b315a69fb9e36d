import { PolicyError } from "../error.ts";
import type { Rule } from "./ast.ts";
import { isKeywordIn } from "./token.ts";

/** What Rego v1 demands of a rule's form; also of its else rules. */
export function checkV1Rule(rule: Rule): PolicyError[] {
  const { head, location } = rule;
  const noun = head.args.length > 0 ? "function" : "rule";
  const [name] = head.ref.value;
  const messages: string[] = [];
  if (
    head.ref.value.length < 2 &&
    name?.kind === "var" &&
    isKeywordIn(name.value, 1)
  ) {
    messages.push(`${name.value} keyword cannot be used for rule name`);
  }
  if (rule.generatedBody && head.generatedValue) {
    messages.push(`${noun} must have value assignment and/or body declaration`);
  }
  if (!rule.generatedBody && !head.keywords.includes("if") && !rule.default) {
    messages.push(`\`if\` keyword is required before ${noun} body`);
  }
  if (!head.value && head.key && !head.keywords.includes("contains")) {
    messages.push("`contains` keyword is required for partial set rules");
  }
  const errors = messages.map(
    (message) => new PolicyError("rego_parse_error", message, { location }),
  );
  return rule.else ? [...errors, ...checkV1Rule(rule.else)] : errors;
}
