import { readFileSync } from "node:fs";
import { hostBuiltins, parseYaml } from "../../src/builtins/index.ts";
import {
  type CompiledPolicy,
  type CompileOptions,
  compile,
  hasDataIn,
  type Instrumentation,
  type Policy,
  PolicyError,
  type PolicyOptions,
  type QueryExpression,
  toJson,
} from "../../src/engine/index.ts";
import { type Arguments, listFlag, textFlag, textFlags } from "./command.ts";
import { builtinsFlag, loadBuiltins } from "./load-builtins.ts";
import { checkActivation, loadedOf, readBundles } from "./load-bundles.ts";
import { capabilitiesFlag, loadCapabilities } from "./load-capabilities.ts";
import { loadCompiled } from "./load-compiled.ts";
import { type Loaded, loadPaths, mergeLoaded } from "./load-paths.ts";
import { loadSchemas } from "./load-schemas.ts";
import { regoVersionOf } from "./shared-flags.ts";

/** What a query stands in: the flags of the commands that evaluate one. */
export const queryFlags = {
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
  unknowns: {
    type: "string",
    short: "u",
    multiple: true,
    argument: "PATH",
    help: "refused: partial evaluation is not supported",
  },
  "v0-compatible": { type: "boolean", help: "read Rego as version 0" },
} as const;

/** The query that was given; or what is wrong with how it was asked. */
export function readQuery(
  args: Arguments,
): { readonly query: string } | { readonly wrong: string } {
  if (args.flags["partial"] === true || textFlags(args, "unknowns")[0]) {
    return {
      wrong: "partial evaluation (--partial, --unknowns) is not supported",
    };
  }
  const [query] = args.flags["stdin"] ? [readStdin()] : args.positionals;
  return query === undefined || args.positionals.length > 1
    ? { wrong: "give one query, or --stdin" }
    : { query };
}

function readStdin(): string {
  return readFileSync(0, "utf8");
}

/** The Rego and data that the query is asked of. */
export async function loadDocuments(args: Arguments): Promise<Loaded> {
  const ignore = listFlag(args, "ignore");
  const data = loadPaths(textFlags(args, "data"), {
    ignore,
    regoVersion: regoVersionOf(args),
  });
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

/** A query with its documents. */
export type Asked = {
  readonly query: string;
  readonly loaded: Loaded;
};

type QuerySettings = Partial<CompileOptions> & {
  /** Of an instrumented query: what hears its events. */
  readonly observe?: (
    instrumentation: Instrumentation,
  ) => Pick<PolicyOptions, "onEvent" | "onValue">;
  /** What hears how the evaluation goes. */
  readonly listen?: Pick<PolicyOptions, "onBuiltinError" | "onStart">;
};

/** A query that is compiled and ready. */
export type LoadedQuery = {
  readonly compiled: CompiledPolicy;
  readonly policy: Policy;
  readonly expressions: readonly QueryExpression[];
};

/** The query as a policy, whose results are its solutions; or what is wrong with it. */
export async function loadQuery(
  { query, loaded }: Asked,
  args: Arguments,
  { listen, observe, ...settings }: QuerySettings,
): Promise<LoadedQuery | { readonly errors: readonly PolicyError[] }> {
  const builtins = [...hostBuiltins, ...(await loadBuiltins(args))];
  const { compile: allowed, network } = loadCapabilities(args);
  const regoVersion = regoVersionOf(args);
  const schema = textFlag(args, "schema");
  const compiled = compile({
    ...allowed,
    modules: loaded.modules,
    hasData: hasDataIn(loaded.data),
    regoVersions: loaded.regoVersions,
    builtins,
    query,
    queryVersion: regoVersion,
    queryPackage: textFlag(args, "package"),
    queryImports: textFlags(args, "import"),
    regoVersion,
    strict: args.flags["strict"] === true,
    print: true,
    ...settings,
    ...(schema !== undefined && {
      schemas: loadSchemas({ path: schema, guards: false }),
    }),
  });
  if ("errors" in compiled) {
    return compiled;
  }
  const { instrumentation, wasm, expressions } = compiled.policy;
  const policy = await loadCompiled(wasm, args, {
    data: loaded.data,
    builtins,
    network,
    strictBuiltinErrors: args.flags["strict-builtin-errors"] === true,
    ...listen,
    ...(instrumentation && observe?.(instrumentation)),
  });
  return {
    compiled: compiled.policy,
    policy,
    expressions: expressions ?? [],
  };
}

/** The input document as bytes; undefined when there is none. */
export function readInput(args: Arguments): Uint8Array | undefined {
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
