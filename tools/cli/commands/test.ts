import { existsSync } from "node:fs";
import { isSource, readServerFolder } from "../build-source.ts";
import { type Arguments, type Command, exitCode } from "../command.ts";
import { loadBuiltins } from "../load-builtins.ts";
import { checkActivation, loadedOf, readBundles } from "../load-bundles.ts";
import { loadCapabilities } from "../load-capabilities.ts";
import { type Loaded, loadPaths, mergeLoaded } from "../load-paths.ts";
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
      : loadPaths(paths, flags.ignore);
  const missing = paths.find((path) => !existsSync(path));
  if (missing !== undefined) {
    console.error(
      `1 error occurred during loading: stat ${missing}: no such file or directory`,
    );
    return exitCode.failed;
  }
  const builtins = await loadBuiltins(args);
  const host = { builtins, ...loadCapabilities(args) };
  const code = await runLoaded(await load(), flags, host);
  if (!flags.watch) {
    return code;
  }
  return watchPaths(paths, async () => runLoaded(await load(), flags, host));
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
