import type { ProfiledLine } from "../../src/engine/index.ts";
import { formatDuration, goFloat } from "./go-text.ts";
import { Members, type Shown } from "./indented-json.ts";
import { type Statistics, statisticsOf } from "./statistics.ts";
import { tableText } from "./table.ts";

/** Nanoseconds by OPA's name. */
export type Metrics = ReadonlyMap<string, number>;

/** What was measured of one evaluation, or of several. */
export type Measured = {
  readonly metrics: readonly Metrics[];
  readonly profiles: readonly (readonly ProfiledLine[])[];
};

// The statistics that tables have.
const shownStatistics = ["min", "max", "mean", "90%", "99%"];

/** The members that tell of the time, by OPA's names. */
export function metricsMembers({ metrics }: Measured): readonly Member[] {
  const [first] = metrics;
  if (!first) {
    return [];
  }
  return metrics.length === 1
    ? [["metrics", new Members([...first])]]
    : [["aggregated_metrics", new Members(aggregated(metrics))]];
}

type Member = readonly [string, Shown];

/** The members that tell of expressions. */
export function profileMembers({ profiles }: Measured): readonly Member[] {
  const [first] = profiles;
  if (!first || first.length === 0) {
    return [];
  }
  const isOne = profiles.length === 1;
  const lines = first.map((line, index) => {
    const { num_eval, num_gen_expr, num_redo, location } = line;
    const { file, row, col } = location;
    const time: Member = isOne
      ? ["total_time_ns", line.total_time_ns]
      : ["total_time_ns_stats", shown(timesOf(profiles, index))];
    return new Members([
      time,
      ["num_eval", num_eval],
      ["num_redo", num_redo],
      ["num_gen_expr", num_gen_expr],
      ["location", new Members(Object.entries({ file, row, col }))],
    ]);
  });
  return [[isOne ? "profile" : "aggregated_profile", lines]];
}

/** The same as tables. */
export function measuredTables({ metrics, profiles }: Measured): string {
  return metricsTable(metrics) + profileTable(profiles);
}

function metricsTable(metrics: readonly Metrics[]): string {
  const [first] = metrics;
  if (!first) {
    return "";
  }
  const rows = [...first].map(([name, value]) =>
    metrics.length === 1
      ? [name, String(value)]
      : [name, ...statisticsRow(numbersOf(metrics, name), numberText)],
  );
  const heads =
    metrics.length === 1 ? ["Value"] : shownStatistics.map(capitalized);
  return tableText(["Metric", ...heads], rows);
}

function profileTable(profiles: Measured["profiles"]): string {
  const [first] = profiles;
  if (!first || first.length === 0) {
    return "";
  }
  const isOne = profiles.length === 1;
  const counts = ["Num Eval", "Num Redo", "Num Gen Expr", "Location"];
  const heads = isOne ? ["Time"] : shownStatistics.map(capitalized);
  const rows = first.map((line, index) => [
    ...(isOne
      ? [nanoseconds(line.total_time_ns)]
      : statisticsRow(timesOf(profiles, index), nanoseconds)),
    ...[line.num_eval, line.num_redo, line.num_gen_expr].map(String),
    placeText(line),
  ]);
  return tableText([...heads, ...counts], rows);
}

/** A file's line; of a query its text. */
function placeText({ location }: ProfiledLine): string {
  const { file, row, col, text } = location;
  return file === "" ? (text ?? `${row}:${col}`) : `${file}:${row}`;
}

function nanoseconds(value: number): string {
  return formatDuration(Math.trunc(value) / 1e6);
}

function statisticsRow(
  numbers: Statistics,
  text: (value: number, name: string) => string,
): readonly string[] {
  return shownStatistics.map((name) => text(numbers[name] ?? 0, name));
}

/** The least and the most are integers in Go, the others are not. */
function numberText(value: number, name: string): string {
  return name === "min" || name === "max" ? String(value) : goFloat(value);
}

function capitalized(name: string): string {
  return `${name[0]?.toUpperCase()}${name.slice(1)}`;
}

function aggregated(metrics: readonly Metrics[]): readonly Member[] {
  const [first = new Map()] = metrics;
  return [...first.keys()].map((name) => [
    name,
    shown(numbersOf(metrics, name)),
  ]);
}

function numbersOf(metrics: readonly Metrics[], name: string): Statistics {
  return statisticsOf(metrics.map((one) => one.get(name) ?? 0));
}

/** The times of one line; lines are matched by their place in the order. */
function timesOf(profiles: Measured["profiles"], index: number): Statistics {
  return statisticsOf(
    profiles.map((lines) => lines[index]?.total_time_ns ?? 0),
  );
}

function shown(numbers: Statistics): Members {
  return new Members(Object.entries(numbers));
}
