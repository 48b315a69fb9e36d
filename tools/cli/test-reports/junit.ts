import type { TestOutcome } from "../../../src/engine/index.ts";
import { errorText } from "./error-text.ts";
import { escapeXml } from "./xml.ts";

/** JUnit's XML: a suite a package, a case a test or a case of a test. */
export function junitReport(outcomes: readonly TestOutcome[]): string {
  const suites = new Map<string, TestOutcome[]>();
  for (const outcome of outcomes) {
    const suite = suites.get(outcome.test.package) ?? [];
    suite.push(outcome);
    suites.set(outcome.test.package, suite);
  }
  const lines = [...suites].flatMap(([name, tests]) => suiteLines(name, tests));
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="portcullis test" ${counts(outcomes)} time="${seconds(outcomes)}">`,
    ...lines,
    "</testsuites>",
    "",
  ].join("\n");
}

function suiteLines(name: string, tests: readonly TestOutcome[]): string[] {
  return [
    `  <testsuite name="${escapeXml(name)}" ${counts(tests)} skipped="${count(tests, "skipped")}" time="${seconds(tests)}">`,
    ...tests.flatMap(caseLines),
    "  </testsuite>",
  ];
}

/** What the schemas of both elements have. */
function counts(tests: readonly TestOutcome[]): string {
  return `tests="${tests.length}" failures="${count(tests, "fail")}" errors="${count(tests, "error")}"`;
}

function count(tests: readonly TestOutcome[], status: string): number {
  return tests.filter((test) => test.status === status).length;
}

function seconds(tests: readonly TestOutcome[]): string {
  const time = tests.reduce((sum, { milliseconds }) => sum + milliseconds, 0);
  return (time / 1_000).toFixed(6);
}

function caseLines(outcome: TestOutcome): string[] {
  const { test } = outcome;
  const head = `    <testcase classname="${escapeXml(test.package)}" name="${escapeXml(test.name)}" time="${seconds([outcome])}"`;
  const inside = [...verdictLines(outcome), ...outputLines(outcome)];
  return inside.length === 0
    ? [`${head}/>`]
    : [`${head}>`, ...inside, "    </testcase>"];
}

function verdictLines({ test, status, error, cases }: TestOutcome): string[] {
  switch (status) {
    case "pass":
      return [];
    case "skipped":
      return ["      <skipped/>"];
    case "error":
      return [
        `      <error type="${error?.code ?? ""}" message="${escapeXml(error ? errorText(error) : "")}"/>`,
      ];
    case "fail": {
      const failed = cases.filter((one) => one.failed).map(({ name }) => name);
      const which = failed.length > 0 ? `: ${failed.join(", ")}` : "";
      const message = `${test.package}.${test.name} failed${which}`;
      // The schemas have no place for a file but the text.
      const { file, row } = test.location;
      return [
        `      <failure message="${escapeXml(message)}">${escapeXml(`${file}:${row}`)}</failure>`,
      ];
    }
  }
}

function outputLines({ output }: TestOutcome): string[] {
  return output === ""
    ? []
    : [`      <system-out>${escapeXml(output)}</system-out>`];
}
