import { readFileSync, writeFileSync } from "node:fs";
import {
  type FormatOptions,
  type FormatTarget,
  format,
  formatSnippet,
} from "../../../src/engine/index.ts";
import {
  type Arguments,
  type Command,
  exitCode,
  textFlag,
} from "../command.ts";
import { capabilitiesFlag, loadCapabilities } from "../load-capabilities.ts";
import { printErrors } from "../output.ts";
import { prettyDiff } from "../pretty-diff.ts";
import { walkFiles } from "../walk-files.ts";

/** `portcullis fmt`: Rego in the layout of `opa fmt`. */
export const fmt: Command = {
  usage: "[PATH...]",
  flags: {
    write: {
      type: "boolean",
      short: "w",
      help: "write the result to the file instead of printing it",
    },
    diff: {
      type: "boolean",
      short: "d",
      help: "print what would change, in colours",
    },
    list: {
      type: "boolean",
      short: "l",
      help: "print the names of the files that would change",
    },
    fail: {
      type: "boolean",
      help: "exit with 2 when a file would change",
    },
    "check-result": {
      type: "boolean",
      default: true,
      help: "read the result again before it counts (on; --no-check-result turns it off)",
    },
    "drop-v0-imports": {
      type: "boolean",
      help: "leave out the imports rego.v1 and future.keywords where v1 needs neither",
    },
    "v0-v1": {
      type: "boolean",
      help: "read v0, write what v0 and v1 read alike",
    },
    "rego-v1": { type: "boolean", help: "the older name of --v0-v1" },
    "v0-compatible": { type: "boolean", help: "read and write Rego v0" },
    "v1-compatible": {
      type: "boolean",
      help: "with --v0-v1: read v1",
    },
    width: {
      type: "string",
      argument: "COLUMNS",
      help: "write lists on longer lines an item a line; a tab counts as four columns",
    },
    capabilities: capabilitiesFlag,
  },
  run: async (args: Arguments) => {
    const options = toOptions(args);
    if (options === undefined) {
      console.error("portcullis fmt: --width takes a number of columns");
      return exitCode.failed;
    }
    if (args.positionals.length === 0) {
      return formatInput(options);
    }
    for (const path of args.positionals) {
      const code = formatPath(path, args, options);
      if (code !== exitCode.fine) {
        return code;
      }
    }
    return exitCode.fine;
  },
};

function toOptions(args: Arguments): FormatOptions | undefined {
  const { flags } = args;
  const width = textFlag(args, "width");
  if (width !== undefined && !/^[1-9][0-9]*$/.test(width)) {
    return undefined;
  }
  const isBoth = flags["v0-v1"] === true || flags["rego-v1"] === true;
  const isV0 = flags["v0-compatible"] === true;
  const target: FormatTarget = isBoth ? "v0-v1" : isV0 ? "v0" : "v1";
  const readsV1 = !isV0 && (!isBoth || flags["v1-compatible"] === true);
  return {
    target,
    regoVersion: readsV1 ? 1 : 0,
    dropV0Imports: flags["drop-v0-imports"] === true,
    checkResult: flags["check-result"] !== false,
    keywordsInRefs: loadCapabilities(args).keywordsInRefs,
    width: width === undefined ? undefined : Number(width),
  };
}

/** Standard input: a module, or a part of one. */
function formatInput(options: FormatOptions): number {
  const result = formatSnippet(readFileSync(0, "utf8"), {
    ...options,
    file: "stdin",
  });
  if ("errors" in result) {
    printErrors(result.errors);
    return exitCode.failed;
  }
  process.stdout.write(result.text);
  return exitCode.fine;
}

function formatPath(
  path: string,
  args: Arguments,
  options: FormatOptions,
): number {
  const files = walkFiles(path);
  if (files === undefined) {
    console.error(`lstat ${path}: no such file or directory`);
    return exitCode.failed;
  }
  for (const file of files.filter((name) => name.endsWith(".rego"))) {
    const code = formatFile(file, args, options);
    if (code !== exitCode.fine) {
      return code;
    }
  }
  return exitCode.fine;
}

function formatFile(
  file: string,
  args: Arguments,
  options: FormatOptions,
): number {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    console.error(`failed to open file: ${(error as Error).message}`);
    return exitCode.policy;
  }
  const result = format(text, { ...options, file });
  if ("errors" in result) {
    const what = result.ofResult
      ? `${file} was successfully formatted, but the result is invalid (--no-check-result shows it):`
      : "failed to format Rego source file:";
    console.error(what);
    printErrors(result.errors);
    return exitCode.policy;
  }
  return deliver({ file, text, result: result.text }, args);
}

type Formatted = {
  readonly file: string;
  readonly text: string;
  readonly result: string;
};

function deliver({ file, result, text }: Formatted, args: Arguments): number {
  const isChanged = result !== text;
  const isRefused = isChanged && args.flags["fail"] === true;
  const shown = show({ file, text, result }, args, isChanged);
  if (shown === undefined && !isRefused) {
    print({ file, text, result }, args);
  }
  process.stdout.write(shown ?? "");
  if (isRefused) {
    console.error("unexpected diff");
    return exitCode.policy;
  }
  return exitCode.fine;
}

/** What `--list` and `--diff` print instead of the result. */
function show(
  { file, result, text }: Formatted,
  { flags }: Arguments,
  isChanged: boolean,
): string | undefined {
  if (flags["list"] === true) {
    return isChanged ? `${file}\n` : "";
  }
  if (flags["diff"] === true) {
    return isChanged ? `${prettyDiff(text, result)}\n` : "";
  }
  return undefined;
}

function print({ file, result, text }: Formatted, { flags }: Arguments): void {
  if (flags["write"] !== true) {
    process.stdout.write(result);
  } else if (result !== text) {
    writeFileSync(file, result);
  }
}
