import type {
  CoverageReport,
  QueryExpression,
} from "../../src/engine/index.ts";
import {
  jsonMembers,
  parseJson,
  RegoObject,
  toGoJson,
  type Value,
} from "../../src/engine/index.ts";
import { indentedJson, Members, type Shown } from "./indented-json.ts";
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
  "source",
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
export type Told = {
  /** Nanoseconds by OPA's name. */
  readonly metrics?: ReadonlyMap<string, number> | undefined;
  readonly coverage?: CoverageReport | undefined;
};

/** The solutions as OPA prints them; `limit` cuts the cells of tables. */
export function printSolutions(
  solutions: readonly Solution[],
  format: EvalFormat,
  { limit, told }: { readonly limit: number; readonly told: Told },
): string {
  switch (format) {
    case "json":
    case "source":
      return indentedJson(
        new Members([...resultMembers(solutions), ...toldMembers(told)]),
      );
    case "discard":
      return discarded(solutions, told);
    case "values":
      return solutions
        .map(({ expressions }) =>
          indentedJson(expressions.map(({ value }) => value)),
        )
        .join("");
    case "bindings":
      return solutions
        .map(({ bindings }) => indentedJson(RegoObject.of(bindings)))
        .join("");
    case "raw":
      return solutions
        .map(({ expressions }) => `${expressions.map(rawText).join(" ")}\n`)
        .join("");
    case "pretty":
      return prettyText(solutions, limit) + toldTables(told);
  }
}

function rawText({ value }: Expression): string {
  return typeof value === "string" ? value : toGoJson(value);
}

/** Only whether there is a result; Go sorts these members by their names. */
function discarded(solutions: readonly Solution[], told: Told): string {
  const members = new Members([
    ...toldMembers(told),
    ...(solutions.length === 0 ? [] : [["result", "discarded"] as const]),
  ]);
  return indentedJson(parseJson(indentedJson(members)));
}

type MemberList = readonly (readonly [string, Shown])[];

function toldMembers({ coverage, metrics }: Told): MemberList {
  return [
    ...(metrics ? [["metrics", new Members([...metrics])] as const] : []),
    ...(coverage ? [["coverage", shownCoverage(coverage)] as const] : []),
  ];
}

function toldTables({ coverage, metrics }: Told): string {
  const rows = [...(metrics ?? [])].map(([name, value]) => [
    name,
    String(value),
  ]);
  const percent = coverage && hundredths(coverage.coverage);
  return [
    metrics ? tableText(["Metric", "Value"], rows) : "",
    percent === undefined ? "" : numberTable([["Overall Coverage", percent]]),
  ].join("");
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
function prettyText(solutions: readonly Solution[], limit: number): string {
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
