import type {
  CoverageReport,
  PolicyError,
  QueryExpression,
  TraceStep,
} from "../../src/engine/index.ts";
import {
  jsonMembers,
  parseJson,
  RegoObject,
  toGoJson,
  traceRows,
  type Value,
  widest,
} from "../../src/engine/index.ts";
import { errorMembers } from "./error-json.ts";
import { explanationJson } from "./eval-explanation.ts";
import {
  type Measured,
  measuredTables,
  metricsMembers,
  profileMembers,
} from "./eval-profile.ts";
import { indentedJson, Members, type Shown } from "./indented-json.ts";
import { knownValues, type ValuesOf } from "./known-values.ts";
import { numberTable, tableText } from "./table.ts";
import { hundredths, shownCoverage } from "./test-reports/coverage.ts";

type Expression = { readonly value: Value; readonly shown: QueryExpression };

/** One solution of a query: the value of each expression, and the variables. */
export type Solution = {
  readonly expressions: readonly Expression[];
  readonly bindings: readonly (readonly [string, Value])[];
};

export const evalFormats = [
  "json",
  "values",
  "bindings",
  "pretty",
  "raw",
  "discard",
] as const;

export type EvalFormat = (typeof evalFormats)[number];

/** Reads the result set of a query whose values were captured. */
export function readSolutions(
  resultSet: string,
  expressions: readonly QueryExpression[],
): readonly Solution[] {
  const rows = parseJson(resultSet) as readonly RegoObject[];
  const captured = new Set(expressions.map(({ value }) => value));
  return rows.map((row) => ({
    expressions: expressions.map((shown) => {
      const value = shown.value === undefined ? true : row.get(shown.value);
      return { value: value === undefined ? true : value, shown };
    }),
    bindings: jsonMembers(row).filter(([name]) => !captured.has(name)),
  }));
}

/** What an evaluation tells of itself, where it was asked to. */
type Told = {
  readonly measured: Measured;
  readonly explanation: readonly TraceStep[];
  readonly valuesOf: ValuesOf | undefined;
  readonly coverage: CoverageReport | undefined;
};

/** What became of an evaluation, with the texts that its errors lie in. */
export type Evaluated = {
  readonly solutions: readonly Solution[];
  readonly errors: readonly PolicyError[];
  readonly texts: Readonly<Record<string, string>>;
  readonly told: Told;
};

/** An evaluation as OPA prints it to standard output; `limit` cuts the cells of tables. */
export function printEvaluated(
  evaluated: Evaluated,
  format: EvalFormat,
  limit: number,
): string {
  const { solutions, errors, told } = evaluated;
  switch (format) {
    case "json":
      return indentedJson(new Members(allMembers(evaluated)));
    case "discard":
      return discarded(evaluated);
    case "pretty":
      return prettyText(solutions, errors, told, limit);
    default:
      return errors.length > 0
        ? ""
        : solutions.map((one) => solutionText(one, format)).join("");
  }
}

function solutionText(
  { expressions, bindings }: Solution,
  format: "values" | "bindings" | "raw",
): string {
  switch (format) {
    case "values":
      return indentedJson(expressions.map(({ value }) => value));
    case "bindings":
      return indentedJson(RegoObject.of(bindings));
    case "raw":
      return `${expressions.map(rawText).join(" ")}\n`;
  }
}

function rawText({ value }: Expression): string {
  return typeof value === "string" ? value : toGoJson(value);
}

/** Only whether there is a result; Go sorts these members by their names. */
function discarded(evaluated: Evaluated): string {
  const members = allMembers(evaluated).map(([name, value]) =>
    name === "result"
      ? ([name, "discarded"] as const)
      : ([name, value] as const),
  );
  return indentedJson(parseJson(indentedJson(new Members(members))));
}

type MemberList = readonly (readonly [string, Shown])[];

function allMembers({
  solutions,
  errors,
  texts,
  told: { measured, explanation, coverage },
}: Evaluated): MemberList {
  return [
    ...(errors.length > 0 ? [errorMembers(errors, texts)] : []),
    ...resultMembers(solutions),
    ...metricsMembers(measured),
    ...(explanation.length > 0 ? [explanationJson(explanation)] : []),
    ...profileMembers(measured),
    ...(coverage ? [["coverage", shownCoverage(coverage)] as const] : []),
  ];
}

function prettyText(
  solutions: readonly Solution[],
  errors: readonly PolicyError[],
  { measured, explanation, valuesOf, coverage }: Told,
  limit: number,
): string {
  const percent = coverage && hundredths(coverage.coverage);
  return [
    traceText(explanation, valuesOf),
    errors.length > 0 ? "" : solutionsText(solutions, limit),
    measuredTables(measured),
    percent === undefined ? "" : numberTable([["Overall Coverage", percent]]),
  ].join("");
}

// Blanks that OPA puts in front of the values.
const columnGap = 5;

/** Place and event, and what is known of the names in it, in columns. */
function traceText(
  steps: readonly TraceStep[],
  valuesOf: ValuesOf | undefined,
): string {
  const rows = traceRows(steps);
  const width = widest(rows.map(([, text]) => text)) + columnGap;
  const lines = rows.map(([place, text], index) =>
    valuesOf
      ? `${place}${text.padEnd(width)}${knownValues(valuesOf(steps[index] as TraceStep))}\n`
      : `${place}${text}\n`,
  );
  return lines.join("");
}

function resultMembers(solutions: readonly Solution[]): MemberList {
  const rows = solutions.map(({ expressions, bindings }) => {
    const shown = expressions.map(
      ({ value, shown: { text, location } }) =>
        new Members([
          ["value", value],
          ["text", text],
          [
            "location",
            new Members([
              ["row", location.row],
              ["col", location.col],
            ]),
          ],
        ]),
    );
    return new Members([
      ["expressions", shown],
      ...(bindings.length === 0
        ? []
        : [["bindings", RegoObject.of(bindings)] as const]),
    ]);
  });
  return rows.length === 0 ? [] : [["result", rows]];
}

/** A lone value as JSON, anything else as a table. */
function solutionsText(solutions: readonly Solution[], limit: number): string {
  const [first] = solutions;
  if (first === undefined) {
    return "undefined\n";
  }
  const { expressions, bindings } = first;
  const isLone =
    expressions.length === 1 ||
    expressions.every(({ value }) => typeof value === "boolean");
  if (solutions.length === 1 && bindings.length === 0 && isLone) {
    const [lone] = expressions;
    return indentedJson(lone === undefined ? true : lone.value);
  }
  // An expression that only holds tells nothing.
  const columns = expressions.flatMap(({ value, shown }, index) =>
    typeof value === "boolean"
      ? []
      : [{ head: shown.text, index, name: undefined }],
  );
  const names = bindings.map(([name]) => ({
    head: name,
    index: -1,
    name,
  }));
  const all = [...columns, ...names];
  const rows = solutions.map((solution) =>
    all.map(({ index, name }) => {
      const value =
        name === undefined
          ? solution.expressions[index]?.value
          : solution.bindings.find(([one]) => one === name)?.[1];
      return cut(value === undefined ? "" : toGoJson(value), limit);
    }),
  );
  return tableText(
    all.map(({ head }) => head),
    rows,
  );
}

function cut(text: string, limit: number): string {
  return limit > 0 && text.length > limit ? `${text.slice(0, limit)}...` : text;
}
