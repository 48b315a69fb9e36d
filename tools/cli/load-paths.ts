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
import { filesIn } from "./walk-files.ts";

/** Rego files by name, and the base document. */
export type Loaded = {
  readonly modules: Readonly<Record<string, string>>;
  readonly data: RegoObject;
  /** The version of Rego of files by name, where it is not the command's. */
  readonly regoVersions?: Readonly<Record<string, 0 | 1>> | undefined;
};

const dataFile = /\.(json|ya?ml)$/;

/**
 * Loads files and folders: every `*.rego` is a module. As OPA's `-d` does, any
 * JSON or YAML file lands at its folder's path counted from the argument, one
 * that is given by name at the root.
 */
export function loadPaths(
  paths: readonly string[],
  ignore: readonly string[] = [],
): Loaded {
  const modules: Record<string, string> = {};
  const data = new DataTree();
  for (const { file, at } of paths.flatMap((path) =>
    listSources(path, ignoring(ignore)),
  )) {
    if (file.endsWith(".rego")) {
      modules[file] = readRego(file);
    } else {
      insert(data, { file, at }, parseDocument(file));
    }
  }
  return { modules, data: data.toObject() };
}

/** The Rego files among files and folders; nothing else is read. */
export function loadModules(
  paths: readonly string[],
  ignore: readonly string[],
): Loaded {
  const files = paths
    .flatMap((path) => listSources(path, ignoring(ignore)))
    .map(({ file }) => file)
    .filter((file) => file.endsWith(".rego"));
  const modules = Object.fromEntries(
    files.map((file) => [file, readRego(file)]),
  );
  return { modules, data: RegoObject.of([]) };
}

/** A file to load and, for data, its place below `data`. */
type SourceFile = { readonly file: string; readonly at: readonly string[] };

function listSources(
  path: string,
  isIgnored: (path: string) => boolean,
): SourceFile[] {
  if (!stat(path).isDirectory()) {
    return path.endsWith(".rego") || dataFile.test(path)
      ? [{ file: path, at: [] }]
      : [];
  }
  return filesIn(path, isSource)
    .filter((file) => !isIgnored(relative(path, file)))
    .filter((file) => file.endsWith(".rego") || dataFile.test(file))
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
  return decodeText(readFileSync(file));
}

function parseDocument(file: string): Value {
  const text = readFileSync(file, "utf8");
  try {
    return file.endsWith(".json") ? parseJson(text) : parseYaml(text);
  } catch (error) {
    throw new PolicyError(
      "bundle_load_error",
      `\`${file}\`: ${(error as Error).message}`,
      { cause: error },
    );
  }
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
      `\`${file}\` sets \`${taken.join(".")}\`, which another file has set`,
    );
  }
}
