import { availableParallelism } from "node:os";
import type { Explain, UncoveredKind } from "../../../src/engine/index.ts";
import { benchmemFlag } from "../bench-report.ts";
import {
  type Arguments,
  type Command,
  exitCode,
  listFlag,
  textFlag,
  textFlags,
} from "../command.ts";
import { coverageRunsFlag, readKinds } from "../coverage-kinds.ts";
import { parseDuration } from "../go-text.ts";
import { builtinsFlag } from "../load-builtins.ts";
import { capabilitiesFlag } from "../load-capabilities.ts";

import type { SnapshotMode } from "./snapshots.ts";

/** What `portcullis test` was asked to do. */
export type TestFlags = {
  readonly verbose: boolean;
  readonly varValues: boolean;
  readonly explain: Explain;
  readonly pattern: string | undefined;
  readonly skippedIsFine: boolean;
  readonly failOnEmpty: boolean;
  readonly regoVersion: 0 | 1;
  /** Runs that tell why something is not covered; absent without coverage. */
  readonly coverage: readonly UncoveredKind[] | undefined;
  /** The report of coverage takes the place of that of the tests. */
  readonly coverageReport: boolean;
  readonly threshold: number;
  readonly timeoutMs: number;
  readonly count: number;
  readonly formats: readonly ReportFormat[];
  readonly sort: "none" | "duration";
  readonly shuffleSeed: number | undefined;
  /** Absent when snapshots are not asked for. */
  readonly snapshots: SnapshotMode | undefined;
  /** A commit: only what differs from it is tested. */
  readonly changedSince: string | undefined;
  readonly bench: boolean;
  /** Bytes are told beside times. */
  readonly benchmem: boolean;
  /** How many threads may run tests, and whether so many were asked for. */
  readonly parallel: { readonly atMost: number; readonly asked: boolean };
  readonly watch: boolean;
  readonly ignore: readonly string[];
  /** `--schema`: a file or a folder. */
  readonly schema: string | undefined;
  readonly maxErrors: number;
};

/** A report and where it goes: standard output without a file. */
type ReportFormat = {
  readonly name: FormatName;
  readonly file: string | undefined;
};

const formatNames = [
  "pretty",
  "json",
  "gobench",
  "junit",
  "tap",
  "sarif",
  "github",
  "lcov",
  "cobertura",
] as const;
export type FormatName = (typeof formatNames)[number];

export const testFlags: Command["flags"] = {
  builtins: builtinsFlag,
  capabilities: capabilitiesFlag,
  bundle: {
    type: "boolean",
    short: "b",
    help: "load the paths as bundles; a source folder (guards/, policies/) as the server does",
  },
  run: {
    type: "string",
    short: "r",
    argument: "REGEX",
    help: "run only the tests whose full name matches",
  },
  verbose: {
    type: "boolean",
    short: "v",
    help: "print every test, not only those that did not pass",
  },
  explain: {
    type: "string",
    argument: "MODE",
    help: "what the trace of a failed test shows: fails, full, notes or debug",
  },
  "var-values": {
    type: "boolean",
    help: "show where a test failed and what its variables were",
  },
  "exit-zero-on-skipped": {
    type: "boolean",
    short: "z",
    help: "a skipped test does not make the run fail",
  },
  "fail-on-empty": {
    type: "boolean",
    help: "fail when no test was run",
  },
  coverage: {
    type: "boolean",
    short: "c",
    help: "report what the tests covered, as JSON",
  },
  "coverage-runs": coverageRunsFlag,
  threshold: {
    type: "string",
    argument: "PERCENT",
    help: "fail when less is covered; implies --coverage",
  },
  timeout: {
    type: "string",
    argument: "DURATION",
    help: "time limit of one test (5s; 30s with --bench)",
  },
  count: {
    type: "string",
    argument: "N",
    help: "run the tests so many times (1)",
  },
  format: {
    type: "string",
    short: "f",
    multiple: true,
    argument: "FORMAT",
    help: `${formatNames.join(", ")}; may repeat, with =FILE to write to a file`,
  },
  sort: {
    type: "string",
    argument: "ORDER",
    help: "order of the JSON report: none or duration",
  },
  shuffle: {
    type: "boolean",
    help: "run the tests in random order and print the seed",
  },
  seed: {
    type: "string",
    argument: "N",
    help: "the order of an earlier --shuffle",
  },
  bench: {
    type: "boolean",
    help: "measure each test instead of running it once",
  },
  watch: {
    type: "boolean",
    short: "w",
    help: "run the tests again whenever a file changes",
  },
  ignore: {
    type: "string",
    multiple: true,
    argument: "GLOBS",
    help: "names of files and folders to leave out; may repeat",
  },
  schema: {
    type: "string",
    short: "s",
    argument: "PATH",
    help: "JSON Schema file of the input, or folder of schemas that annotations name",
  },
  "max-errors": {
    type: "string",
    short: "m",
    argument: "N",
    help: "how many compile errors to report (10)",
  },
  snapshot: {
    type: "boolean",
    help: "compare the values of snapshot_ rules with those stored beside their files; where CI is set one that is not stored fails",
  },
  "update-snapshots": {
    type: "boolean",
    short: "u",
    help: "store the values of snapshot_ rules anew and remove those that are obsolete; implies --snapshot",
  },
  changed: {
    type: "string",
    argument: "REF",
    optional: "HEAD",
    help: "run only the tests that differences from a commit may matter to (--changed alone: HEAD)",
  },
  target: {
    type: "string",
    short: "t",
    argument: "TARGET",
    help: "accepted for compatibility: tests run as WebAssembly",
  },
  benchmem: benchmemFlag,
  parallel: {
    type: "string",
    short: "p",
    argument: "N",
    help: "how many threads run tests; by default as many as there are processors, once tests take so long that threads pay",
  },
  "v0-compatible": { type: "boolean", help: "read the files as Rego v0" },
  "v1-compatible": {
    type: "boolean",
    help: "read the files as Rego v1, the default",
  },
};

/** Flags that cannot be: what to say, and the exit code. */
export class FlagFault extends Error {
  override readonly name = "FlagFault";
  readonly exit: number;

  constructor(text: string, exit: number) {
    super(text);
    this.exit = exit;
  }
}

/** The flags of a call; throws a FlagFault for what cannot be. */
export function readTestFlags(args: Arguments): TestFlags {
  const formats = readFormats(textFlags(args, "format"));
  const threshold = readThreshold(args);
  const kinds = kindsOf(args);
  const bench = isSet(args, "bench");
  if (formats.some(({ name }) => name === "gobench") && !bench) {
    throw new FlagFault(
      "cannot use output format gobench without running benchmarks (--bench)",
      exitCode.fine,
    );
  }
  const measures = wantsCoverage(args, threshold, formats);
  if (measures && bench) {
    throw new FlagFault(
      "coverage reporting is not supported when benchmarking tests",
      exitCode.failed,
    );
  }
  return {
    // As in OPA: who asks for an explanation wants to see it.
    verbose: isSet(args, "verbose") || args.flags["explain"] !== undefined,
    explain: readExplain(args),
    varValues: isSet(args, "var-values"),
    pattern: textFlag(args, "run"),
    skippedIsFine: isSet(args, "exit-zero-on-skipped"),
    failOnEmpty: isSet(args, "fail-on-empty"),
    regoVersion: isSet(args, "v0-compatible") ? 0 : 1,
    coverage: measures ? kinds : undefined,
    coverageReport: wantsCoverage(args, threshold, []),
    threshold,
    timeoutMs: readTimeout(args) || (bench ? 30_000 : 5_000),
    count: readNumber(args, "count", 1),
    formats,
    sort: textFlag(args, "sort") === "duration" ? "duration" : "none",
    shuffleSeed: readSeed(args),
    snapshots: readSnapshots(args),
    changedSince: textFlag(args, "changed"),
    bench,
    benchmem: args.flags["benchmem"] !== false,
    parallel: readParallel(args, bench),
    watch: isSet(args, "watch"),
    ignore: listFlag(args, "ignore"),
    schema: textFlag(args, "schema"),
    maxErrors: readNumber(args, "max-errors", 10),
  };
}

const explainModes = ["fails", "full", "notes", "debug"] as const;

function readExplain(args: Arguments): Explain {
  const text = textFlag(args, "explain");
  const mode = explainModes.find((one) => one === text);
  if (text !== undefined && mode === undefined) {
    throw usageFault(`--explain takes one of ${explainModes.join(", ")}`);
  }
  return mode ?? "default";
}

function readThreshold(args: Arguments): number {
  const threshold = Number(textFlag(args, "threshold") ?? 0);
  if (!(threshold >= 0 && threshold <= 100)) {
    throw new FlagFault(
      "Code coverage threshold must be between 0 and 100",
      exitCode.failed,
    );
  }
  return threshold;
}

function readTimeout(args: Arguments): number {
  const text = textFlag(args, "timeout") ?? "0";
  const duration = parseDuration(text);
  if (duration === undefined) {
    throw usageFault(`--timeout cannot be \`${text}\``);
  }
  return duration;
}

function readNumber(args: Arguments, name: string, otherwise: number): number {
  const text = textFlag(args, name) ?? String(otherwise);
  if (!/^\d+$/.test(text)) {
    throw usageFault(`--${name} cannot be \`${text}\``);
  }
  return Number(text);
}

/** As OPA: 0 stands for the number of processors; what is measured runs alone. */
function readParallel(args: Arguments, bench: boolean): TestFlags["parallel"] {
  const given = readNumber(args, "parallel", 0);
  return {
    atMost: bench ? 1 : given || availableParallelism(),
    asked: given > 0,
  };
}

function readSnapshots(args: Arguments): SnapshotMode | undefined {
  const update = isSet(args, "update-snapshots");
  const { CI = "" } = process.env;
  return update || isSet(args, "snapshot")
    ? { update, ci: !["", "0", "false"].includes(CI) }
    : undefined;
}

/** The seed of a shuffled run: as given, else one by the clock. */
function readSeed(args: Arguments): number | undefined {
  const seed = textFlag(args, "seed");
  if (seed !== undefined && !/^\d+$/.test(seed)) {
    throw usageFault(`--seed cannot be \`${seed}\``);
  }
  return seed !== undefined || isSet(args, "shuffle")
    ? Number(seed ?? Date.now() % 1e6)
    : undefined;
}

function usageFault(text: string): FlagFault {
  return new FlagFault(`portcullis test: ${text}`, exitCode.failed);
}

function isSet(args: Arguments, name: string): boolean {
  return args.flags[name] === true;
}

function wantsCoverage(
  args: Arguments,
  threshold: number,
  formats: readonly ReportFormat[],
): boolean {
  return (
    isSet(args, "coverage") ||
    threshold > 0 ||
    args.flags["coverage-runs"] !== undefined ||
    formats.some(({ name }) => isCoverageFormat(name))
  );
}

function isCoverageFormat(name: FormatName): boolean {
  return name === "lcov" || name === "cobertura";
}

function readFormats(given: readonly string[]): readonly ReportFormat[] {
  const formats = given.map((text) => {
    const [, name = "", file] = /^([^=]*)(?:=(.*))?$/s.exec(text) ?? [];
    const known = formatNames.find((one) => one === name);
    if (!known) {
      throw usageFault(
        `there is no format \`${name}\`; give one of ${formatNames.join(", ")}`,
      );
    }
    return { name: known, file };
  });
  return formats.some(({ file }) => file === undefined)
    ? formats
    : [{ name: "pretty", file: undefined }, ...formats];
}

function kindsOf(args: Arguments): readonly UncoveredKind[] {
  const read = readKinds(args);
  if ("wrong" in read) {
    throw new FlagFault(read.wrong, exitCode.failed);
  }
  return read.kinds;
}
