import type { CompareReport } from "../../../src/server/index.ts";
import { tableText } from "../table.ts";

// More would push what matters off the screen; `--format json` has all.
const mostShown = 20;

/** One line of counts. */
export function compareStatus(report: CompareReport): string {
  const { different, enforced, observations, skipped } = report;
  const faults = faultsText(report);
  const parts = [
    `${observations} compared`,
    `${different} different (${shareText(report)})`,
    `${enforced.native} answered by ours, ${enforced.reference} by the reference`,
    ...(faults === "" ? [] : [`reference: ${faults}`]),
    ...(skipped > 0 ? [`${skipped} left out`] : []),
  ];
  return `${parts.join("; ")}\n`;
}

/** The share of checks that differ. */
function shareText({
  different,
  observations,
}: Pick<CompareReport, "different" | "observations">): string {
  const share = observations === 0 ? 0 : (100 * different) / observations;
  return `${Number(share.toPrecision(3))} %`;
}

/** How often the reference had no answer, by reason. */
function faultsText({ faults }: CompareReport): string {
  return Object.entries(faults)
    .filter(([, count]) => count > 0)
    .map(([kind, count]) => `${count} ${kind}`)
    .join(", ");
}

/** Counts and groups for a terminal. */
export function comparePretty(report: CompareReport): string {
  const shown = report.groups.slice(0, mostShown);
  const rows = shown.map(({ count, identity, kind, path, rule }) => [
    String(count),
    kind,
    rule,
    path,
    identity.slice(0, 8),
  ]);
  const samples = shown.flatMap(({ kind, path, samples: [first] }) => [
    `${path}: ${kind}`,
    ...(first?.differences ?? []).flatMap(({ native, part, reference }) => [
      `  ${part}: ${oneLine(reference)} there, ${oneLine(native)} here`,
    ]),
  ]);
  const left = report.groups.length - shown.length;
  return [
    ...(shown.length === 0
      ? []
      : [tableText(["different", "kind", "rule", "path", "caller"], rows)]),
    ...samples,
    ...(left > 0 ? [`… and ${left} further groups`] : []),
    compareStatus(report),
  ].join("\n");
}

function oneLine(text: string): string {
  return text === "" ? "none" : JSON.stringify(text).slice(0, 200);
}
