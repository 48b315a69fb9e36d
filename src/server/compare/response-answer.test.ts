import { expect, test } from "vitest";
import type { CheckResponse } from "../ext-authz/check-response.ts";
import { answerTexts } from "./answer-parts.ts";
import { toReferenceAnswer } from "./response-answer.ts";

const denial = { status: { code: 403 }, headers: [], body: "" };
const everything = {
  parts: new Set<never>(),
  headers: [],
  metadata: new Set(""),
};

test.each([
  ["a denial", { deniedResponse: denial }, "deny", "deny"],
  ["an error", { errorResponse: denial }, "failure", "error"],
] as const)(
  "%s is none that passes, whatever its status says",
  (_, parts, kind, verdict) => {
    const response = { status: { code: 0 }, ...parts } as CheckResponse;
    expect(toReferenceAnswer(response).kind).toBe(kind);
    expect(answerTexts(response, everything).verdict).toBe(verdict);
  },
);

test("headers of a reference have lower-case names, and values that came as bytes", () => {
  const rawValue = new TextEncoder().encode("zoë");
  const response = {
    status: { code: 7 },
    deniedResponse: {
      ...denial,
      headers: [
        { header: { key: "X-A", value: "1" } },
        { header: { key: "x-b", value: "", rawValue } },
      ],
    },
  } as CheckResponse;
  expect(toReferenceAnswer(response).headers).toEqual([
    ["x-a", "1"],
    ["x-b", "zoë"],
  ]);
});
