import { existsSync, readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import {
  type Optimizations,
  withoutOptimizations,
} from "../../src/engine/index.ts";
import { recordCounts } from "../support/record-counts.ts";
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
    recordCounts({ passed: 0, failed: 0, skipped: 1 }, []);
    return 0;
  }
  const known = createKnownFailures(
    JSON.parse(
      readFileSync(new URL("known-failures.json", import.meta.url), "utf8"),
    ),
  );
  const tally = await runAll(folder, known, optimizations);
  // Listed failures count as skipped.
  recordCounts(
    {
      passed: tally.passed,
      failed: tally.unexpected.length,
      skipped: tally.known,
    },
    tally.unexpected,
  );
  print(`${tally.passed} passed, ${tally.failed} failed`);
  return tally.unexpected.length === 0 ? 0 : 1;
}

type Tally = {
  passed: number;
  failed: number;
  /** Failures that are listed with a reason. */
  known: number;
  /** Failures that are not listed, and listed cases that pass, as printed. */
  readonly unexpected: string[];
};

async function runAll(
  folder: string,
  known: KnownFailures,
  optimizations: Optimizations,
): Promise<Tally> {
  const tally: Tally = { passed: 0, failed: 0, known: 0, unexpected: [] };
  for (const testCase of readCases(folder)) {
    const failure = await runCase(testCase, optimizations);
    const reason = known.reason(testCase.note);
    tally[failure === undefined ? "passed" : "failed"] += 1;
    if (failure !== undefined) {
      const said = `${testCase.note}: ${failure.slice(0, 600)}`;
      if (reason === undefined) {
        report(tally, `FAIL ${said}`);
      } else {
        tally.known += 1;
        print(`KNOWN (${reason}) ${said}`);
      }
    } else if (reason !== undefined) {
      const { note } = testCase;
      report(tally, `LISTED BUT PASSES ${note}: take it off known-failures`);
    }
  }
  return tally;
}

function report({ unexpected }: Tally, line: string): void {
  unexpected.push(line);
  print(line);
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

process.exitCode = await main(process.argv.slice(2));
