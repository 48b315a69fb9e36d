import { existsSync } from "node:fs";
import { join } from "node:path";
import {
  archivePath,
  type MergedBundle,
  mergeBundles,
  moduleFile,
  type NamedBundle,
  noManifest,
  pipelineFile,
  readDirectory,
  readPipeline,
  type SourceFiles,
} from "../../src/bundle/index.ts";
import { fromJs, PolicyError, RegoObject } from "../../src/engine/index.ts";
import { readVerification } from "./bundle-keys.ts";
import { type Arguments, listFlag, textFlag } from "./command.ts";
import { readBundles } from "./load-bundles.ts";
import { type Loaded, loadingFault, loadPaths } from "./load-paths.ts";

/** What is built: the parts of a bundle, and its Rego. */
export type BuildSource = MergedBundle & {
  /** What a source of the server exposes without being asked. */
  readonly entrypoints: readonly string[];
};

/** Rego as the compiler takes it, by the names that errors have. */
export type CompilerInput = {
  readonly modules: Readonly<Record<string, string>>;
  readonly regoVersions: Readonly<Record<string, 0 | 1>>;
};

/** The Rego of a source as the compiler takes it. */
export function compilerInput({ modules }: BuildSource): CompilerInput {
  return {
    modules: Object.fromEntries(modules.map(({ file, text }) => [file, text])),
    regoVersions: Object.fromEntries(
      modules.map(({ file, regoVersion }) => [file, regoVersion]),
    ),
  };
}

/** Reads what `build` was given: bundles, a source of the server, or files. */
export async function readBuildSource(
  args: Arguments,
  regoVersion: 0 | 1,
): Promise<BuildSource> {
  const paths = args.positionals;
  if (args.flags["bundle"] === true) {
    return readAsBundles(args, regoVersion);
  }
  const [folder = ""] = paths;
  return paths.length === 1 && existsSync(join(folder, pipelineFile))
    ? readServerSource(folder)
    : readFiles(args, regoVersion);
}

/** True of a folder that the server reads; any other is a bundle of OPA, or files. */
export function isSource(path: string): boolean {
  return (
    !existsSync(join(path, ".manifest")) &&
    ["guards", "policies"].some((name) => existsSync(join(path, name)))
  );
}

/** Such a folder's Rego and data. */
export function readServerFolder(folder: string): Loaded {
  return toLoaded(readDirectory(folder));
}

function toLoaded({ modules, data }: SourceFiles): Loaded {
  const entries = Object.entries(data).map(
    ([key, value]) => [key, fromJs(value)] as const,
  );
  return { modules, data: RegoObject.of(entries) };
}

/** Says of a fault that it is one of loading. */
function loadFault(error: unknown): PolicyError {
  const { code, rawMessage } = PolicyError.from(error);
  const message = `load error: ${rawMessage}`;
  return new PolicyError(code, message, { cause: error });
}

async function readAsBundles(
  args: Arguments,
  regoVersion: 0 | 1,
): Promise<BuildSource> {
  const bundles = await readVerified(args).catch((error: unknown) => {
    throw loadFault(error);
  });
  return { ...mergeBundles(bundles, regoVersion), entrypoints: [] };
}

/** Reads bundles; one that is signed needs a key to verify it by. */
async function readVerified(args: Arguments): Promise<readonly NamedBundle[]> {
  const key = textFlag(args, "verification-key");
  const verification = key ? readVerification(args, key) : undefined;
  const ignore = listFlag(args, "ignore");
  const bundles = await readBundles(args.positionals, ignore, {
    verification,
    followLinks: args.flags["follow-symlinks"] === true,
  });
  const unverified = verification
    ? undefined
    : bundles.find(([, { signatures }]) => signatures !== undefined);
  if (unverified) {
    throw new PolicyError(
      "bundle_load_error",
      `bundle ${unverified[0]}: verification key not provided`,
    );
  }
  return bundles;
}

function readFiles(args: Arguments, regoVersion: 0 | 1): BuildSource {
  for (const path of args.positionals) {
    if (existsSync(join(path, ".manifest"))) {
      console.error(
        `Warning: .manifest file found in "${path}" but -b flag not specified. Manifest will be ignored.`,
      );
    }
  }
  try {
    const loaded = loadPaths(args.positionals, {
      ignore: listFlag(args, "ignore"),
      regoVersion,
    });
    return toSource(loaded, regoVersion);
  } catch (error) {
    throw loadFault(loadingFault(error));
  }
}

/** A bundle that OPA loads with the same documents; the guards' manifests go with it. */
function readServerSource(folder: string): BuildSource {
  const source = readDirectory(folder);
  const { parts, modules } = toSource(toLoaded(source), 1);
  const others = [...source.files]
    .filter(([name]) => isGuardFile(name))
    .map(([name, text]) => [archivePath(name), text] as const);
  const guardModules = [...source.guardModules].map(
    ([name, bytes]) => [archivePath(name), bytes] as const,
  );
  return {
    parts: { ...parts, others: [...others, ...guardModules] },
    modules,
    entrypoints: readPipeline(source)
      .filter(({ guard }) => !source.guardModules.has(guardModule(guard)))
      .map(({ guard }) => `guards/${guard}/verdict`),
  };
}

function guardModule(guard: string): string {
  return `guards/${guard}/${moduleFile}`;
}

/** A file of a server's source that is neither Rego nor data. */
function isGuardFile(name: string): boolean {
  return /\.(ya?ml|json)$/.test(name) && !/(^|\/)data\.[a-z]+$/.test(name);
}

function toSource({ data, modules }: Loaded, regoVersion: 0 | 1): BuildSource {
  const sorted = Object.entries(modules).sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    parts: { manifest: { ...noManifest, regoVersion }, data },
    modules: sorted.map(([file, text]) => ({
      file,
      path: archivePath(file),
      text,
      regoVersion,
    })),
    entrypoints: [],
  };
}
