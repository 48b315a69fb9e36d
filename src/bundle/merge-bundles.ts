import { posix } from "node:path";
import { PolicyError, RegoObject, type Value } from "../engine/index.ts";
import { checkOverlap } from "./bundle-manifest.ts";
import { DataTree } from "./data-tree.ts";
import type { Bundle } from "./read-bundle.ts";
import type { BundleParts } from "./write-bundle.ts";

/**
 * One bundle of several, as OPA merges them: their roots together, which must
 * not overlap; one alone keeps its manifest. `regoVersion` is that of modules
 * whose manifest says nothing.
 */
export function mergeBundles(
  bundles: readonly Bundle[],
  regoVersion: 0 | 1,
): BundleParts {
  const [only, ...more] = bundles;
  const alone = more.length === 0 ? only : undefined;
  const version = alone?.manifest.regoVersion ?? regoVersion;
  const roots = bundles.flatMap(({ manifest }) => manifest.roots);
  try {
    checkOverlap(roots);
  } catch (error) {
    throw new PolicyError(
      "bundle_load_error",
      `bundle merge failed: ${PolicyError.from(error).rawMessage}`,
      { cause: error },
    );
  }
  return {
    manifest: {
      revision: alone?.manifest.revision ?? "",
      roots,
      wasm: bundles.flatMap(({ manifest }) => manifest.wasm),
      regoVersion: version,
      fileRegoVersions: Object.assign(
        {},
        ...bundles.map((bundle) => otherVersions(bundle, version)),
      ),
      metadata: alone?.manifest.metadata ?? {},
    },
    data: alone?.data ?? mergeData(bundles),
    modules: bundles.flatMap(({ modules }) =>
      Object.entries(modules).map(
        ([path, text]) => [archivePath(path), text] as const,
      ),
    ),
    compiled: bundles.flatMap(({ plans, wasm }) =>
      [...wasm, ...plans].map(
        ([name, bytes]) => [archivePath(name), bytes] as const,
      ),
    ),
  };
}

/** A file's path in an archive: from its top. */
export function archivePath(path: string): string {
  return path.startsWith("/") ? path : `/${path}`;
}

/** The modules whose version is not that of the whole. */
function otherVersions(
  { regoVersions }: Bundle,
  version: number,
): Readonly<Record<string, number>> {
  return Object.fromEntries(
    Object.entries(regoVersions)
      .filter(([, own]) => own !== version)
      .map(([path, own]) => [posix.normalize(archivePath(path)), own]),
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
