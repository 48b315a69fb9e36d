import { existsSync } from "node:fs";
import { readDirectory } from "../../../src/bundle/index.ts";
import {
  type Arguments,
  type Command,
  exitCode,
  textFlags,
} from "../command.ts";
import { loadBuiltins } from "../load-builtins.ts";
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
  const bundles = textFlags(args, "bundle");
  if (bundles.length + args.positionals.length === 0) {
    console.error("portcullis test: give a folder, a file or --bundle DIR");
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
  const paths = args.positionals;
  const load = (): Loaded =>
    mergeLoaded([
      ...bundles.map((folder) => readBundle(folder)),
      loadPaths(paths, flags.ignore),
    ]);
  const missing = paths.find((path) => !existsSync(path));
  if (missing !== undefined) {
    console.error(
      `1 error occurred during loading: stat ${missing}: no such file or directory`,
    );
    return exitCode.failed;
  }
  const builtins = await loadBuiltins(args);
  const host = { builtins, ...loadCapabilities(args) };
  const code = await runLoaded(load(), flags, host);
  if (!flags.watch) {
    return code;
  }
  return watchPaths([...bundles, ...paths], () =>
    runLoaded(load(), flags, host),
  );
}

function readBundle(folder: string): Loaded {
  const { modules, data } = readDirectory(folder);
  return { modules, data };
}
