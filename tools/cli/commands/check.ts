import {
  type CompileOptions,
  compile,
  PolicyError,
} from "../../../src/engine/index.ts";
import {
  type Arguments,
  type Command,
  exitCode,
  listFlag,
  textFlag,
} from "../command.ts";
import { errorsJson } from "../error-json.ts";
import { builtinsFlag, loadBuiltins } from "../load-builtins.ts";
import { loadedOf, readBundles } from "../load-bundles.ts";
import { capabilitiesFlag, loadCapabilities } from "../load-capabilities.ts";
import { LoadFaults } from "../load-faults.ts";
import {
  type Loaded,
  loadingFault,
  loadModules,
  mergeLoaded,
} from "../load-paths.ts";
import { loadSchemas } from "../load-schemas.ts";
import { printErrors } from "../output.ts";
import {
  formatFlag,
  formatOf,
  ignoreFlag,
  regoVersionOf,
  versionFlags,
  wrongFormat,
} from "../shared-flags.ts";

/** `portcullis check`: parses and analyses, silent when all is well. */
export const check: Command = {
  usage: "PATH...",
  notes: [
    "The types that an error had and wanted are listed below it; in JSON they are its `details`, as in OPA, without the prose that OPA's builtins describe their operands with. A fault in the value of a `with` is told once for each call that the expression is made of.",
  ],
  flags: {
    builtins: builtinsFlag,
    bundle: {
      type: "boolean",
      short: "b",
      help: "load the paths as bundles",
    },
    capabilities: capabilitiesFlag,
    format: formatFlag,
    ignore: ignoreFlag,
    "max-errors": {
      type: "string",
      short: "m",
      argument: "COUNT",
      help: "how many errors are shown, 0 for all (default 10)",
    },
    schema: {
      type: "string",
      short: "s",
      argument: "PATH",
      help: "JSON Schema file of the input, or folder of schemas that annotations name",
    },
    "guard-schema": {
      type: "boolean",
      default: true,
      help: "check packages guards.* against the server's input document (on; --no-guard-schema turns it off)",
    },
    strict: {
      type: "boolean",
      short: "S",
      help: "refuse unused variables and imports too, and in v0 what v1 refuses",
    },
    ...versionFlags,
    "v0-v1": {
      type: "boolean",
      help: "the files must be sound as v0 and as v1",
    },
    "rego-v1": { type: "boolean", help: "the older name of --v0-v1" },
  },
  run: async (args: Arguments) => {
    const format = formatOf(args);
    const wrong = wrongUse(args);
    if (wrong !== undefined) {
      console.error(`portcullis check: ${wrong}`);
      return exitCode.failed;
    }
    let loaded: Loaded;
    try {
      loaded = await load(args);
    } catch (error) {
      return reportLoading(args, PolicyError.from(error), format);
    }
    try {
      const errors = firstErrors(await compileOptions(args, loaded), args);
      return report(errors, loaded.modules, format);
    } catch (error) {
      return report([PolicyError.from(error)], loaded.modules, format);
    }
  },
};

/** Of folders that are no bundles the Rego alone, as OPA. */
async function load(args: Arguments): Promise<Loaded> {
  const ignore = listFlag(args, "ignore");
  return isBundle(args)
    ? mergeLoaded(loadedOf(await readBundles(args.positionals, ignore)))
    : loadModules(args.positionals, {
        ignore,
        regoVersion: regoVersionOf(args),
      });
}

function isBundle({ flags }: Arguments): boolean {
  return flags["bundle"] === true;
}

function wrongUse(args: Arguments): string | undefined {
  if (args.positionals.length === 0) {
    return "give at least one file or folder";
  }
  const wrong = wrongFormat(args);
  if (wrong !== undefined) {
    return wrong;
  }
  return /^[0-9]+$/.test(textFlag(args, "max-errors") ?? "10")
    ? undefined
    : "--max-errors takes a number";
}

async function compileOptions(
  args: Arguments,
  { modules, regoVersions }: Loaded,
): Promise<CompileOptions> {
  const limit = Number(textFlag(args, "max-errors") ?? 10);
  return {
    modules,
    regoVersions,
    entrypoints: [],
    ...loadCapabilities(args).compile,
    builtins: await loadBuiltins(args),
    schemas: loadSchemas({
      path: textFlag(args, "schema"),
      guards: args.flags["guard-schema"] !== false,
    }),
    strict: args.flags["strict"] === true,
    maxErrors: limit === 0 ? Number.POSITIVE_INFINITY : limit,
  };
}

/** The errors of the first version of Rego that the files are not sound in. */
function firstErrors(
  options: CompileOptions,
  args: Arguments,
): readonly PolicyError[] {
  const { flags } = args;
  const isBoth = flags["v0-v1"] === true || flags["rego-v1"] === true;
  const versions = isBoth ? ([0, 1] as const) : [regoVersionOf(args)];
  for (const regoVersion of versions) {
    const compiled = compile({ ...options, regoVersion });
    if ("errors" in compiled) {
      return compiled.errors;
    }
  }
  return [];
}

function report(
  errors: readonly PolicyError[],
  modules: Readonly<Record<string, string>>,
  format: string,
): number {
  if (errors.length === 0) {
    return exitCode.fine;
  }
  if (format === "json") {
    process.stderr.write(errorsJson(errors, modules));
  } else {
    printErrors(errors);
  }
  return exitCode.failed;
}

/** What kept files from being loaded; a bundle's faults name it themselves. */
function reportLoading(
  args: Arguments,
  error: PolicyError,
  format: string,
): number {
  if (format === "json" || error.location) {
    return error instanceof LoadFaults
      ? report(error.faults, error.texts, format)
      : report([error], {}, format);
  }
  const { rawMessage } = isBundle(args) ? error : loadingFault(error);
  console.error(rawMessage);
  return exitCode.failed;
}
