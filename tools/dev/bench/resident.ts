import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { printFigure, printHeading, printRatio, quotient } from "./report.ts";
import { isBuilt, opaDriver, startDriver } from "./sides/driver.ts";
import { compileWorkload, encodeInput } from "./sides/in-process.ts";
import { scan } from "./workloads/tuples.ts";

/** Resident memory of a process that holds 800 kB of data and has decided. */
export async function measureResident(): Promise<void> {
  const size = JSON.stringify(scan.data).length;
  printHeading(
    "resident",
    `memory with ${Math.round(size / 1_000)} kB of data`,
  );
  const bare = await residentOf([
    "-e",
    "process.stdin.resume(); console.log()",
  ]);
  const ours = await residentOf(oursArguments());
  const opa = await residentOpa();
  printFigure("Node alone", bare, "MB");
  printFigure("ours", ours, "MB");
  printFigure("OPA in Go", opa, "MB");
  printRatio("ours ÷ OPA in Go", quotient(ours, opa), { atMost: 1.3 });
}

/** A host as a user would write it, from the built files. */
function oursArguments(): string[] {
  const folder = mkdtempSync(join(tmpdir(), "portcullis-bench-"));
  writeFileSync(join(folder, "policy.wasm"), compileWorkload(scan));
  writeFileSync(join(folder, "data.json"), JSON.stringify(scan.data));
  writeFileSync(join(folder, "input.json"), encodeInput(scan));
  return ["tools/dev/bench/resident-host.mjs", folder];
}

async function residentOf(args: readonly string[]): Promise<number> {
  const child = spawn(process.execPath, args, {
    stdio: ["pipe", "pipe", "inherit"],
  });
  await once(child.stdout, "data");
  const megabytes = residentMegabytes(child.pid as number);
  child.stdin.end();
  child.kill();
  await once(child, "exit");
  return megabytes;
}

async function residentOpa(): Promise<number | undefined> {
  const side = isBuilt(opaDriver)
    ? await startDriver(opaDriver, scan)
    : undefined;
  await side?.measure(500);
  const megabytes = side && residentMegabytes(side.pid);
  side?.close();
  return megabytes;
}

function residentMegabytes(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) / 1_000;
}
