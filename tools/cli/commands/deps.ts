import {
  type Dependencies,
  dependenciesOf,
  PolicyError,
  parseJson,
} from "../../../src/engine/index.ts";
import {
  type Arguments,
  type Command,
  exitCode,
  listFlag,
  notOneOf,
  textFlag,
  textFlags,
} from "../command.ts";
import { indentedJson, Members, type Shown } from "../indented-json.ts";
import { builtinsFlag, loadBuiltins } from "../load-builtins.ts";
import { loadedOf, readBundles } from "../load-bundles.ts";
import { loadModules } from "../load-paths.ts";
import { tableText } from "../table.ts";
import { errorsText } from "../test-reports/error-text.ts";

const formats = ["pretty", "json"];

/** `portcullis deps`: the documents that a query depends on, as OPA tells them. */
export const deps: Command = {
  usage: "QUERY",
  flags: {
    builtins: builtinsFlag,
    bundle: {
      type: "string",
      short: "b",
      multiple: true,
      argument: "PATH",
      help: "load the Rego of a bundle; may repeat",
    },
    data: {
      type: "string",
      short: "d",
      multiple: true,
      argument: "PATH",
      help: "load *.rego, from folders too; may repeat",
    },
    format: {
      type: "string",
      short: "f",
      argument: "FORMAT",
      help: "pretty or json (default pretty)",
    },
    ignore: {
      type: "string",
      multiple: true,
      argument: "PATTERN",
      help: "leave out files and folders by name, as `.*`; may repeat",
    },
    "v0-compatible": { type: "boolean", help: "read the files as Rego v0" },
    "v1-compatible": { type: "boolean", help: "read the files as Rego v1" },
  },
  run: async (args: Arguments) => {
    const format = textFlag(args, "format") ?? "pretty";
    const [query, ...more] = args.positionals;
    if (query === undefined || more.length > 0) {
      console.error("portcullis deps: give one query");
      return exitCode.failed;
    }
    if (!formats.includes(format)) {
      const wrong = notOneOf("format", format, formats);
      console.error(`portcullis deps: ${wrong}`);
      return exitCode.failed;
    }
    try {
      const found = await readDependencies(query, args);
      process.stdout.write(format === "json" ? asJson(found) : asTable(found));
      return exitCode.fine;
    } catch (error) {
      const { rawMessage } = PolicyError.from(error);
      console.error(rawMessage);
      return exitCode.failed;
    }
  },
};

async function readDependencies(
  query: string,
  args: Arguments,
): Promise<Dependencies> {
  const { modules, regoVersions } = await load(args);
  const texts = { ...modules, "": query };
  try {
    const found = dependenciesOf(query, {
      modules,
      regoVersions,
      regoVersion: args.flags["v0-compatible"] === true ? 0 : 1,
      builtins: await loadBuiltins(args),
    });
    if ("errors" in found) {
      throw told(found.errors, texts);
    }
    return found;
  } catch (error) {
    const fault = PolicyError.from(error);
    throw fault.location ? told([fault], texts) : fault;
  }
}

function told(
  errors: readonly PolicyError[],
  texts: Readonly<Record<string, string>>,
): PolicyError {
  return new PolicyError("rego_compile_error", errorsText(errors, texts));
}

/** As OPA: bundles take the place of files. */
async function load(args: Arguments) {
  const ignore = listFlag(args, "ignore");
  const bundles = textFlags(args, "bundle");
  if (bundles.length === 0) {
    return loadFiles(textFlags(args, "data"), ignore);
  }
  const loaded = loadedOf(await readBundles(bundles, []));
  return {
    modules: Object.assign({}, ...loaded.map(({ modules }) => modules)),
    regoVersions: Object.assign({}, ...loaded.map((one) => one.regoVersions)),
  };
}

function loadFiles(paths: readonly string[], ignore: readonly string[]) {
  try {
    return loadModules(paths, ignore);
  } catch (error) {
    const { code, rawMessage } = PolicyError.from(error);
    const message = `1 error occurred during loading: ${rawMessage}`;
    throw new PolicyError(code, message, { cause: error });
  }
}

function asJson({ base, virtual }: Dependencies): string {
  const lists = [
    ["base", base],
    ["virtual", virtual],
  ] as const;
  return indentedJson(
    new Members(
      lists
        .filter(([, found]) => found.length > 0)
        .map(([name, found]): [string, Shown] => [
          name,
          found.map(({ json }) => parseJson(json)),
        ]),
    ),
  );
}

function asTable({ base, virtual }: Dependencies): string {
  const columns = [
    { head: "BASE DOCUMENTS", found: base },
    { head: "VIRTUAL DOCUMENTS", found: virtual },
  ].filter(({ found }) => found.length > 0);
  const count = Math.max(...columns.map(({ found }) => found.length));
  if (columns.length === 0) {
    return "";
  }
  const rows = Array.from({ length: count }, (_, row) =>
    columns.map(({ found }) => found[row]?.text ?? ""),
  );
  return tableText(
    columns.map(({ head }) => head),
    rows,
  );
}
