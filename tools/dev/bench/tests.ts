import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { opaBinary } from "../../../test/support/opa-binary.ts";
import { librarySize, writeTree } from "./generate-tree.ts";
import { median } from "./measure.ts";
import { printFigure, printHeading, printRatio, quotient } from "./report.ts";
import { run } from "./run.ts";

const rounds = 3;

/** Both test commands as cold processes, in turns, with and without coverage. */
export function measureTests(): void {
  const folder = mkdtempSync(join(tmpdir(), "portcullis-tree-"));
  writeTree(folder, librarySize);
  const { packages, tests } = librarySize;
  printHeading(
    "tests",
    `${packages * tests} tests in ${packages * 2} files; whole processes`,
  );
  for (const flags of [[], ["--coverage"]]) {
    const label = flags.length > 0 ? "with coverage" : "without coverage";
    const [ours, theirs] = measureBoth([...flags, folder]);
    printFigure(`portcullis test, ${label}`, ours, "ms");
    printFigure(`opa test, ${label}`, theirs, "ms");
    printRatio(`OPA ÷ ours, ${label}`, quotient(theirs, ours), { atLeast: 2 });
  }
}

function measureBoth(
  args: readonly string[],
): [ours: number, theirs: number | undefined] {
  const opa = opaBinary();
  const ours: number[] = [];
  const theirs: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const command = ["dist/tools/bin/portcullis.js", "test", ...args];
    ours.push(timed(() => run(process.execPath, command)));
    if (opa !== undefined) {
      theirs.push(timed(() => run(opa, ["test", ...args])));
    }
  }
  return [median(ours), theirs.length > 0 ? median(theirs) : undefined];
}

function timed(work: () => void): number {
  const start = performance.now();
  work();
  return performance.now() - start;
}
