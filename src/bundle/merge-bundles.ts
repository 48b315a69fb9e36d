import { posix } from "node:path";
import { PolicyError, RegoObject, type Value } from "../engine/index.ts";
import { checkOverlap } from "./bundle-manifest.ts";
import { DataTree } from "./data-tree.ts";
import type { Bundle } from "./read-bundle.ts";
import type { BundleParts } from "./write-bundle.ts";

/** A bundle by the path that was given. */
export type NamedBundle = readonly [path: string, bundle: Bundle];

/** A Rego file that goes into a bundle. */
export type SourceModule = {
  /** As errors have it; no two are the same. */
  readonly file: string;
  /** In the bundle that is built. */
  readonly path: string;
  readonly text: string;
  readonly regoVersion: 0 | 1;
  /** The path of the bundle that it comes from, if it comes from one. */
  readonly bundle?: string;
};

/** What several bundles are together, their Rego still to be laid out. */
export type MergedBundle = {
  readonly parts: Omit<BundleParts, "modules">;
  /** In the order in which the bundle has them. */
  readonly modules: readonly SourceModule[];
};

/**
 * One bundle of several, in the order of their paths: as OPA merges them, their
 * roots together, which must not overlap; one alone keeps its manifest. Rego
 * and compiled modules lie below the path of the bundle that they come from.
 * `regoVersion` is that of modules whose manifest says nothing.
 */
export function mergeBundles(
  given: readonly NamedBundle[],
  regoVersion: 0 | 1,
): MergedBundle {
  const bundles = [...new Map(given)].sort(([a], [b]) => (a < b ? -1 : 1));
  const [only, ...more] = bundles;
  const alone = more.length === 0 ? only?.[1] : undefined;
  const version = alone?.manifest.regoVersion ?? regoVersion;
  const roots = bundles.flatMap(([, { manifest }]) => manifest.roots);
  checkMerged(roots);
  if (!alone && bundles.some(([, { patch }]) => patch)) {
    throw new PolicyError(
      "bundle_load_error",
      "bundle merge failed: a delta bundle cannot be merged with others",
    );
  }
  return {
    parts: {
      manifest: {
        revision: alone?.manifest.revision ?? "",
        roots,
        wasm: bundles.flatMap(wasmEntries),
        regoVersion: version,
        fileRegoVersions: Object.assign(
          {},
          ...bundles.map((bundle) => otherVersions(bundle, version)),
        ),
        metadata: alone?.manifest.metadata ?? {},
      },
      patch: alone?.patch,
      data: alone?.data ?? mergeData(bundles.map(([, bundle]) => bundle)),
      compiled: [
        ...bundles.flatMap(([path, { wasm }]) => below(path, wasm)),
        ...bundles.flatMap(([path, { plans }]) => below(path, plans)),
      ],
    },
    modules: distinct(
      bundles.flatMap((bundle) => sourceModules(bundle, regoVersion)),
    ),
  };
}

function checkMerged(roots: readonly string[]): void {
  try {
    checkOverlap(roots);
  } catch (error) {
    throw new PolicyError(
      "bundle_load_error",
      `bundle merge failed: ${PolicyError.from(error).rawMessage}`,
      { cause: error },
    );
  }
}

function below(
  bundle: string,
  files: ReadonlyMap<string, Uint8Array>,
): readonly (readonly [path: string, bytes: Uint8Array])[] {
  return [...files].map(([name, bytes]) => [placeOf(bundle, name), bytes]);
}

/** Where a file lies that comes from a bundle. */
function placeOf(bundle: string, name: string): string {
  return archivePath(posix.join(bundle, name));
}

/** Entries that name their modules where they lie afterwards. */
function wasmEntries([path, { manifest }]: NamedBundle) {
  return manifest.wasm.map((entry) => ({
    ...entry,
    module: placeOf(path, entry.module),
  }));
}

function sourceModules(
  bundle: NamedBundle,
  regoVersion: 0 | 1,
): readonly SourceModule[] {
  const [, { modules, regoVersions }] = bundle;
  return Object.entries(modules).map(([file, text]) => ({
    file,
    path: modulePlace(bundle, file),
    text,
    regoVersion: regoVersions[file] ?? regoVersion,
    bundle: bundle[0],
  }));
}

/** Modules of a folder are called by the folder's path already. */
function modulePlace([path, { isFolder }]: NamedBundle, file: string): string {
  return isFolder ? archivePath(file) : placeOf(path, file);
}

/** Two archives may have a file of one name: all but the first are called by their place. */
function distinct(modules: readonly SourceModule[]): readonly SourceModule[] {
  const taken = new Set<string>();
  return modules.map((module) => {
    const file = taken.has(module.file) ? module.path : module.file;
    taken.add(file);
    return { ...module, file };
  });
}

/** A file's path in an archive: from its top. */
export function archivePath(path: string): string {
  return path.startsWith("/") ? path : `/${path}`;
}

/** The modules whose version is not that of the whole. */
function otherVersions(
  bundle: NamedBundle,
  version: number,
): Readonly<Record<string, number>> {
  return Object.fromEntries(
    Object.entries(bundle[1].regoVersions)
      .filter(([, own]) => own !== version)
      .map(([file, own]) => [posix.normalize(modulePlace(bundle, file)), own]),
  );
}

/** Of each bundle what lies in its roots. */
function mergeData(bundles: readonly Bundle[]): RegoObject {
  const data = new DataTree();
  for (const { data: own, manifest } of bundles) {
    for (const root of manifest.roots) {
      const path = root === "" ? [] : root.split("/");
      const value = path.reduce<Value | undefined>(
        (inner, key) =>
          inner instanceof RegoObject ? inner.get(key) : undefined,
        own,
      );
      if (value !== undefined) {
        data.insert(path, value);
      }
    }
  }
  return data.toObject();
}
