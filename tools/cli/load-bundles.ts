import {
  type BundleOptions,
  type NamedBundle,
  readBundle,
  rootsOverlap,
} from "../../src/bundle/index.ts";
import { PolicyError } from "../../src/engine/index.ts";
import { ignoring, type Loaded } from "./load-paths.ts";

/** What bundles hold; of those that evaluate, after `checkActivation`. */
export function loadedOf(bundles: readonly NamedBundle[]): readonly Loaded[] {
  const taken = new Set<string>();
  return bundles.map(([path, bundle]) => {
    const renamed = (name: string) => {
      const free = taken.has(name) ? `${path}/${name}` : name;
      taken.add(free);
      return free;
    };
    const names = new Map(
      Object.keys(bundle.modules).map((name) => [name, renamed(name)]),
    );
    return {
      modules: rename(bundle.modules, names),
      regoVersions: rename(bundle.regoVersions, names),
      data: bundle.data,
    };
  });
}

/** Reads bundles: archives or folders. */
export async function readBundles(
  paths: readonly string[],
  ignore: readonly string[],
  options: Omit<BundleOptions, "isIgnored"> = {},
): Promise<readonly NamedBundle[]> {
  const bundles: NamedBundle[] = [];
  const isIgnored = ignoring(ignore);
  for (const path of paths) {
    bundles.push([
      path,
      await readBundle(path, { ...options, isIgnored, takesDelta: true }),
    ]);
  }
  return bundles;
}

function rename<T>(
  members: Readonly<Record<string, T>>,
  names: ReadonlyMap<string, string>,
): Readonly<Record<string, T>> {
  return Object.fromEntries(
    Object.entries(members).map(([name, member]) => [
      names.get(name) ?? name,
      member,
    ]),
  );
}

/** Refuses bundles that cannot be evaluated together: no two share a root. */
export function checkActivation(bundles: readonly NamedBundle[]): void {
  checkShared(bundles);
  const delta = bundles.find(([, { patch }]) => patch);
  if (delta) {
    throw new PolicyError(
      "bundle_load_error",
      `bundle ${delta[0]}: a delta bundle (patch.json) cannot be loaded by itself`,
    );
  }
  const compiled = bundles
    .flatMap(([, { manifest }]) => manifest.wasm)
    .map(({ entrypoint }) => `data.${entrypoint.replaceAll("/", ".")}`);
  if (compiled.length > 0) {
    throw new PolicyError(
      "bundle_load_error",
      `failed to initialize wasm module for entrypoints '[${compiled.join(" ")}]': engine not found`,
    );
  }
}

function checkShared(bundles: readonly NamedBundle[]): void {
  const roots = bundles.flatMap(([path, { manifest }]) =>
    manifest.roots.map((root) => ({ path, root })),
  );
  const pairs = roots.flatMap((one, at) =>
    roots
      .slice(at + 1)
      .filter(
        ({ path, root }) => path !== one.path && rootsOverlap(root, one.root),
      )
      .map((other) => [one, other] as const),
  );
  if (pairs.length === 0) {
    return;
  }
  const paths = sortedSet(pairs.flat().map(({ path }) => path));
  const whole = sortedSet(
    roots.filter(({ root }) => root === "").map(({ path }) => path),
  );
  const conflicts = sortedSet(pairs.map(([a, b]) => conflict(a.root, b.root)));
  throw new PolicyError(
    "bundle_load_error",
    whole === ""
      ? `bundle activation failed: detected overlapping roots in manifests for these bundles: [${paths}] (${conflicts})`
      : `bundle activation failed: bundles [${paths}] have overlapping roots and cannot be activated simultaneously because bundle(s) [${whole}] specify empty root paths ('') which overlap with any other bundle root`,
  );
}

function conflict(a: string, b: string): string {
  const [outer, inner] = a.length <= b.length ? [a, b] : [b, a];
  return outer === inner
    ? `root ${outer} is in multiple bundles`
    : `${outer} overlaps ${inner}`;
}

function sortedSet(texts: readonly string[]): string {
  return [...new Set(texts)].sort().join(", ");
}
