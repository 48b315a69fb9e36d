import { expect, test } from "vitest";
import { traceRows, widest } from "./trace.ts";
import type { TraceStep } from "./trace-steps.ts";

test("a trace of very many steps is laid out", () => {
  const step: TraceStep = {
    op: "eval",
    query: 1,
    parent: 1,
    isExpr: true,
    text: "input.x",
    location: { file: "a.rego", row: 3, col: 1 },
  } as TraceStep;
  const rows = traceRows(Array.from({ length: 200_000 }, () => step));
  expect(rows[199_999]).toEqual(["a.rego:3     ", "| Eval input.x"]);
  expect(widest(rows.map(([, text]) => text))).toBe(14);
  expect(widest([])).toBe(0);
});
