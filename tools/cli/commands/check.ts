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
  notOneOf,
  textFlag,
} from "../command.ts";
import { errorsJson } from "../error-json.ts";
import { builtinsFlag, loadBuiltins } from "../load-builtins.ts";
import { loadedOf, readBundles } from "../load-bundles.ts";
import { capabilitiesFlag, loadCapabilities } from "../load-capabilities.ts";
import { type Loaded, loadModules, mergeLoaded } from "../load-paths.ts";
import { loadSchemas } from "../load-schemas.ts";
import { printErrors } from "../output.ts";

const formats = ["pretty", "json"];

/** `portcullis check`: parses and analyses, silent when all is well. */
export const check: Command = {
  usage: "PATH...",
  flags: {
    builtins: builtinsFlag,
    bundle: {
      type: "boolean",
      short: "b",
      help: "load the paths as bundles",
    },
    capabilities: capabilitiesFlag,
    format: {
      type: "string",
      short: "f",
      argument: "FORMAT",
      help: "of errors: pretty or json (default pretty)",
    },
    ignore: {
      type: "string",
      multiple: true,
      argument: "PATTERN",
      help: "leave out files and folders by name, as `.*`; may repeat",
    },
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
    "v0-compatible": { type: "boolean", help: "read the files as Rego v0" },
    "v0-v1": {
      type: "boolean",
      help: "the files must be sound as v0 and as v1",
    },
    "rego-v1": { type: "boolean", help: "the older name of --v0-v1" },
    "v1-compatible": { type: "boolean", help: "read the files as Rego v1" },
  },
  run: async (args: Arguments) => {
    const format = textFlag(args, "format") ?? "pretty";
    const wrong = wrongUse(args, format);
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
    : loadModules(args.positionals, ignore);
}

function isBundle({ flags }: Arguments): boolean {
  return flags["bundle"] === true;
}

function wrongUse(args: Arguments, format: string): string | undefined {
  if (args.positionals.length === 0) {
    return "give at least one file or folder";
  }
  if (!formats.includes(format)) {
    return notOneOf("format", format, formats);
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
  { flags }: Arguments,
): readonly PolicyError[] {
  const isBoth = flags["v0-v1"] === true || flags["rego-v1"] === true;
  const isV0 = flags["v0-compatible"] === true;
  for (const regoVersion of isBoth ? ([0, 1] as const) : [isV0 ? 0 : 1]) {
    const compiled = compile({
      ...options,
      regoVersion: regoVersion === 0 ? 0 : 1,
    });
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
  const { location, rawMessage } = error;
  if (format === "json" || location) {
    return report([error], {}, format);
  }
  const when = "1 error occurred during loading";
  console.error(isBundle(args) ? rawMessage : `${when}: ${rawMessage}`);
  return exitCode.failed;
}
