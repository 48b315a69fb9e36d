import { describe, expect, test } from "vitest";
import { PolicyError, type TestOutcome } from "../../../src/engine/index.ts";
import { githubReport, sarifReport } from "./annotations.ts";
import { coberturaReport, lcovReport } from "./coverage-formats.ts";
import { jsonReport } from "./json.ts";
import { junitReport } from "./junit.ts";
import { PrettyReport } from "./pretty.ts";
import { shuffle } from "./shuffle.ts";
import { tapReport } from "./tap.ts";

const location = { file: "a_test.rego", row: 3, col: 1 };

function outcome(
  name: string,
  status: TestOutcome["status"],
  more: Partial<TestOutcome> = {},
): TestOutcome {
  return {
    test: {
      path: ["a_test", name],
      package: "data.a_test",
      name,
      location,
      todo: status === "skipped",
      hasCases: false,
    },
    status,
    milliseconds: 1.5,
    output: "",
    cases: [],
    ...more,
  };
}

const outcomes = [
  outcome("test_good", "pass"),
  outcome("test_bad", "fail", {
    output: "<&>\n",
    cases: [
      { name: "one", failed: false, cases: [], traceEnd: 0 },
      { name: "two", failed: true, cases: [], traceEnd: 0 },
    ],
  }),
  outcome("test_wrong", "error", {
    error: new PolicyError("eval_conflict_error", "two outputs", { location }),
  }),
  outcome("todo_test_later", "skipped"),
];

test("pretty, as OPA prints it", async () => {
  let text = "";
  const report = new PrettyReport(
    (part) => {
      text += part;
    },
    { verbose: false, varValues: false, explain: "default", texts: {} },
  );
  for (const one of outcomes) {
    report.add(one);
  }
  await report.finish();
  expect(text).toBe(`a_test.rego:3:
data.a_test.test_bad: FAIL (1.5ms)
  two: FAIL

  <&>

a_test.rego:3:
data.a_test.test_wrong: ERROR (1.5ms)
  a_test.rego:3: eval_conflict_error: two outputs
a_test.rego:3:
data.a_test.todo_test_later: SKIPPED
${"-".repeat(80)}
PASS: 2/5
FAIL: 1/5
SKIPPED: 1/5
ERROR: 1/5
`);
});

test("JSON, with OPA's fields", () => {
  const [good, bad, wrong, later] = JSON.parse(jsonReport(outcomes));
  expect(good).toEqual({
    location,
    package: "data.a_test",
    name: "test_good",
    duration: 1_500_000,
  });
  expect(bad).toMatchObject({
    fail: true,
    output: "PCY+Cg==",
    sub_results: { one: { name: "one" }, two: { name: "two", fail: true } },
  });
  expect(wrong.error).toEqual({
    code: "eval_conflict_error",
    message: "two outputs",
    location,
  });
  expect(later.skip).toBe(true);
});

test("JUnit", () => {
  const text = junitReport(outcomes);
  expect(text).toContain(
    '<testsuite name="data.a_test" tests="4" failures="1" errors="1" skipped="1" time="0.006000">',
  );
  expect(text).toContain(
    '<failure message="data.a_test.test_bad failed: two">a_test.rego:3</failure>\n      <system-out>&lt;&amp;&gt;\n</system-out>',
  );
  expect(text).toContain("<skipped/>");
  expect(text).toContain('<error type="eval_conflict_error"');
});

test("TAP", () => {
  expect(tapReport(outcomes).split("\n")).toEqual([
    "TAP version 14",
    "1..4",
    "ok 1 - data.a_test.test_good",
    "not ok 2 - data.a_test.test_bad",
    "  ---",
    '  at: "a_test.rego:3"',
    '  cases: ["two"]',
    "  ...",
    "not ok 3 - data.a_test.test_wrong",
    "  ---",
    '  at: "a_test.rego:3"',
    '  message: "a_test.rego:3: eval_conflict_error: two outputs"',
    "  ...",
    "ok 4 - data.a_test.todo_test_later # SKIP todo",
    "",
  ]);
});

test("workflow commands", () => {
  expect(githubReport(outcomes)).toBe(
    "::error file=a_test.rego,line=3,col=1,title=data.a_test.test_bad::data.a_test.test_bad failed (two)\n" +
      "::error file=a_test.rego,line=3,col=1,title=data.a_test.test_wrong::data.a_test.test_wrong: a_test.rego:3: eval_conflict_error: two outputs\n",
  );
});

test("SARIF", () => {
  const { runs } = JSON.parse(sarifReport(outcomes));
  const results = runs[0].results as { ruleId: string }[];
  expect(results.map(({ ruleId }) => ruleId)).toEqual([
    "test-failure",
    "test-error",
  ]);
});

describe("coverage formats", () => {
  const range = (row: number, last: number) => ({
    start: { row, col: 1 },
    end: { row: last, col: 9 },
  });
  const report = {
    files: {
      "a.rego": {
        covered: [range(1, 2)],
        not_covered: [range(2, 3)],
        covered_lines: 2,
        not_covered_lines: 2,
        coverage: 50,
      },
    },
    covered_lines: 2,
    not_covered_lines: 2,
    coverage: 50,
  };

  test("LCOV: a line that is partly covered is not", () => {
    expect(lcovReport(report)).toBe(
      "TN:\nSF:a.rego\nDA:1,1\nDA:2,0\nDA:3,0\nLF:3\nLH:1\nend_of_record\n",
    );
  });

  test("Cobertura", () => {
    expect(coberturaReport(report)).toContain(
      '<class name="a.rego" filename="a.rego" line-rate="0.3333"',
    );
  });
});

test("a seed gives one order, of all elements", () => {
  const list = Array.from({ length: 20 }, (_, index) => index);
  expect(shuffle(list, 7)).toEqual(shuffle(list, 7));
  expect(shuffle(list, 7)).not.toEqual(shuffle(list, 8));
  expect(shuffle(list, 7).toSorted((a, b) => a - b)).toEqual(list);
});
