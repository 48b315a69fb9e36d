import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import {
  type Optimizations,
  withoutOptimizations,
} from "../../src/engine/index.ts";
import { readCases } from "./case.ts";
import { createKnownFailures, type KnownFailures } from "./known-failures.ts";
import { runCase } from "./run-case.ts";

/**
 * `npm run conformance -- DIR`: runs every case of every `*.json` in DIR, with
 * `--disable-optimization NAME` (or `all`) in modules without it.
 * Exits 1 when a case fails that known-failures.json does not list, or a
 * listed one passes.
 */
async function main(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      "disable-optimization": { type: "string", multiple: true, default: [] },
    },
  });
  const [folder] = positionals;
  const optimizations = withoutOptimizations(values["disable-optimization"]);
  if (folder === undefined) {
    print("usage: npm run conformance -- DIR (a folder of OPA-format cases)");
    return 3;
  }
  if (!existsSync(folder)) {
    print(`skipped: there is no folder \`${folder}\` of OPA-format cases`);
    record({ passed: 0, unexpected: 0, known: 1 });
    return 0;
  }
  const known = createKnownFailures(
    JSON.parse(
      readFileSync(new URL("known-failures.json", import.meta.url), "utf8"),
    ),
  );
  const tally = await runAll(folder, known, optimizations);
  record(tally);
  print(`${tally.passed} passed, ${tally.failed} failed`);
  return tally.unexpected === 0 ? 0 : 1;
}

type Tally = {
  passed: number;
  failed: number;
  /** Failures that are listed with a reason. */
  known: number;
  /** Failures that are not listed, and listed cases that pass. */
  unexpected: number;
};

async function runAll(
  folder: string,
  known: KnownFailures,
  optimizations: Optimizations,
): Promise<Tally> {
  const tally: Tally = { passed: 0, failed: 0, known: 0, unexpected: 0 };
  for (const testCase of readCases(folder)) {
    const failure = await runCase(testCase, optimizations);
    const reason = known.reason(testCase.note);
    tally[failure === undefined ? "passed" : "failed"] += 1;
    if (failure !== undefined) {
      tally[reason === undefined ? "unexpected" : "known"] += 1;
      const label = reason === undefined ? "FAIL" : `KNOWN (${reason})`;
      print(`${label} ${testCase.note}: ${failure.slice(0, 600)}`);
    } else if (reason !== undefined) {
      tally.unexpected += 1;
      print(`LISTED BUT PASSES ${testCase.note}: take it off known-failures`);
    }
  }
  return tally;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** For .ci/run, where listed failures count as skipped. */
function record({
  passed,
  unexpected,
  known,
}: Pick<Tally, "passed" | "unexpected" | "known">): void {
  const file = process.env["PORTCULLIS_COUNTS"];
  if (file) {
    appendFileSync(file, `${passed} ${unexpected} ${known}\n`);
  }
}

process.exitCode = await main(process.argv.slice(2));
