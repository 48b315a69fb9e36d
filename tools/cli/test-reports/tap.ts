import { fullName, type TestOutcome } from "../../../src/engine/index.ts";
import { errorText } from "./error-text.ts";

/** Test Anything Protocol, version 14. */
export function tapReport(outcomes: readonly TestOutcome[]): string {
  const lines = outcomes.flatMap((outcome, index) =>
    testLines(outcome, index + 1),
  );
  return ["TAP version 14", `1..${outcomes.length}`, ...lines, ""].join("\n");
}

function testLines(outcome: TestOutcome, number: number): string[] {
  const { test, status, error, cases } = outcome;
  const verdict = status === "pass" || status === "skipped" ? "ok" : "not ok";
  const title = fullName(test).replace(/[\\#]/g, "\\$&");
  const directive = status === "skipped" ? " # SKIP todo" : "";
  const line = `${verdict} ${number} - ${title}${directive}`;
  if (verdict === "ok") {
    return [line];
  }
  const failed = cases.filter((one) => one.failed).map(({ name }) => name);
  return [
    line,
    "  ---",
    `  at: ${JSON.stringify(`${test.location.file}:${test.location.row}`)}`,
    ...(error ? [`  message: ${JSON.stringify(errorText(error))}`] : []),
    ...(failed.length > 0 ? [`  cases: ${JSON.stringify(failed)}`] : []),
    "  ...",
  ];
}
