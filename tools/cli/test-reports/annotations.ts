import { fullName, type TestOutcome } from "../../../src/engine/index.ts";
import { sarifLog } from "../sarif.ts";
import { errorText } from "./error-text.ts";

/** What went wrong with a test that is no pass, in one line. */
function complaint({ test, error, cases }: TestOutcome): string {
  if (error) {
    return `${fullName(test)}: ${errorText(error)}`;
  }
  const failed = cases.filter((one) => one.failed).map(({ name }) => name);
  const which = failed.length > 0 ? ` (${failed.join(", ")})` : "";
  return `${fullName(test)} failed${which}`;
}

function isBad({ status }: TestOutcome): boolean {
  return status === "fail" || status === "error";
}

function placeOf({ test, error }: TestOutcome) {
  return error?.location ?? test.location;
}

/** Workflow commands that put each failure at its line of a pull request. */
export function githubReport(outcomes: readonly TestOutcome[]): string {
  return outcomes
    .filter(isBad)
    .map((outcome) => {
      const { file, row, col } = placeOf(outcome);
      const properties = `file=${property(file)},line=${row},col=${col},title=${property(fullName(outcome.test))}`;
      return `::error ${properties}::${data(complaint(outcome))}\n`;
    })
    .join("");
}

function data(text: string): string {
  return text
    .replaceAll("%", "%25")
    .replaceAll("\r", "%0D")
    .replaceAll("\n", "%0A");
}

function property(text: string): string {
  return data(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
}

/** SARIF 2.1.0: a result for each test that failed. */
export function sarifReport(outcomes: readonly TestOutcome[]): string {
  const rules = [
    { id: "test-failure", shortDescription: { text: "a test failed" } },
    { id: "test-error", shortDescription: { text: "a test could not be run" } },
  ];
  return sarifLog({
    name: "portcullis test",
    rules,
    results: outcomes.filter(isBad).map((outcome) => ({
      ruleId: outcome.error ? "test-error" : "test-failure",
      ruleIndex: outcome.error ? 1 : 0,
      level: "error",
      message: { text: complaint(outcome) },
      places: [placeOf(outcome)],
    })),
  });
}
