import { existsSync } from "node:fs";
import { join } from "node:path";
import { pipelineFile } from "../../../src/bundle/index.ts";
import type { HostBuiltin } from "../../../src/engine/index.ts";
import { isSource, readServerFolder } from "../build-source.ts";
import { type Arguments, type Command, exitCode } from "../command.ts";
import { loadBuiltins } from "../load-builtins.ts";
import { checkActivation, loadedOf, readBundles } from "../load-bundles.ts";
import { loadCapabilities } from "../load-capabilities.ts";
import { LoadFaults } from "../load-faults.ts";
import { type Loaded, loadPaths, mergeLoaded } from "../load-paths.ts";
import type { RequestCases } from "../suite-with-cases.ts";
import { type Difference, differenceFrom } from "../test-reports/changes.ts";
import {
  FlagFault,
  readTestFlags,
  type TestFlags,
  testFlags,
} from "../test-reports/flags.ts";
import { runLoaded } from "../test-reports/run.ts";
import { watchPaths } from "../test-reports/watch.ts";

/** `portcullis test`: runs `test_` rules; output and exit codes are OPA's. */
export const test: Command = {
  usage: "[PATH...]",
  flags: testFlags,
  run: runCommand,
};

async function runCommand(args: Arguments): Promise<number> {
  const paths = args.positionals;
  if (paths.length === 0) {
    console.error("portcullis test: give at least one file or folder");
    return exitCode.failed;
  }
  let flags: TestFlags;
  try {
    flags = readTestFlags(args);
  } catch (error) {
    if (error instanceof FlagFault) {
      console.error(error.message);
      return error.exit;
    }
    throw error;
  }
  const load = async (): Promise<Loaded> =>
    args.flags["bundle"] === true
      ? loadBundles(paths, flags.ignore)
      : loadPaths(paths, flags);
  const builtins = await loadBuiltins(args);
  const host = { args, builtins, ...loadCapabilities(args) };
  const run = async (): Promise<number> => {
    const loaded = await load().catch(loadFaults);
    if (loaded instanceof LoadFaults) {
      console.error(loaded.rawMessage);
      return exitCode.failed;
    }
    const difference = findDifference(args, flags, loaded);
    process.stderr.write(difference?.summary ?? "");
    const cases = difference?.isEmpty
      ? undefined
      : await findCases(args, flags, builtins);
    const { changes } = difference ?? {};
    return runLoaded(loaded, flags, { ...host, cases, changes });
  };
  const code = await run();
  return flags.watch ? watchPaths(paths, run) : code;
}

function loadFaults(error: unknown): LoadFaults {
  if (error instanceof LoadFaults) {
    return error;
  }
  throw error;
}

/** With `--changed` what the tests are chosen by. */
function findDifference(
  { flags: given, positionals: paths }: Arguments,
  { changedSince, schema }: TestFlags,
  loaded: Loaded,
): Difference | undefined {
  const others = [given["builtins"], given["capabilities"], schema].map(
    (file) => (typeof file === "string" ? file : undefined),
  );
  return changedSince === undefined
    ? undefined
    : differenceFrom(changedSince, { loaded, others, paths });
}

/** With `--bundle` the requests in `cases/` too, judged by the first source of guards. */
async function findCases(
  { flags, positionals: paths }: Arguments,
  { pattern }: TestFlags,
  builtins: readonly HostBuiltin[],
): Promise<RequestCases | undefined> {
  const folder = paths.find((path) => existsSync(join(path, pipelineFile)));
  if (flags["bundle"] !== true || folder === undefined) {
    return undefined;
  }
  // Loaded at need: the server is much that other tests do without.
  const { loadCases } = await import("../request-cases.ts");
  return loadCases({ folder, paths: casePaths(paths), pattern, builtins });
}

/** Of a source the folders that are its own; other paths whole. */
function casePaths(paths: readonly string[]): readonly string[] {
  return paths.flatMap((path) =>
    isSource(path)
      ? ["guards", "policies"].map((name) => join(path, name))
      : [path],
  );
}

async function loadBundles(
  paths: readonly string[],
  ignore: readonly string[],
): Promise<Loaded> {
  const bundles = await readBundles(
    paths.filter((path) => !isSource(path)),
    ignore,
  );
  checkActivation(bundles);
  return mergeLoaded([
    ...paths.filter(isSource).map(readServerFolder),
    ...loadedOf(bundles),
  ]);
}
