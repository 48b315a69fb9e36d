import type { ReplayReport } from "../../../src/server/index.ts";
import { formatDuration } from "../go-text.ts";
import { tableText } from "../table.ts";

// More would push what matters off the screen; `--format json` has all.
const mostShown = 20;

/** What changed, what could not be told, and how far the events reach, for people. */
export function replayPretty(report: ReplayReport): string {
  return [
    ...changes(report),
    ...unjudged(report),
    ...faults(report),
    ...coverage(report),
    summary(report),
    "",
  ].join("\n");
}

function changes({ groups, ungrouped }: ReplayReport): readonly string[] {
  if (groups.length === 0) {
    return [];
  }
  const shown = groups.slice(0, mostShown);
  const rows = shown.map(({ count, kind, rule, target }) => [
    String(count),
    kind,
    target,
    rule,
  ]);
  const samples = shown.flatMap(({ kind, rule, samples: [first] }) =>
    first
      ? [
          `${rule}: ${kind}, first at ${first.file}:${first.line} (${first.id || "no id"})`,
          `  recorded: ${clip(first.recorded)}`,
          `  replayed: ${clip(first.replayed)}`,
        ]
      : [],
  );
  return [
    tableText(["changed", "kind", "decision", "rule"], rows),
    ...samples,
    ...more(groups.length - shown.length, "further groups"),
    ...more(ungrouped, "changes beyond all groups"),
    "",
  ];
}

function unjudged({ incomparable }: ReplayReport): readonly string[] {
  return [
    ...incomparable
      .slice(0, mostShown)
      .map(
        ({ count, first, reason }) =>
          `not comparable: ${count}, ${clip(reason)}; first at ${first.file}:${first.line}`,
      ),
    ...more(incomparable.length - mostShown, "further reasons"),
  ];
}

function faults({ counts, faults: found }: ReplayReport): readonly string[] {
  return [
    ...found
      .slice(0, mostShown)
      .map(({ file, line, problem }) => `${file}:${line}: ${problem}`),
    ...more(counts.faults - mostShown, "further faults of the logs"),
  ];
}

function coverage({ coverage: reached }: ReplayReport): readonly string[] {
  if (reached === undefined) {
    return [];
  }
  const files = Object.entries(reached.files).map(([file, one]) => {
    const missed = one.not_covered.map(({ start }) => start.row);
    return [
      file,
      `${one.coverage.toFixed(1)} %`,
      clip([...new Set(missed)].join(", "), 60),
    ];
  });
  return [tableText(["reached by the events", "lines", "not reached"], files)];
}

function summary({ counts, times }: ReplayReport): string {
  const { changed, events, faults: broken, incomparable, other, same } = counts;
  const sides = [
    `${counted(events, "event")}: ${same} the same, ${changed} changed, ${incomparable} not comparable`,
    ...(other > 0 ? [counted(other, "other line")] : []),
    ...(broken > 0 ? [`${counted(broken, "fault")} of the logs`] : []),
  ];
  const time =
    times.count === 0
      ? ""
      : `; a decision took ${formatDuration(round(times.mean))} (p50 ${formatDuration(round(times.p50))}, p99 ${formatDuration(round(times.p99))})`;
  return `${sides.join(", ")}${time}`;
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

/** To a tenth of a microsecond. */
function round(milliseconds: number): number {
  return Math.round(milliseconds * 1e4) / 1e4;
}

function more(count: number, what: string): readonly string[] {
  return count > 0 ? [`… and ${count} ${what}`] : [];
}

function clip(text: string, length = 200): string {
  return text.length > length ? `${text.slice(0, length)}…` : text;
}
