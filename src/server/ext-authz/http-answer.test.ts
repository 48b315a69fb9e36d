import { expect, test } from "vitest";
import type { Answer } from "./answer.ts";
import { toHttpAnswer } from "./http-answer.ts";

const nothing: Omit<Answer, "httpStatus" | "kind"> = {
  headers: [],
  requestHeadersToRemove: [],
  responseHeadersToAdd: [],
  queryParametersToSet: [],
  queryParametersToRemove: [],
  isMcp: false,
  metadata: {},
  body: "",
};

test.each([
  ["deny", 403, 403],
  ["deny", 302, 302],
  ["deny", 200, 403],
  ["deny", 204, 403],
  ["deny", 503, 403],
  ["failure", 500, 500],
  ["failure", 200, 500],
  ["failure", 503, 503],
  ["allow", 200, 200],
] as const)("%s with %i is told as %i", (kind, httpStatus, wanted) => {
  expect(toHttpAnswer({ ...nothing, kind, httpStatus }).status).toBe(wanted);
});
