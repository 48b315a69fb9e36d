import { expect, test } from "vitest";
import { compile, loadPolicy } from "../../src/engine/index.ts";

// What `opa eval --strict-builtin-errors data.p.r` of 1.20.1 says.
test.each([
  {
    note: "two values of a complete rule",
    rego: "x := 1 if true\nx := 2 if true\nr := x",
    want: "p.rego:3:1: eval_conflict_error: complete rules must not produce multiple outputs",
  },
  {
    note: "two values of an else rule",
    rego: "r := 1 if { false } else := y if { some y in [1, 2] }",
    want: "p.rego:2:21: eval_conflict_error: complete rules must not produce multiple outputs",
  },
  {
    note: "two values of a function",
    rego: "f(a) := 1\nf(a) := 2 if a\nr := f(true)",
    want: "p.rego:3:1: eval_conflict_error: functions must not produce multiple outputs for same inputs",
  },
  {
    note: "two values for one key of a rule",
    rego: 'r[k] := v if { some v in [1, 2]; k := "a" }',
    want: "p.rego:2:1: eval_conflict_error: object keys must be unique",
  },
  {
    note: "two rules for one path",
    rego: 'r.a := 1\nr[k] := 2 if k := "a"',
    want: "p.rego:2:1: eval_conflict_error: object keys must be unique",
  },
  {
    note: "two values for one key of a comprehension",
    rego: 'r := {k: v | some v in [1, 2]; k := "a"}',
    want: "p.rego:2:7: eval_conflict_error: object keys must be unique",
  },
  {
    note: "an error of a builtin",
    rego: 'r := to_number("x")',
    want: 'p.rego:2:6: eval_builtin_error: to_number: strconv.ParseFloat: parsing "x": invalid syntax',
  },
  {
    note: "an operand of the wrong type",
    rego: "r := count(input.n)",
    want: "p.rego:2:6: eval_type_error: count: operand 1 must be one of {array, object, set, string} but got number",
  },
  {
    note: "division by zero",
    rego: "r := 1 / (1 - 1)",
    want: "p.rego:2:6: eval_builtin_error: div: divide by zero",
  },
])("$note", async ({ rego, want }) => {
  const compiled = compile({
    modules: { "p.rego": `package p\n${rego}` },
    entrypoints: ["p/r"],
  });
  if ("errors" in compiled) {
    throw compiled.errors[0];
  }
  const policy = await loadPolicy(compiled.policy.wasm, {
    strictBuiltinErrors: true,
  });
  expect(() => policy.evaluate({ n: 5 })).toThrow(want);
});
