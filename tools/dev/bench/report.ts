import type { Figures } from "./compare.ts";
import type { SideName, Workload } from "./workloads/workload.ts";

const sideLabels: { readonly [name in SideName]: string } = {
  ours: "ours",
  oursInSdk: "ours in the SDK",
  opaWasm: "OPA's WASM in the SDK",
  opa: "OPA in Go",
  regorus: "regorus",
};

/** A ratio with what it should be. */
export type Target = { readonly atLeast: number } | { readonly atMost: number };

export function printHeading(name: string, about: string): void {
  console.log(`\n${name}: ${about}`);
}

export function printFigure(
  label: string,
  figure: number | undefined,
  unit: string,
): void {
  const text = figure === undefined ? "-" : figure.toPrecision(4);
  console.log(`  ${label.padEnd(58)} ${text.padStart(10)} ${unit}`);
}

/** One line that says whether a ratio is what it should be. */
export function printRatio(
  label: string,
  ratio: number | undefined,
  target: Target,
): void {
  const goal =
    "atLeast" in target ? `≥ ${target.atLeast}` : `≤ ${target.atMost}`;
  console.log(
    `  ${`${label} (goal ${goal})`.padEnd(58)} ${ratio === undefined ? "-".padStart(10) : `${ratio.toFixed(2).padStart(10)} ${isMet(ratio, target) ? "met" : "MISSED"}`}`,
  );
}

function isMet(ratio: number, target: Target): boolean {
  return "atLeast" in target ? ratio >= target.atLeast : ratio <= target.atMost;
}

/** A workload's sides and goals. */
export function printWorkload(
  { name, about, goals }: Workload,
  figures: Figures,
): void {
  printHeading(name, about);
  for (const [side, label] of Object.entries(sideLabels)) {
    printFigure(label, figures[side as SideName], "µs");
  }
  const both: readonly Workload["goals"][number][] = [
    ...goals,
    { slower: "opaWasm", faster: "oursInSdk", atLeast: 2 },
  ];
  for (const { slower, faster, atLeast } of both) {
    printRatio(
      `${sideLabels[slower]} ÷ ${sideLabels[faster]}`,
      quotient(figures[slower], figures[faster]),
      { atLeast },
    );
  }
}

/** Undefined where one of the two is not there. */
export function quotient(
  above: number | undefined,
  below: number | undefined,
): number | undefined {
  return above === undefined || below === undefined ? undefined : above / below;
}
