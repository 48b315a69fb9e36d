import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { opaBinary } from "../../../test/support/opa-binary.ts";
import { childrenCpuMicroseconds } from "./measure.ts";
import { printFigure, printHeading, printRatio, quotient } from "./report.ts";
import { run } from "./run.ts";
import { rbac } from "./workloads/rbac.ts";

const events = 100_000;

// Files of their own take long to write; what OPA takes for each does not depend on their number.
const files = 10_000;

/** `portcullis replay` of a decision log beside `opa exec` on the same inputs, as whole processes. */
export function measureReplay(): void {
  const folder = mkdtempSync(join(tmpdir(), "portcullis-replay-"));
  try {
    writeFiles(folder);
    printHeading(
      "replay",
      `decisions about 1.7 kB each, ${events} of a log and ${files} files; CPU of whole processes`,
    );
    const log = ["--decisions", join(folder, "log.ndjson")];
    const bundle = ["--bundle", join(folder, "bundle")];
    const command = ["dist/tools/bin/portcullis.js", "replay"];
    const ours = cpuOf(process.execPath, [...command, ...log, ...bundle]);
    const opa = opaBinary();
    const theirs =
      opa === undefined
        ? undefined
        : cpuOf(opa, [
            "exec",
            ...bundle,
            "--decision",
            "bench/result",
            join(folder, "inputs"),
          ]);
    printFigure(
      "portcullis replay, with coverage",
      ours / events,
      "µs an event",
    );
    const each = theirs && theirs / files;
    printFigure("opa exec", each, "µs an event");
    printRatio("opa exec ÷ portcullis replay", quotient(each, ours / events), {
      atLeast: 10,
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The same inputs as the events of a log and as files of their own. */
function writeFiles(folder: string): void {
  for (const name of ["bundle", "inputs"]) {
    mkdirSync(join(folder, name));
  }
  writeFileSync(join(folder, "bundle", "policy.rego"), rbac.policy);
  writeFileSync(
    join(folder, "bundle", "data.json"),
    JSON.stringify(rbac.data ?? {}),
  );
  const lines: string[] = [];
  for (let index = 0; index < events; index += 1) {
    const input = { ...rbac.input, request: `request-${index}` };
    if (index < files) {
      const name = join(folder, "inputs", `${index}.json`);
      writeFileSync(name, JSON.stringify(input));
    }
    lines.push(
      JSON.stringify({
        labels: { id: "3f2c", version: "1.20.1" },
        decision_id: `decision-${index}`,
        path: "bench/result",
        input,
        result: { allow: true, reasons: [] },
        timestamp: "2026-01-01T00:00:00.123456789Z",
        metrics: { timer_rego_query_eval_ns: 123_456 },
        req_id: index,
      }),
    );
  }
  writeFileSync(join(folder, "log.ndjson"), `${lines.join("\n")}\n`);
}

function cpuOf(command: string, args: readonly string[]): number {
  const before = childrenCpuMicroseconds();
  run(command, args);
  return childrenCpuMicroseconds() - before;
}
