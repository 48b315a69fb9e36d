import { hostBuiltins } from "../../../src/builtins/index.ts";
import { readDirectory } from "../../../src/bundle/index.ts";
import {
  runTests,
  type TestOutcome,
  type TestStatus,
} from "../../../src/engine/index.ts";
import {
  type Arguments,
  type Command,
  exitCode,
  textFlag,
  textFlags,
} from "../command.ts";
import { type Loaded, loadPaths, mergeLoaded } from "../load-paths.ts";
import { formatDuration, printErrors } from "../output.ts";

/** `portcullis test`: runs `test_` rules; output and exit codes are OPA's. */
export const test: Command = {
  name: "test",
  summary: "run the test_ rules of Rego files",
  usage: "[PATH...]",
  flags: {
    bundle: {
      type: "string",
      short: "b",
      multiple: true,
      argument: "DIR",
      help: "load a source folder (guards/, policies/) as the server would; may repeat",
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
    "exit-zero-on-skipped": {
      type: "boolean",
      short: "z",
      help: "a skipped test does not make the run fail",
    },
    "v0-compatible": { type: "boolean", help: "read the files as Rego v0" },
  },
  run: runCommand,
};

async function runCommand(args: Arguments): Promise<number> {
  const bundles = textFlags(args, "bundle");
  if (bundles.length + args.positionals.length === 0) {
    console.error("portcullis test: give a folder, a file or --bundle DIR");
    return exitCode.usage;
  }
  const loaded = mergeLoaded([
    ...bundles.map((folder) => readBundle(folder)),
    loadPaths(args.positionals),
  ]);
  const pattern = textFlag(args, "run");
  const select = pattern === undefined ? undefined : new RegExp(pattern, "u");
  const report = await runTests({
    ...loaded,
    builtins: hostBuiltins,
    regoVersion: args.flags["v0-compatible"] === true ? 0 : 1,
    ...(select ? { select: (name: string) => select.test(name) } : {}),
  });
  if ("errors" in report) {
    printErrors(report.errors);
    return exitCode.failed;
  }
  printReport(report.outcomes, args.flags["verbose"] === true);
  return verdict(report.outcomes, args.flags["exit-zero-on-skipped"] === true);
}

/** As `opa test`: 2 as soon as one test is not a pass. */
function verdict(
  outcomes: readonly TestOutcome[],
  skippedIsFine: boolean,
): number {
  const bad = outcomes.some(
    ({ status }) =>
      status !== "pass" && !(status === "skipped" && skippedIsFine),
  );
  return bad ? exitCode.policy : exitCode.fine;
}

const labels: Readonly<Record<TestStatus, string>> = {
  pass: "PASS",
  fail: "FAIL",
  error: "ERROR",
  skipped: "SKIPPED",
};

function printReport(outcomes: readonly TestOutcome[], verbose: boolean): void {
  const shown = outcomes.filter(({ status }) => verbose || status !== "pass");
  for (const outcome of shown) {
    console.log(describe(outcome));
  }
  if (shown.length > 0) {
    console.log("-".repeat(80));
  }
  for (const status of ["pass", "fail", "skipped", "error"] as const) {
    const count = outcomes.filter((one) => one.status === status).length;
    if (count > 0) {
      console.log(`${labels[status]}: ${count}/${outcomes.length}`);
    }
  }
}

function describe({ test: rule, status, milliseconds, error }: TestOutcome) {
  const time = status === "skipped" ? "" : ` (${formatDuration(milliseconds)})`;
  const cause = error ? `\n  ${error.message}` : "";
  return (
    `${rule.location.file}:${rule.location.row}:\n` +
    `${rule.package}.${rule.name}: ${labels[status]}${time}${cause}`
  );
}

function readBundle(folder: string): Loaded {
  const { modules, data } = readDirectory(folder);
  return { modules, data };
}
