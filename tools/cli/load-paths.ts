import { readFileSync, statSync } from "node:fs";
import { dirname, relative, sep } from "node:path";
import { parseYaml } from "../../src/builtins/index.ts";
import { DataTree, decodeText } from "../../src/bundle/index.ts";
import {
  PolicyError,
  parseJson,
  RegoObject,
  type Value,
} from "../../src/engine/index.ts";
import { Gathering, LoadFaults } from "./load-faults.ts";
import { deniedFault, filesIn } from "./walk-files.ts";

/** Rego files by name, and the base document. */
export type Loaded = {
  readonly modules: Readonly<Record<string, string>>;
  readonly data: RegoObject;
  /** The version of Rego of files by name, where it is not the command's. */
  readonly regoVersions?: Readonly<Record<string, 0 | 1>> | undefined;
};

const dataFile = /\.(json|ya?ml)$/;

type LoadOptions = {
  /** Names of files and folders to leave out. */
  readonly ignore?: readonly string[];
  readonly regoVersion?: 0 | 1;
};

/**
 * Loads files and folders: every `*.rego` is a module. As OPA's `-d` does, any
 * JSON or YAML file lands at its folder's path counted from the argument, one
 * that is given by name at the root. Throws LoadFaults with all that is wrong.
 */
export function loadPaths(
  paths: readonly string[],
  { ignore = [], regoVersion = 1 }: LoadOptions = {},
): Loaded {
  return load(paths, { ignore, regoVersion, isWanted: () => true });
}

/** The Rego files among files and folders; nothing else is read. */
export function loadModules(
  paths: readonly string[],
  { ignore = [], regoVersion = 1 }: LoadOptions = {},
): Loaded {
  return load(paths, { ignore, regoVersion, isWanted: isRego });
}

function load(
  paths: readonly string[],
  {
    ignore,
    isWanted,
    regoVersion,
  }: Required<LoadOptions> & { readonly isWanted: (file: string) => boolean },
): Loaded {
  const gathering = new Gathering(regoVersion);
  const data = new DataTree();
  for (const path of paths) {
    const sources = gathering.attempt(() =>
      listSources(path, ignoring(ignore)).filter(({ file }) => isWanted(file)),
    );
    for (const source of sources ?? []) {
      gathering.attempt(() => {
        const { file } = source;
        if (isRego(file)) {
          gathering.addModule(file, readRego(file));
        } else {
          insert(data, source, parseDocument(file));
        }
      });
    }
  }
  gathering.end();
  return { modules: gathering.modules, data: data.toObject() };
}

function isRego(file: string): boolean {
  return file.endsWith(".rego");
}

/** A file to load and, for data, its place below `data`. */
type SourceFile = { readonly file: string; readonly at: readonly string[] };

function listSources(
  path: string,
  isIgnored: (path: string) => boolean,
): SourceFile[] {
  if (!stat(path).isDirectory()) {
    return isRego(path) || dataFile.test(path) ? [{ file: path, at: [] }] : [];
  }
  return filesIn(path, isSource)
    .filter((file) => !isIgnored(relative(path, file)))
    .filter((file) => isRego(file) || dataFile.test(file))
    .map((file) => ({
      file,
      at: relative(path, dirname(file)).split(sep).filter(Boolean),
    }));
}

/** A pattern as Go's `filepath.Match` has it: `*`, `?`, `[a-z]`, `\\*`. */
function globPattern(pattern: string): RegExp {
  const source = pattern.replace(
    /\\.|\[[^\]]*\]|[^\w]/gs,
    (part) => globParts.get(part) ?? globPart(part),
  );
  return new RegExp(`^${source}$`, "s");
}

const globParts: ReadonlyMap<string, string> = new Map([
  ["*", "[^/]*"],
  ["?", "[^/]"],
]);

/** An escaped character, a class, or a character that stands for itself. */
function globPart(part: string): string {
  return part.startsWith("[") && part.length > 1 ? part : `\\${part.at(-1)}`;
}

/** Tells files that have an ignored name, or whose folder has. */
export function ignoring(
  patterns: readonly string[],
): (path: string) => boolean {
  const ignored = patterns.map(globPattern);
  return (path) =>
    path
      .split(sep)
      .some((name) => ignored.some((pattern) => pattern.test(name)));
}

/** One document of several; two values for one place are an error. */
export function mergeLoaded(parts: readonly Loaded[]): Loaded {
  const data = new DataTree();
  for (const part of parts) {
    insert(data, { file: "data", at: [] }, part.data);
  }
  return { ...mergeModules(parts), data: data.toObject() };
}

/** The Rego of several, whose names differ. */
export function mergeModules(
  parts: readonly Loaded[],
): Pick<Loaded, "modules" | "regoVersions"> {
  return {
    modules: Object.assign({}, ...parts.map(({ modules }) => modules)),
    regoVersions: Object.assign(
      {},
      ...parts.map(({ regoVersions }) => regoVersions),
    ),
  };
}

/** A fault of loading, as OPA counts it. */
export function loadingFault(error: unknown): PolicyError {
  if (error instanceof LoadFaults) {
    return error;
  }
  const { code, rawMessage } = PolicyError.from(error);
  const message = `1 error occurred during loading: ${rawMessage}`;
  return new PolicyError(code, message, { cause: error });
}

function stat(path: string) {
  try {
    return statSync(path);
  } catch (error) {
    throw new PolicyError(
      "bundle_load_error",
      `stat ${path}: no such file or directory`,
      { cause: error },
    );
  }
}

function isSource(name: string): boolean {
  return !name.startsWith(".") && name !== "node_modules";
}

function readRego(file: string): string {
  return decodeText(readBytes(file));
}

function readText(file: string): string {
  return readBytes(file).toString("utf8");
}

function readBytes(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (cause) {
    throw deniedFault(file, cause) ?? cause;
  }
}

function parseDocument(file: string): Value {
  const text = readText(file);
  const isJson = file.endsWith(".json");
  try {
    return isJson ? parseJson(text) : parseYaml(text);
  } catch (error) {
    const { message } = error as Error;
    const what = isJson
      ? jsonFault(message, text)
      : `error converting YAML to JSON: ${message}`;
    throw new PolicyError("bundle_load_error", `${file}: ${what}`, {
      cause: error,
    });
  }
}

/** What is wrong with a file of JSON: Go's reader of files has its own words for an early end. */
function jsonFault(message: string, text: string): string {
  return message !== "unexpected end of JSON input"
    ? message
    : text.trim() === ""
      ? "EOF"
      : "unexpected EOF";
}

/** Two values for one place are an error. */
function insert(data: DataTree, { file, at }: SourceFile, value: Value): void {
  if (!(value instanceof RegoObject) && at.length === 0) {
    throw new PolicyError(
      "bundle_load_error",
      `${file}: document must be of type object`,
    );
  }
  const taken = data.insert(at, value);
  if (taken) {
    throw new PolicyError(
      "bundle_load_error",
      `${file}: merge error: another file has set \`${taken.join(".")}\``,
    );
  }
}
