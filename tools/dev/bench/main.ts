import { opaBinary } from "../../../test/support/opa-binary.ts";
import { measureActivation, measureLargeData } from "./activation.ts";
import { compareSides, type Figures } from "./compare.ts";
import { measureCompiler } from "./compiler.ts";
import { measureCrossing } from "./crossing.ts";
import { measureDropIn } from "./drop-in.ts";
import { measureEndurance } from "./endurance.ts";
import { measureForeign } from "./foreign.ts";
import { measureReplay } from "./replay.ts";
import { printHeading, printRatio, printWorkload, quotient } from "./report.ts";
import { measureResident } from "./resident.ts";
import { measureGuardsAndServers } from "./server-rows.ts";
import {
  isBuilt,
  opaDriver,
  regorusDriver,
  startDriver,
} from "./sides/driver.ts";
import {
  prepareOpaWasm,
  prepareOurs,
  prepareOursInSdk,
} from "./sides/in-process.ts";
import type { Prepare } from "./sides/side.ts";
import { measureTests } from "./tests.ts";
import { workloads } from "./workloads/all.ts";
import type { Workload } from "./workloads/workload.ts";

// `npm run bench [-- NAME…]`: all rows, or those whose name begins so.
const wanted = process.argv.slice(2);

function isWanted(name: string): boolean {
  return wanted.length === 0 || wanted.some((start) => name.startsWith(start));
}

const measured = new Map<string, Figures>();

async function measureWorkloads(chosen: readonly Workload[]): Promise<void> {
  const sides = chosen.length === 0 ? [] : availableSides();
  for (const workload of chosen) {
    const figures = await compareSides(workload, sides);
    measured.set(workload.name, figures);
    printWorkload(workload, figures);
  }
}

/**
 * The sides whose programs are here; says which are not. Those that need a
 * process of their own come first: a process that has grown may not start one.
 */
function availableSides(): Prepare[] {
  const sides: Prepare[] = [];
  for (const driver of [opaDriver, regorusDriver]) {
    if (isBuilt(driver)) {
      sides.push((workload) => startDriver(driver, workload));
    } else {
      console.log(
        `skipped: ${driver.name}; \`${driver.build.command}\` cannot build ${driver.build.folder}`,
      );
    }
  }
  if (opaBinary() === undefined) {
    console.log(
      "skipped: OPA's WASM; genuine OPA is not here (npm run oracle installs it)",
    );
  } else {
    sides.push(prepareOpaWasm);
  }
  return [...sides, prepareOurs, prepareOursInSdk];
}

const comparisons = [
  ["1,000 rules ÷ 10 rules", "rules-1000", "rules-10", 1.3],
  ["10,000 rules ÷ 10 rules", "rules-10000", "rules-10", 1.3],
  ["pathological ÷ benign patterns", "pathological", "pathological-benign", 2],
] as const;

/** Our own figures of two workloads against each other. */
function printComparisons(): void {
  const ours = (name: string) => measured.get(name)?.ours;
  const ratios = comparisons.flatMap(([label, above, below, atMost]) => {
    const ratio = quotient(ours(above), ours(below));
    return ratio === undefined ? [] : [{ label, ratio, atMost }];
  });
  if (ratios.length > 0) {
    printHeading("across", "ours of one row against ours of another");
  }
  for (const { label, ratio, atMost } of ratios) {
    printRatio(label, ratio, { atMost });
  }
}

await measureWorkloads(workloads.filter(({ name }) => isWanted(name)));
printComparisons();
for (const [name, measure] of [
  ["compiler", measureCompiler],
  ["tests", measureTests],
  ["resident", measureResident],
  ["replay", measureReplay],
  ["crossing", measureCrossing],
  ["foreign", measureForeign],
  ["endurance", measureEndurance],
  ["activation", measureActivation],
  ["large-data", measureLargeData],
  ["server", measureGuardsAndServers],
  ["drop-in", measureDropIn],
] as const) {
  if (isWanted(name)) {
    await measure();
  }
}
