import { expect, test } from "vitest";
import { withEnvironment } from "./env-flags.ts";

const flags = {
  fail: { type: "boolean", help: "" },
  format: { type: "string", help: "" },
  "pretty-limit": { type: "string", help: "" },
  data: { type: "string", multiple: true, help: "" },
  metrics: { type: "boolean", default: true, help: "" },
} as const;

function read(environment: Readonly<Record<string, string>>, given = {}) {
  return withEnvironment("eval", { flags }, given, environment);
}

test("a flag may come from the environment", () => {
  const environment = {
    OPA_EVAL_FAIL: "T",
    OPA_EVAL_FORMAT: "pretty",
    OPA_EVAL_PRETTY_LIMIT: "3",
    OPA_EVAL_DATA: "a.rego",
    OPA_TEST_FORMAT: "json",
    OPA_EVAL_OTHER: "1",
  };
  expect(read(environment)).toEqual({
    flags: {
      fail: true,
      format: "pretty",
      "pretty-limit": "3",
      data: ["a.rego"],
      metrics: true,
    },
  });
});

test("what was typed counts more, and what is empty not at all", () => {
  const environment = { OPA_EVAL_FORMAT: "pretty", OPA_EVAL_DATA: "" };
  expect(read(environment, { format: "raw" })).toEqual({
    flags: { format: "raw", metrics: true },
  });
});

test("a switch is true or false", () => {
  expect(read({ OPA_EVAL_FAIL: "0" })).toEqual({
    flags: { fail: false, metrics: true },
  });
  expect(read({ OPA_EVAL_FAIL: "7" })).toEqual({
    wrong: "OPA_EVAL_FAIL: --fail cannot be `7`; it is one of true, false",
  });
});

test("the environment counts more than a default, and less than what was typed", () => {
  const environment = { OPA_EVAL_METRICS: "0" };
  expect(read(environment)).toEqual({ flags: { metrics: false } });
  expect(read(environment, { metrics: true })).toEqual({
    flags: { metrics: true },
  });
});
