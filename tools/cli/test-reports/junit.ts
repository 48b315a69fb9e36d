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
    `<testsuites ${attributes("portcullis test", outcomes)}>`,
    ...lines,
    "</testsuites>",
    "",
  ].join("\n");
}

function suiteLines(name: string, tests: readonly TestOutcome[]): string[] {
  return [
    `  <testsuite ${attributes(name, tests)}>`,
    ...tests.flatMap(caseLines),
    "  </testsuite>",
  ];
}

function attributes(name: string, tests: readonly TestOutcome[]): string {
  const count = (status: string): number =>
    tests.filter((test) => test.status === status).length;
  const time = tests.reduce((sum, { milliseconds }) => sum + milliseconds, 0);
  return `name="${escapeXml(name)}" tests="${tests.length}" failures="${count("fail")}" errors="${count("error")}" skipped="${count("skipped")}" time="${seconds(time)}"`;
}

function seconds(milliseconds: number): string {
  return (milliseconds / 1_000).toFixed(6);
}

function caseLines(outcome: TestOutcome): string[] {
  const { test, milliseconds } = outcome;
  const { file, row } = test.location;
  const head = `    <testcase classname="${escapeXml(test.package)}" name="${escapeXml(test.name)}" file="${escapeXml(file)}" line="${row}" time="${seconds(milliseconds)}"`;
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
      return [`      <failure message="${escapeXml(message)}"/>`];
    }
  }
}

function outputLines({ output }: TestOutcome): string[] {
  return output === ""
    ? []
    : [`      <system-out>${escapeXml(output)}</system-out>`];
}
