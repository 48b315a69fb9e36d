import { beforeAll, describe, expect, test } from "vitest";
import { compile, loadPolicy, type Policy } from "../../src/engine/index.ts";

type Case = {
  readonly call: string;
  readonly args: readonly (string | number | readonly string[] | null)[];
  /** The answer; for a fault its text after the builtin's name. */
  readonly want?: unknown;
  readonly fault?: string;
};

const parsing = "error parsing regexp: ";
const match = "regex.match";
const find = "regex.find_n";
const groups = "regex.find_all_string_submatch_n";
const split = "regex.split";
const replace = "regex.replace";
const glob = "glob.match";
const globs = "regex.globs_match";

// Genuine OPA's answers; most lines have once been answered differently.
const cases: readonly Case[] = [
  { call: match, args: ["[", ""], fault: `${parsing}missing closing ]: \`[\`` },
  { call: match, args: ["(", ""], fault: `${parsing}missing closing ): \`(\`` },
  { call: match, args: ["a)", ""], fault: `${parsing}unexpected ): \`a)\`` },
  {
    call: match,
    args: ["x{1001}", ""],
    fault: `${parsing}invalid repeat count: \`{1001}\``,
  },
  {
    call: match,
    args: ["(x{1000}){1000}", ""],
    fault: `${parsing}invalid repeat count: \`{1000}\``,
  },
  {
    call: match,
    args: ["a**", ""],
    fault: `${parsing}invalid nested repetition operator: \`**\``,
  },
  {
    call: match,
    args: ["*a", ""],
    fault: `${parsing}missing argument to repetition operator: \`*\``,
  },
  {
    call: match,
    args: ["\\8", ""],
    fault: `${parsing}invalid escape sequence: \`\\8\``,
  },
  {
    call: match,
    args: ["\\", ""],
    fault: `${parsing}trailing backslash at end of expression: \`\``,
  },
  // Yi is a script: no category begins with Y.
  {
    call: match,
    args: ["\\py", ""],
    fault: `${parsing}invalid character class range: \`\\py\``,
  },
  {
    call: match,
    args: ["(?P<a-b>x)", ""],
    fault: `${parsing}invalid named capture: \`(?P<a-b>\``,
  },
  {
    call: match,
    args: ["(".repeat(1001) + ")".repeat(1001), ""],
    fault: `${parsing}expression nests too deeply: \`${"(".repeat(1001)}${")".repeat(1001)}\``,
  },
  // A loop that can be empty keeps the priority of its first way round.
  {
    call: find,
    args: ["((?:\\B|a))*", "ababab", -1],
    want: ["a", "", "", "", "", ""],
  },
  {
    call: find,
    args: ["(?i)(?:(?:\\B|(?s:.))){0,}", "ÉBB", -1],
    want: ["", "BB"],
  },
  {
    call: find,
    args: ["(?i)strasse|K", "STRAſſE Kk", -1],
    want: ["STRAſſE", "K", "k"],
  },
  { call: find, args: ["\\p{Greek}+", "abc αβγ δ", 1], want: ["αβγ"] },
  { call: find, args: ["\\b[a-z]+\\b", "a-b c1", -1], want: ["a", "b"] },
  { call: find, args: ["a|ab", "abab", -1], want: ["a", "a"] },
  { call: find, args: ["(?U)a+", "aa", -1], want: ["a", "a"] },
  {
    call: groups,
    args: ["(a)(b)?|c", "abac", -1],
    want: [
      ["ab", "a", "b"],
      ["a", "a", ""],
      ["c", "", ""],
    ],
  },
  { call: split, args: ["a*", "baaac"], want: ["b", "c"] },
  { call: split, args: ["", "éa"], want: ["é", "a"] },
  {
    call: replace,
    args: ["foobar", "(?P<x>o+)(b)", `<$x-$\{2}$$>`],
    want: "f<oo-b$>ar",
  },
  // Of groups of one name the first that took part.
  { call: replace, args: ["b", "(?P<n>a)|(?P<n>b)", "[$n]"], want: "[b]" },
  { call: replace, args: ["ab", "(a)", "$1x"], want: "b" },
  { call: match, args: ["^(a*)*b$", `${"a".repeat(9000)}c`], want: false },
  // The Kelvin sign is a k, but no word character.
  { call: match, args: ["(?i)k$", "\u212a"], want: true },
  { call: match, args: ["(?i)k\\b", "\u212a"], want: false },
  { call: glob, args: ["*.github.com", [], "api.github.com"], want: true },
  { call: glob, args: ["*.github.com", [], "a.b.github.com"], want: false },
  { call: glob, args: ["*.com", null, "a.b.com"], want: true },
  { call: glob, args: ["a:*:c", [":"], "a:b:c"], want: true },
  { call: glob, args: ["{cat,b?t,[fr]at}", [], "bat"], want: true },
  // What gobwas makes of prefix and suffix may overlap.
  { call: glob, args: ["ab**ba", [], "aba"], want: true },
  { call: glob, args: ["?", [], ""], want: true },
  { call: glob, args: ["[a-", [], "a"], fault: "unexpected end of input" },
  {
    call: glob,
    args: ["[b-a]", [], "a"],
    fault: "hi character 'a' should be greater than lo 'b'",
  },
  { call: globs, args: ["a.a.[0-9]+z", "b.b.*"], want: false },
  { call: globs, args: ["[a-z]+", "[0-9]*"], want: false },
  {
    call: globs,
    args: ["pqrs]", "a"],
    fault:
      "input:pqrs], pos:5, set-close ']' with no preceding '[': the input provided is invalid",
  },
  {
    call: "regex.template_match",
    args: ["urn:foo:{.*}", "urn:foo:bar:baz", "{", "}"],
    want: true,
  },
  {
    call: "regex.template_match",
    args: ["urn:{.*", "urn:foo", "{", "}"],
    fault: 'unbalanced braces in "urn:{.*"',
  },
];

const constant = ({ call, args }: Case): string =>
  `${call}(${args.map((arg) => JSON.stringify(arg)).join(", ")})`;

const dynamic = ({ call, args }: Case): string =>
  `${call}(${args.map((_, index) => `input[${index}]`).join(", ")})`;

async function load(rules: readonly string[]): Promise<Policy> {
  const text = rules.map((rule, index) => `r${index} := ${rule}\n`).join("");
  const compiled = compile({
    modules: { "patterns.rego": `package p\n\n${text}` },
    entrypoints: rules.map((_, index) => `p/r${index}`),
  });
  if ("errors" in compiled) {
    throw compiled.errors[0];
  }
  return loadPolicy(compiled.policy.wasm, { strictBuiltinErrors: true });
}

describe.each([
  ["known when the policy is compiled", constant],
  ["that come with the input", dynamic],
])("patterns %s", (_, toCall) => {
  let policy: Policy;
  beforeAll(async () => {
    policy = await load(cases.map(toCall));
  });

  test.each(
    cases.map((one, index) => ({ ...one, index, call: constant(one) })),
  )("$call", ({ args, want, fault, call, index }) => {
    const evaluate = (): unknown =>
      policy.evaluate(JSON.parse(JSON.stringify(args)), {
        entrypoint: `p/r${index}`,
      });
    if (fault === undefined) {
      expect(evaluate()).toEqual(want);
    } else {
      const name = call.slice(0, call.indexOf("("));
      expect(evaluate).toThrow(`eval_builtin_error: ${name}: ${fault}`);
    }
  });
});
