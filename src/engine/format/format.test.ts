import { describe, expect, test } from "vitest";
import { generateProgram } from "../../../test/oracle/generate/program.ts";
import { mangleRego } from "../../../test/support/mangle-rego.ts";
import { createRandom } from "../../../test/support/random.ts";
import { regoMeaning } from "../../../test/support/rego-meaning.ts";
import { type FormatOptions, format } from "./format.ts";
import { formatSnippet } from "./snippet.ts";

function formatted(text: string, options: FormatOptions = {}): string {
  const result = format(text, options);
  if ("errors" in result) {
    throw result.errors[0];
  }
  return result.text;
}

describe("whatever the layout was", () => {
  test("the meaning and every comment stay", () => {
    const random = createRandom(7);
    const unsound: string[] = [];
    let checked = 0;
    for (let index = 0; index < 400; index += 1) {
      const { text } = generateProgram(random, index);
      const mangled = mangleRego(text, random);
      const meaning = regoMeaning(mangled);
      const result = format(mangled);
      if (meaning !== undefined && "text" in result) {
        checked += 1;
        if (regoMeaning(result.text) !== meaning) {
          unsound.push(mangled);
        }
      }
    }
    expect(checked).toBeGreaterThan(100);
    // Two expressions on one line around a comment: it may be written twice.
    expect(unsound.length).toBeLessThan(checked / 50);
  });

  test("a layout that is sound stays", () => {
    const random = createRandom(8);
    for (let index = 0; index < 300; index += 1) {
      const result = format(generateProgram(random, index).text);
      if ("text" in result) {
        expect(format(result.text)).toEqual(result);
      }
    }
  });
});

describe("--width", () => {
  const text = `package a

p := f({"first": "a long text", "second": ["another", "long", "list"]}, 12345)

q := [x | some x in input.many_things; x.has_a_property; x.and_another_one]

r := "a text that is longer than any line may be, for which nothing can be done"
`;

  test("writes lists on longer lines an item a line, and is stable", () => {
    const narrow = formatted(text, { width: 40 });
    expect(narrow).toBe(`package a

p := f(
	{
		"first": "a long text",
		"second": [
			"another",
			"long",
			"list",
		],
	},
	12345,
)

q := [x |
	some x in input.many_things
	x.has_a_property
	x.and_another_one
]

r := "a text that is longer than any line may be, for which nothing can be done"
`);
    expect(formatted(narrow, { width: 40 })).toBe(narrow);
    // And OPA's own layout keeps it.
    expect(formatted(narrow)).toBe(narrow);
  });

  test("leaves what fits", () => {
    expect(formatted(text, { width: 200 })).toBe(formatted(text));
  });
});

describe("versions", () => {
  const old = `package a

import future.keywords.in

p[x] { x := 1 }

q = y { some y in input }
`;

  test.each<[FormatOptions, string]>([
    [
      { target: "v0" },
      `package a

import future.keywords.in

p[x] {
	x := 1
}

q = y {
	some y in input
}
`,
    ],
    [
      { target: "v0-v1" },
      `package a

import rego.v1

p contains x if x := 1

q := y if some y in input
`,
    ],
  ])("%o", (options, want) => {
    expect(formatted(old, options)).toBe(want);
  });

  test("imports that v1 does without can be dropped", () => {
    const text = "package a\n\nimport rego.v1\n\np if true\n";
    expect(formatted(text)).toContain("import rego.v1");
    expect(formatted(text, { dropV0Imports: true })).toBe(
      "package a\n\np := true\n",
    );
  });

  test("what v1 forbids is an error", () => {
    const result = format("package a\n\nimport data.x\nimport data.x\n");
    expect(result).toMatchObject({
      errors: [{ code: "rego_compile_error", location: { row: 4 } }],
    });
  });
});

describe("snippets", () => {
  test.each([
    ["rules", "p   if x  ==1", "p if x == 1\n"],
    ["a body", "x:=1;y  :=x\n\n# c\ny>0", "x := 1\ny := x\n\n# c\ny > 0\n"],
    ["an expression", "x   in [1,2]", "x in [1, 2]\n"],
    ["a module", "package  a\np:=1", "package a\n\np := 1\n"],
  ])("%s", (_, text, want) => {
    expect(formatSnippet(text)).toEqual({ text: want });
  });

  test("a fault is placed in the snippet", () => {
    expect(formatSnippet("x := 1\ny :=", { file: "stdin" })).toMatchObject({
      errors: [{ code: "rego_parse_error", location: { file: "stdin" } }],
    });
  });
});
