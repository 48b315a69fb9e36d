import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { opaBinary } from "../../../test/support/opa-binary.ts";
import { childrenCpuMicroseconds, cpuPerCall, median } from "./measure.ts";
import { printFigure, printHeading, printRatio, quotient } from "./report.ts";
import { run } from "./run.ts";
import { buildWithOpa, compileWorkload } from "./sides/in-process.ts";
import { rules } from "./workloads/rules.ts";

const goals = [
  { count: 10, milliseconds: 5, rounds: 20, faster: undefined },
  { count: 500, milliseconds: 50, rounds: 5, faster: 2 },
  { count: 5_000, milliseconds: 500, rounds: 1, faster: 2 },
];

/** Time to compile, and size of the module, for policies of several sizes. */
export function measureCompiler(): void {
  printHeading("compiler", "rules to WASM in process; OPA as a cold process");
  let smallest = 0;
  for (const { count, milliseconds, rounds, faster } of goals) {
    const workload = rules(count);
    let wasm = compileWorkload(workload);
    const ours = medianTime(rounds, () => {
      wasm = compileWorkload(workload);
    });
    const opa = opaBuildTime(workload.policy);
    printRatio(`${count} rules, milliseconds`, ours, { atMost: milliseconds });
    printFigure(`${count} rules, opa build -t wasm`, opa, "ms");
    if (faster !== undefined) {
      printRatio(`${count} rules, OPA ÷ ours`, quotient(opa, ours), {
        atLeast: faster,
      });
    }
    printFigure(`${count} rules, module`, wasm.length / 1_000, "kB");
    const theirs = buildWithOpa(workload.policy);
    printFigure(
      `${count} rules, OPA's module`,
      theirs && theirs.length / 1_000,
      "kB",
    );
    smallest ||= wasm.length;
    if (count === 10) {
      printRatio("10 rules, kB", wasm.length / 1_000, { atMost: 60 });
    } else {
      printRatio(
        `${count} rules, bytes a rule above that`,
        (wasm.length - smallest) / (count - 10),
        { atMost: 120 },
      );
    }
  }
}

/** Milliseconds of CPU time. */
function medianTime(rounds: number, work: () => void): number {
  return median(
    Array.from({ length: rounds }, () => cpuPerCall(work, 1) / 1_000),
  );
}

/** CPU milliseconds of `opa build -t wasm` as a cold process; undefined without OPA. */
export function opaBuildTime(policy: string): number | undefined {
  const opa = opaBinary();
  if (opa === undefined) {
    return undefined;
  }
  const folder = mkdtempSync(join(tmpdir(), "portcullis-bench-"));
  const file = join(folder, "policy.rego");
  writeFileSync(file, policy);
  const rounds = 3;
  const before = childrenCpuMicroseconds();
  for (let round = 0; round < rounds; round += 1) {
    run(opa, [
      "build",
      "-t",
      "wasm",
      "-e",
      "bench/result",
      "-o",
      join(folder, "bundle.tar.gz"),
      file,
    ]);
  }
  return (childrenCpuMicroseconds() - before) / rounds / 1_000;
}
