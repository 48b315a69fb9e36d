import {
  type CaseResult,
  type Explain,
  explainTrace,
  fullName,
  type TestOutcome,
  type TraceStep,
  traceRows,
} from "../../../src/engine/index.ts";
import { formatDuration } from "../go-text.ts";
import { errorText } from "./error-text.ts";

type TraceSource = (
  failures: readonly TestOutcome[],
) => Promise<readonly (readonly TraceStep[])[]>;

export type PrettyOptions = {
  /** What the trace of a failure shows. */
  readonly explain: Explain;
  /** Prints every test, and for failed ones what was evaluated. */
  readonly verbose: boolean;
  /** Prints where a failed test failed, with the values of variables. */
  readonly varValues: boolean;
};

const outcomeLabels = {
  pass: "PASS",
  fail: "FAIL",
  error: "ERROR",
  skipped: "SKIPPED",
} as const;

const line = "-".repeat(80);

/** The report of `opa test`, written test by test as they end. */
export class PrettyReport {
  private readonly write: (text: string) => void;
  private readonly options: PrettyOptions;
  private readonly counts = { pass: 0, fail: 0, skipped: 0, error: 0 };
  private readonly failures: TestOutcome[] = [];
  private lastFile: string | undefined;
  private dirty = false;

  constructor(write: (text: string) => void, options: PrettyOptions) {
    this.write = write;
    this.options = options;
  }

  /** Adds a test; `measured` is what a benchmark says of it. */
  add(outcome: TestOutcome, measured?: string): void {
    this.count(outcome);
    if (measured !== undefined) {
      this.dirty = true;
      this.write(measured);
    } else if (this.options.verbose || outcome.status !== "pass") {
      this.dirty = true;
      this.describe(outcome);
    }
    if (outcome.error) {
      this.write(`  ${errorText(outcome.error)}\n`);
    }
  }

  private explain(failure: TestOutcome, trace: readonly TraceStep[]): void {
    const { verbose } = this.options;
    this.write(`${titleOf(failure)}\n`);
    if (verbose) {
      const steps = explainTrace(trace, this.options.explain);
      const rows = traceRows(steps).map(
        ([place, text]) => `  ${place}  ${text}  \n`,
      );
      this.write(`\n${rows.join("")}`);
    }
    if (failure.cases.length > 0) {
      this.write("\n");
      for (const { path } of walkCases(failure.cases).filter(failedLeaf)) {
        for (const [depth, name] of path.entries()) {
          this.write(`${"  ".repeat(depth + 1)}${name}: FAIL\n`);
        }
      }
    }
    this.write("\n");
  }

  private count(outcome: TestOutcome): void {
    const { cases, status } = outcome;
    if (status === "fail") {
      this.failures.push(outcome);
    }
    if (status === "skipped" || status === "error" || cases.length === 0) {
      this.counts[status] += 1;
      return;
    }
    for (const { result } of walkCases(cases)) {
      if (result.cases.length === 0) {
        this.counts[result.failed ? "fail" : "pass"] += 1;
      }
    }
  }

  private describe(outcome: TestOutcome): void {
    const { file, row } = outcome.test.location;
    if (this.lastFile !== undefined && this.lastFile !== file) {
      this.write("\n");
    }
    this.lastFile = file;
    this.write(`${file}:${row}:\n${titleOf(outcome)}\n`);
    for (const { path, result } of walkCases(outcome.cases)) {
      if (result.failed || this.options.verbose) {
        this.write(`${"  ".repeat(path.length)}${caseTitle(result)}\n`);
      }
    }
    if (outcome.output !== "") {
      this.write(`\n${indent(`${outcome.output.trim()}\n`, 2)}\n`);
    }
  }

  /** Ends the report; `traceOf` is asked for the traces of failures. */
  async finish(traceOf?: TraceSource): Promise<void> {
    const { verbose, varValues } = this.options;
    if (this.counts.fail > 0 && (verbose || varValues)) {
      this.write(`${line}\nFAILURES\n${line}\n`);
      const traces = (await traceOf?.(this.failures)) ?? [];
      for (const [index, failure] of this.failures.entries()) {
        this.explain(failure, traces[index] ?? []);
      }
    }
    if (this.dirty) {
      this.write(`${line}\n`);
    }
    const total = Object.values(this.counts).reduce((sum, one) => sum + one, 0);
    for (const status of ["pass", "fail", "skipped", "error"] as const) {
      if (this.counts[status] > 0) {
        this.write(
          `${outcomeLabels[status]}: ${this.counts[status]}/${total}\n`,
        );
      }
    }
  }
}

function failedLeaf({ result }: { readonly result: CaseResult }): boolean {
  return result.failed && result.cases.length === 0;
}

function titleOf({ test, status, milliseconds }: TestOutcome): string {
  const time = status === "skipped" ? "" : ` (${formatDuration(milliseconds)})`;
  return `${fullName(test)}: ${outcomeLabels[status]}${time}`;
}

/** A failed test with all its cases. */
export function failureText(outcome: TestOutcome): string {
  const cases = walkCases(outcome.cases).map(
    ({ path, result }) =>
      `${"  ".repeat(path.length - 1)}${caseTitle(result)}\n`,
  );
  return `${titleOf(outcome)}\n${cases.join("")}`;
}

function caseTitle({ name, failed }: CaseResult): string {
  return `${name}: ${failed ? "FAIL" : "PASS"}`;
}

/** Every case with the names that lead to it, those around it first. */
function walkCases(
  cases: readonly CaseResult[],
  above: readonly string[] = [],
): { readonly path: readonly string[]; readonly result: CaseResult }[] {
  return cases.flatMap((result) => {
    const path = [...above, result.name];
    return [{ path, result }, ...walkCases(result.cases, path)];
  });
}

/** Every line of a text that ends in a line break, moved to the right. */
function indent(text: string, spaces: number): string {
  return text.replace(/^(?=[\s\S])/gm, " ".repeat(spaces));
}
