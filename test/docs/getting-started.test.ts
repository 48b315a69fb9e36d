import { describe, expect, test } from "vitest";
import { walkThrough } from "../support/getting-started.ts";

describe("docs/getting-started.md", () => {
  const { steps } = walkThrough();

  test.each(steps)("$command", ({ output, status }) => {
    expect(status, output).toBe(0);
  });

  test("the guard is written, tested and covered", () => {
    const output = steps.map((step) => step.output).join("");
    expect(output).toContain("guards/method_scope/guard.rego");
    expect(output).toContain("PASS: 5/5");
    expect(output).toContain('"coverage":');
  });
});
