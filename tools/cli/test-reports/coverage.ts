import type { CoverageReport } from "../../../src/engine/index.ts";
import { indentedJson, type Shown, shownPlain } from "../indented-json.ts";

/** The report of `opa test --coverage`. */
export function coverageJson(report: CoverageReport): string {
  return indentedJson(shownCoverage(report));
}

/** What is printed of a report: of a file, fields that are empty are left out. */
export function shownCoverage(report: CoverageReport): Shown {
  const files = Object.entries(report.files).map(([file, found]) => [
    file,
    Object.fromEntries(
      Object.entries(found).filter(([, value]) =>
        Array.isArray(value) ? value.length > 0 : value !== 0,
      ),
    ),
  ]);
  return shownPlain({ ...report, files: Object.fromEntries(files) });
}

/** Why the threshold is not met; the lines that are not covered when `verbose`. */
export function thresholdText(
  report: CoverageReport,
  {
    threshold,
    verbose,
  }: { readonly threshold: number; readonly verbose: boolean },
): string {
  const text = `Code coverage threshold not met: got ${hundredths(report.coverage)} instead of ${hundredths(threshold)}`;
  if (!verbose || Object.keys(report.files).length === 0) {
    return text;
  }
  const lines = Object.entries(report.files).flatMap(
    ([file, { not_covered: ranges }]) =>
      rowSpans(ranges).map(([from, to]) =>
        from === to ? `\t${file}:${from}` : `\t${file}:${from}-${to}`,
      ),
  );
  return [text, "Lines not covered:", ...lines].join("\n");
}

type Ranges = CoverageReport["files"][string]["not_covered"];

/** The rows that ranges touch, neighbours joined. */
function rowSpans(ranges: Ranges): [number, number][] {
  const spans: [number, number][] = [];
  for (const { start, end } of ranges) {
    const last = spans.at(-1);
    if (last && start.row <= last[1] + 1) {
      last[1] = Math.max(last[1], end.row);
    } else {
      spans.push([start.row, end.row]);
    }
  }
  return spans;
}

/** Two decimals, as Go rounds: a tie goes to the even one. */
export function hundredths(value: number): string {
  const scaled = value * 100;
  const below = Math.floor(scaled);
  const isTie = scaled - below === 0.5;
  const rounded = isTie && below % 2 === 0 ? below : Math.round(scaled);
  return (rounded / 100).toFixed(2);
}
