import {
  type CaseResult,
  type Explain,
  explainTrace,
  fullName,
  type TestOutcome,
  type TracedTest,
  traceRows,
  widest,
} from "../../../src/engine/index.ts";
import { formatDuration } from "../go-text.ts";
import { knownValues } from "../known-values.ts";
import { errorText } from "./error-text.ts";
import { siteText, type Texts } from "./failure-site.ts";

/** Where the report asks for what it does not have of failures. */
export type FailureSource = {
  traces(failures: readonly TestOutcome[]): Promise<readonly TracedTest[]>;
  /** Tells of them beside the report. */
  details(failures: readonly TestOutcome[]): Promise<void>;
};

export type PrettyOptions = {
  /** What the trace of a failure shows. */
  readonly explain: Explain;
  /** Prints every test, and for failed ones what was evaluated. */
  readonly verbose: boolean;
  /** Prints where a failed test failed, with the values of variables. */
  readonly varValues: boolean;
  /** The files, for what stands in front of an expression. */
  readonly texts: Texts;
};

const outcomeLabels = {
  pass: "PASS",
  fail: "FAIL",
  error: "ERROR",
  skipped: "SKIPPED",
} as const;

const line = "-".repeat(80);

// Blanks that OPA puts between columns.
const columnGap = 5;

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

  private explain(failure: TestOutcome, traced: TracedTest | undefined): void {
    const { texts, varValues, verbose } = this.options;
    this.write(`${titleOf(failure)}\n`);
    if (verbose) {
      this.write(`\n${traced ? this.traceText(traced) : ""}`);
    }
    const sites = new Map(
      traced?.failures.map(({ failed, notes }) => [
        JSON.stringify(notes),
        failed,
      ]),
    );
    const site = (notes: readonly string[], depth: number): string => {
      const failed = sites.get(JSON.stringify(notes));
      return failed ? siteText(failed, texts, depth) : `${" ".repeat(depth)}\n`;
    };
    if (failure.cases.length > 0) {
      this.write("\n");
      for (const { path } of walkCases(failure.cases).filter(failedLeaf)) {
        for (const [depth, name] of path.entries()) {
          this.write(`${"  ".repeat(depth + 1)}${name}: FAIL\n`);
        }
        if (varValues) {
          this.write(site(path, 2 * (path.length + 1)));
        }
      }
    } else if (varValues) {
      this.write(site([], 0));
    }
    this.write("\n");
  }

  /** Place and event, and with values those in it, in columns. */
  private traceText({ steps, values }: TracedTest): string {
    const { explain, varValues } = this.options;
    const shown = explainTrace(steps, explain);
    const rows = traceRows(shown);
    const width = widest(rows.map(([, text]) => text));
    const lines = rows.map(([place, text], index) => {
      const known = values.get(shown[index] as (typeof shown)[number]) ?? [];
      return varValues
        ? `  ${place}  ${text.padEnd(width + columnGap)}  ${knownValues(known)}  \n`
        : `  ${place}  ${text}  \n`;
    });
    return lines.join("");
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

  /** Ends the report. */
  async finish(source?: FailureSource): Promise<void> {
    const { verbose, varValues } = this.options;
    if (this.counts.fail > 0 && (verbose || varValues)) {
      this.write(`${line}\nFAILURES\n${line}\n`);
      const traced = new Map(
        (await source?.traces(this.failures))?.map((one) => [one.test, one]),
      );
      for (const failure of this.failures) {
        this.explain(failure, traced.get(failure.test));
      }
    }
    if (this.failures.length > 0) {
      await source?.details(this.failures);
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
