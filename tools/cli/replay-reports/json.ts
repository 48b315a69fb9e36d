import type { ReplayReport } from "../../../src/server/index.ts";

/** The whole report; the names are those of docs/replay.md. */
export function replayJson({
  counts,
  coverage,
  faults,
  groups,
  incomparable,
  times,
  ungrouped,
}: ReplayReport): string {
  const report = {
    counts,
    changed: groups,
    ungrouped,
    incomparable,
    faults,
    milliseconds: times,
    coverage,
  };
  return `${JSON.stringify(report, undefined, 2)}\n`;
}
