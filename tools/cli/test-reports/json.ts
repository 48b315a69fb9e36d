import type {
  CaseResult,
  PolicyError,
  TestOutcome,
} from "../../../src/engine/index.ts";
import { indentedJson, type PlainJson, shownPlain } from "../indented-json.ts";

/** The report of `opa test --format json`. */
export function jsonReport(outcomes: readonly TestOutcome[]): string {
  return indentedJson(shownPlain(outcomes.map(toJson)));
}

function toJson(outcome: TestOutcome): PlainJson {
  const { test, status, milliseconds, output, cases, error } = outcome;
  const { file, row, col } = test.location;
  return {
    location: { file, row, col },
    package: test.package,
    name: test.name,
    ...(status === "fail" && { fail: true }),
    ...(error && { error: errorJson(error) }),
    ...(status === "skipped" && { skip: true }),
    duration: Math.round(milliseconds * 1e6),
    ...(output !== "" && { output: Buffer.from(output).toString("base64") }),
    ...(cases.length > 0 && { sub_results: casesJson(cases) }),
  };
}

function errorJson({ code, rawMessage, location }: PolicyError) {
  return {
    code,
    message: rawMessage,
    ...(location && {
      location: { file: location.file, row: location.row, col: location.col },
    }),
  };
}

function casesJson(cases: readonly CaseResult[]): PlainJson {
  return Object.fromEntries(
    cases.map(({ name, failed, cases: inner }) => [
      name,
      {
        name,
        ...(failed && { fail: true }),
        ...(inner.length > 0 && { sub_results: casesJson(inner) }),
      },
    ]),
  );
}
