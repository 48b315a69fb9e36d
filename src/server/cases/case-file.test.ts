import { describe, expect, test } from "vitest";
import { toJsonSchema } from "../../bundle/index.ts";
import { casesShape, readCases } from "./case-file.ts";

describe("a file of cases", () => {
  test("has a place for each case, and defaults", () => {
    const [first, second] = readCases(
      "cases:\n  - note: one\n    want: { verdict: allow }\n  - note: two\n    want: { verdict: deny, guard: g }\n",
      "a.yaml",
    );
    expect(first?.location).toMatchObject({ file: "a.yaml", row: 2, col: 5 });
    expect(first?.request).toMatchObject({ method: "GET", path: "/" });
    expect(second?.location).toMatchObject({ row: 4 });
    expect(second?.want.guard).toBe("g");
  });

  test.each([
    {
      note: "an unknown key",
      text: "cases:\n  - note: x\n    want: { verdict: allow, gard: g }\n",
      want: "a.yaml:3:29: test_case_error: unknown key `gard`; did you mean `guard`?",
    },
    {
      note: "a verdict that is none",
      text: "cases:\n  - note: x\n    want: { verdict: pass }\n",
      want: "a.yaml:3:13: test_case_error: `cases.0.want.verdict` must be allow or deny or failure, not `pass`",
    },
    {
      note: "no YAML",
      text: "cases: [\n",
      want: "test_case_error: cannot be read as YAML",
    },
  ])("$note", ({ text, want }) => {
    expect(() => readCases(text, "a.yaml")).toThrow(want);
  });

  test("has a published schema", async () => {
    const schema = `${JSON.stringify(toJsonSchema(casesShape), undefined, 2)}\n`;
    await expect(schema).toMatchFileSnapshot("../../../docs/cases.schema.json");
  });
});
