import { describe, expect, test } from "vitest";
import { prepareTests, type TestOptions } from "./run-tests.ts";
import { matchNames } from "./select-tests.ts";
import { explainTrace, traceRows } from "./trace.ts";

async function suiteOf(
  lines: readonly string[],
  options: Partial<TestOptions> = {},
) {
  const modules = { "a_test.rego": ["package a_test", ...lines].join("\n") };
  const prepared = await prepareTests({ modules, ...options });
  if ("errors" in prepared) {
    throw prepared.errors[0];
  }
  return prepared.suite;
}

async function outcomesOf(...lines: readonly string[]) {
  const suite = await suiteOf(lines);
  const outcomes = [];
  for (const rule of suite.tests) {
    outcomes.push(await suite.run(rule));
  }
  return outcomes;
}

describe("discovery", () => {
  test.each([
    { note: "plain", rule: "test_a := true", want: ["test_a"] },
    { note: "inside a ref", rule: "p.test_a.b := true", want: ["p.test_a"] },
    { note: "todo", rule: "todo_test_a := true", want: ["todo_test_a"] },
    { note: "not a test", rule: "contest_a := true", want: [] },
    {
      note: "one name twice",
      rule: "test_a if true\ntest_a if false",
      want: ["test_a", "test_a#01"],
    },
    { note: "cases", rule: 'test_a["x"] := true', want: ["test_a"] },
  ])("$note", async ({ rule, want }) => {
    const { tests } = await suiteOf([rule]);
    expect(tests.map(({ name }) => name)).toEqual(want);
  });
});

describe("outcomes", () => {
  test.each([
    { note: "true", rule: "test_a := true", want: "pass" },
    { note: "not true", rule: "test_a := 1", want: "fail" },
    { note: "undefined", rule: "test_a if 1 == 2", want: "fail" },
    { note: "todo", rule: "todo_test_a if false", want: "skipped" },
    { note: "builtin error", rule: 'test_a if to_number("x")', want: "fail" },
    {
      note: "conflict",
      rule: "test_a := x if some x in [true, false]",
      want: "error",
    },
  ])("$note", async ({ rule, want }) => {
    const [outcome] = await outcomesOf(rule);
    expect(outcome?.status).toBe(want);
  });

  test("what a test prints is its output", async () => {
    const [outcome] = await outcomesOf(
      'test_a if print("x", {1}, input.nothing)',
    );
    expect(outcome?.output).toBe("x {1} <undefined>\n");
  });

  test("a case that fails after its note is known is counted", async () => {
    const [outcome] = await outcomesOf(
      "test_a[note] if {",
      '  some note, x in {"one": 1, "two": 2}',
      "  x == 1",
      "}",
    );
    expect(outcome?.status).toBe("fail");
    expect(
      outcome?.cases.map(({ name, failed }) => ({ name, failed })),
    ).toEqual([
      { name: "one", failed: false },
      { name: "two", failed: true },
    ]);
  });
});

test("a pattern is an RE2 expression", async () => {
  const names = ["data.p.test_a", "data.p.test_b"];
  expect([...(await matchNames("_a$", names))]).toEqual(["data.p.test_a"]);
  expect([...(await matchNames("\\btest_[ab]\\z", names))]).toEqual(names);
});

test("a trace leads to what failed", async () => {
  const suite = await suiteOf([
    "test_a if {",
    "  x := 1",
    "  not f(x)",
    "}",
    "",
    "f(y) if y == 1",
  ]);
  const [traced] = await suite.trace(suite.tests);
  const rows = traceRows(explainTrace(traced?.steps ?? [], "fails"));
  expect(rows.map(([place, text]) => `${place.trim()} ${text}`)).toEqual([
    "query:1 Enter data.a_test.test_a = _",
    "a_test.rego:2 | Enter data.a_test.test_a",
    "a_test.rego:4 | | Fail not data.a_test.f(x)",
    "query:1 | Fail data.a_test.test_a = _",
  ]);
});

test("a whole trace goes on with a test before its rules are left", async () => {
  const suite = await suiteOf([
    "test_a if {",
    "  y := f(1)",
    "  y > 1",
    '  trace("found")',
    "}",
    "",
    "f(x) := x + 1",
  ]);
  const [traced] = await suite.trace(suite.tests);
  const rows = traceRows(explainTrace(traced?.steps ?? [], "full"));
  expect(rows.map(([place, text]) => `${place.trim()} ${text}`)).toEqual([
    "query:1 Enter data.a_test.test_a = _",
    "query:1 | Eval data.a_test.test_a = _",
    "query:1 | Index data.a_test.test_a (matched 1 rule, early exit)",
    "a_test.rego:2 | Enter data.a_test.test_a",
    "a_test.rego:3 | | Eval data.a_test.f(1, __local2__)",
    "a_test.rego:3 | | Index data.a_test.f (matched 1 rule)",
    "a_test.rego:8 | | Enter data.a_test.f",
    "a_test.rego:8 | | | Eval plus(x, 1, __local3__)",
    "a_test.rego:8 | | | Exit data.a_test.f",
    "a_test.rego:3 | | Eval y = __local2__",
    "a_test.rego:4 | | Eval gt(y, 1)",
    'a_test.rego:5 | | Eval trace("found")',
    'a_test.rego:5 | | Note "found"',
    "a_test.rego:2 | | Exit data.a_test.test_a early",
    "query:1 | Exit data.a_test.test_a = _",
    "query:1 Redo data.a_test.test_a = _",
    "query:1 | Redo data.a_test.test_a = _",
    "a_test.rego:2 | Redo data.a_test.test_a",
    'a_test.rego:5 | | Redo trace("found")',
    "a_test.rego:4 | | Redo gt(y, 1)",
    "a_test.rego:3 | | Redo y = __local2__",
    "a_test.rego:3 | | Redo data.a_test.f(1, __local2__)",
    "a_test.rego:8 | | | Redo plus(x, 1, __local3__)",
  ]);
});

test("coverage tells what was reached and what was not", async () => {
  const suite = await suiteOf(
    ["test_a if f(1)", "", "f(x) if x == 1", "", "g if {", "  input.x", "}"],
    { coverage: { runs: [] } },
  );
  for (const rule of suite.tests) {
    await suite.run(rule);
  }
  const { files, coverage } = await suite.coverage();
  const file = files["a_test.rego"];
  expect(coverage).toBe(50);
  expect(file?.covered.map(({ start }) => start.row)).toEqual([2, 2, 4, 4]);
  expect(file?.not_covered).toEqual([
    { start: { row: 6, col: 1 }, end: { row: 6, col: 2 } },
    { start: { row: 7, col: 3 }, end: { row: 7, col: 10 } },
  ]);
});
