import { readFileSync } from "node:fs";
import { hostBuiltins, parseYaml } from "../../../src/builtins/index.ts";
import { compile, PolicyError, toJson } from "../../../src/engine/index.ts";
import {
  type Arguments,
  type Command,
  exitCode,
  listFlag,
  notOneOf,
  textFlag,
  textFlags,
} from "../command.ts";
import { errorsJson } from "../error-json.ts";
import {
  type EvalFormat,
  evalFormats,
  printSolutions,
  readSolutions,
  type Solution,
} from "../eval-output.ts";
import { builtinsFlag, loadBuiltins } from "../load-builtins.ts";
import { checkActivation, loadedOf, readBundles } from "../load-bundles.ts";
import { capabilitiesFlag, loadCapabilities } from "../load-capabilities.ts";
import { loadCompiled } from "../load-compiled.ts";
import { type Loaded, loadPaths, mergeLoaded } from "../load-paths.ts";
import { loadSchemas } from "../load-schemas.ts";
import { errorsText } from "../test-reports/error-text.ts";

/** `portcullis eval`: the solutions of a query, as OPA prints them. */
export const evaluate: Command = {
  usage: "QUERY",
  flags: {
    builtins: builtinsFlag,
    bundle: {
      type: "string",
      short: "b",
      multiple: true,
      argument: "DIR",
      help: "load a folder as a bundle: *.rego, data.json and data.yaml; may repeat",
    },
    capabilities: capabilitiesFlag,
    data: {
      type: "string",
      short: "d",
      multiple: true,
      argument: "PATH",
      help: "load *.rego, *.json and *.yaml, from folders too; may repeat",
    },
    "disable-early-exit": {
      type: "boolean",
      help: "search on where no other value can come",
    },
    "disable-indexing": {
      type: "boolean",
      help: "try every rule, also those that the documents rule out",
    },
    fail: {
      type: "boolean",
      help: "exit with 1 when the result is undefined",
    },
    "fail-defined": {
      type: "boolean",
      help: "exit with 1 when the result is defined",
    },
    format: {
      type: "string",
      short: "f",
      argument: "FORMAT",
      help: `${evalFormats.join(", ")} (default json)`,
    },
    ignore: {
      type: "string",
      multiple: true,
      argument: "GLOB",
      help: "file and folder names to leave out; may repeat",
    },
    import: {
      type: "string",
      multiple: true,
      argument: "PATH",
      help: "a path that the query imports, as data.users; may repeat",
    },
    input: {
      type: "string",
      short: "i",
      argument: "FILE",
      help: "the input document, JSON or YAML",
    },
    package: {
      type: "string",
      argument: "NAME",
      help: "the package whose rules the query may name alone",
    },
    partial: {
      type: "boolean",
      short: "p",
      help: "refused: partial evaluation is not supported",
    },
    "pretty-limit": {
      type: "string",
      argument: "N",
      help: "cut cells of pretty tables after so many characters (80)",
    },
    schema: {
      type: "string",
      short: "s",
      argument: "PATH",
      help: "JSON Schema file of the input, or folder of schemas that annotations name",
    },
    stdin: { type: "boolean", help: "read the query from standard input" },
    "stdin-input": {
      type: "boolean",
      short: "I",
      help: "read the input document from standard input",
    },
    strict: {
      type: "boolean",
      short: "S",
      help: "refuse unused variables and imports too",
    },
    "strict-builtin-errors": {
      type: "boolean",
      help: "the first error of a builtin ends the evaluation",
    },
    timeout: {
      type: "string",
      argument: "DURATION",
      help: "time limit of the evaluation (none)",
    },
    unknowns: {
      type: "string",
      short: "u",
      multiple: true,
      argument: "PATH",
      help: "refused: partial evaluation is not supported",
    },
    "v0-compatible": { type: "boolean", help: "read Rego as version 0" },
  },
  run: async (args: Arguments) => {
    const format = textFlag(args, "format") ?? "json";
    if (!isFormat(format)) {
      console.error(
        `portcullis eval: ${notOneOf("format", format, evalFormats)}`,
      );
      return exitCode.failed;
    }
    if (args.flags["partial"] === true || textFlags(args, "unknowns")[0]) {
      console.error(
        "portcullis eval: partial evaluation (--partial, --unknowns) is not supported",
      );
      return exitCode.failed;
    }
    const [query] = args.flags["stdin"] ? [readStdin()] : args.positionals;
    if (query === undefined || args.positionals.length > 1) {
      console.error("portcullis eval: give one query, or --stdin");
      return exitCode.failed;
    }
    const input = tryTo(() => readInput(args));
    if (input instanceof PolicyError) {
      console.error(input.rawMessage);
      return exitCode.policy;
    }
    const loaded = await load(args).catch(PolicyError.from);
    if (loaded instanceof PolicyError) {
      return fail([loaded], format, {});
    }
    try {
      const asked = { query, loaded, input };
      const solutions = await solve(asked, args);
      if (!("errors" in solutions)) {
        return show(solutions, format, args);
      }
      return fail(solutions.errors, format, { ...loaded.modules, "": query });
    } catch (error) {
      const texts = { ...loaded.modules, "": query };
      return fail([PolicyError.from(error)], format, texts);
    }
  },
};

function isFormat(text: string): text is EvalFormat {
  return evalFormats.some((format) => format === text);
}

function tryTo<T>(work: () => T): T | PolicyError {
  try {
    return work();
  } catch (error) {
    return PolicyError.from(error);
  }
}

function readStdin(): string {
  return readFileSync(0, "utf8");
}

async function load(args: Arguments): Promise<Loaded> {
  const ignore = listFlag(args, "ignore");
  const data = loadPaths(textFlags(args, "data"), ignore);
  const bundles = await readBundles(textFlags(args, "bundle"), ignore).catch(
    (error: unknown) => {
      const { code, rawMessage } = PolicyError.from(error);
      const message = `loading error: ${rawMessage}`;
      throw new PolicyError(code, message, { cause: error });
    },
  );
  checkActivation(bundles);
  return mergeLoaded([data, ...loadedOf(bundles)]);
}

type Solutions =
  | readonly Solution[]
  | { readonly errors: readonly PolicyError[] };

/** A query with its documents. */
type Asked = {
  readonly query: string;
  readonly loaded: Loaded;
  readonly input: Uint8Array | undefined;
};

async function solve(
  { query, loaded, input }: Asked,
  args: Arguments,
): Promise<Solutions> {
  const builtins = [...hostBuiltins, ...(await loadBuiltins(args))];
  const { compile: allowed, network } = loadCapabilities(args);
  const regoVersion = args.flags["v0-compatible"] === true ? 0 : 1;
  const schema = textFlag(args, "schema");
  const compiled = compile({
    ...allowed,
    modules: loaded.modules,
    regoVersions: loaded.regoVersions,
    builtins,
    query,
    queryVersion: regoVersion,
    queryPackage: textFlag(args, "package"),
    queryImports: textFlags(args, "import"),
    optimizations: {
      ruleIndex: args.flags["disable-indexing"] !== true,
      earlyExit: args.flags["disable-early-exit"] !== true,
    },
    captureValues: true,
    regoVersion,
    strict: args.flags["strict"] === true,
    print: true,
    ...(schema !== undefined && {
      schemas: loadSchemas({ path: schema, guards: false }),
    }),
  });
  if ("errors" in compiled) {
    return compiled;
  }
  const { wasm, expressions } = compiled.policy;
  const policy = await loadCompiled(wasm, args, {
    data: loaded.data,
    builtins,
    network,
    strictBuiltinErrors: args.flags["strict-builtin-errors"] === true,
  });
  const json = await policy.queryJsonAsync(input);
  return readSolutions(json, expressions ?? []);
}

function readInput(args: Arguments): Uint8Array | undefined {
  const file = textFlag(args, "input");
  if (file === undefined && args.flags["stdin-input"] !== true) {
    return undefined;
  }
  let text: string;
  try {
    text = file === undefined ? readStdin() : readFileSync(file, "utf8");
  } catch (cause) {
    throw new PolicyError(
      "bundle_load_error",
      `open ${file}: no such file or directory`,
      { cause },
    );
  }
  try {
    return new TextEncoder().encode(toJson(parseYaml(text)));
  } catch (cause) {
    throw new PolicyError(
      "bundle_load_error",
      `unable to parse input: ${PolicyError.from(cause).rawMessage}`,
      { cause },
    );
  }
}

function show(
  solutions: readonly Solution[],
  format: EvalFormat,
  args: Arguments,
): number {
  const limit = Number(textFlag(args, "pretty-limit") ?? 80);
  process.stdout.write(printSolutions(solutions, format, limit));
  const isDefined = solutions.length > 0;
  const fails =
    (args.flags["fail"] === true && !isDefined) ||
    (args.flags["fail-defined"] === true && isDefined);
  return fails ? exitCode.failed : exitCode.fine;
}

function fail(
  errors: readonly PolicyError[],
  format: EvalFormat,
  texts: Readonly<Record<string, string>>,
): number {
  if (format === "json" || format === "discard") {
    process.stdout.write(errorsJson(errors, texts, format === "discard"));
  } else {
    console.error(errorsText(errors, texts));
  }
  return exitCode.policy;
}
