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
  textFlags,
} from "../command.ts";
import { indentedJson, Members, type Shown } from "../indented-json.ts";
import { builtinsFlag, loadBuiltins } from "../load-builtins.ts";
import { loadedOf, readBundles } from "../load-bundles.ts";
import { loadingFault, loadPaths, mergeModules } from "../load-paths.ts";
import {
  formatFlag,
  formatOf,
  ignoreFlag,
  regoVersionOf,
  versionFlags,
  wrongFormat,
} from "../shared-flags.ts";
import { tableText } from "../table.ts";
import { errorsText } from "../test-reports/error-text.ts";

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
    format: formatFlag,
    ignore: ignoreFlag,
    ...versionFlags,
  },
  run: async (args: Arguments) => {
    const [query, ...more] = args.positionals;
    const wrong = wrongFormat(args);
    if (query === undefined || more.length > 0 || wrong !== undefined) {
      console.error(`portcullis deps: ${wrong ?? "give one query"}`);
      return exitCode.failed;
    }
    try {
      const found = await readDependencies(query, args);
      const print = formatOf(args) === "json" ? asJson : asTable;
      process.stdout.write(print(found));
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
      regoVersion: regoVersionOf(args),
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
  const bundles = textFlags(args, "bundle");
  if (bundles.length === 0) {
    return loadFiles(textFlags(args, "data"), {
      ignore: listFlag(args, "ignore"),
      regoVersion: regoVersionOf(args),
    });
  }
  return mergeModules(loadedOf(await readBundles(bundles, [])));
}

function loadFiles(
  paths: readonly string[],
  options: Parameters<typeof loadPaths>[1],
) {
  try {
    return loadPaths(paths, options);
  } catch (error) {
    throw loadingFault(error);
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
