import { type Bundle, parsePointer, rootsOverlap } from "../../bundle/index.ts";
import { PolicyError, RegoObject, type Value } from "../../engine/index.ts";
import {
  changeData,
  type DataOperation,
  makeDirectories,
  readData,
} from "./data-update.ts";
import type { Documents } from "./documents.ts";

/** Documents with one bundle in place of what it last had, or changed by its delta; throws where two bundles own the same. */
export function activateBundle(
  documents: Documents,
  name: string,
  bundle: Bundle,
): Documents {
  return bundle.patch
    ? activateDelta(documents, name, bundle)
    : activateSnapshot(documents, name, bundle);
}

/** The policies stay, as the same ones: they are not compiled again. */
function activateDelta(
  documents: Documents,
  name: string,
  { manifest: { revision, roots }, patch = [] }: Bundle,
): Documents {
  const before = documents.bundles.get(name);
  const sorted = (all: readonly string[]) => JSON.stringify([...all].sort());
  if (before && sorted(before.roots) !== sorted(roots)) {
    throw new PolicyError(
      "bundle_load_error",
      `delta bundle '${name}' has wasm resolvers or manifest roots that are different from those in the store`,
    );
  }
  return {
    ...documents,
    data: patch.reduce(applyOperation, documents.data),
    bundles: new Map([...documents.bundles, [name, { revision, roots }]]),
  };
}

const operations = { upsert: "add", replace: "replace", remove: "remove" };

function applyOperation(
  data: RegoObject,
  { op, path: pointer, value }: NonNullable<Bundle["patch"]>[number],
): RegoObject {
  const path = parsePointer(pointer);
  const known = Object.entries(operations).find(([name]) => name === op);
  if (known === undefined) {
    throw new PolicyError("bundle_load_error", `bad patch operation: ${op}`);
  }
  const start =
    op === "upsert" && readData(data, path.slice(0, -1)) === undefined
      ? makeDirectories(data, path.slice(0, -1))
      : data;
  return changeData(start, {
    op: known[1] as DataOperation["op"],
    path,
    value: value as Value,
  });
}

function activateSnapshot(
  documents: Documents,
  name: string,
  bundle: Bundle,
): Documents {
  const { revision, roots, wasm } = bundle.manifest;
  if (wasm.length > 0) {
    throw new PolicyError(
      "bundle_load_error",
      "the bundle holds policies that are compiled to WebAssembly; build it with `--target rego`",
    );
  }
  checkRoots(documents, name, roots);
  const prefix = `${name}/`;
  const own = (id: string) => id.startsWith(prefix);
  const others = Object.entries(documents.modules).filter(([id]) => !own(id));
  const old = documents.bundles.get(name)?.roots ?? [];
  return {
    modules: {
      ...Object.fromEntries(others),
      ...prefixed(bundle.modules, prefix),
    },
    regoVersions: {
      ...Object.fromEntries(
        Object.entries(documents.regoVersions).filter(([id]) => !own(id)),
      ),
      ...prefixed(bundle.regoVersions, prefix),
    },
    data: moveRoots(clear(documents.data, [...old, ...roots]), bundle),
    bundles: new Map([...documents.bundles, [name, { revision, roots }]]),
  };
}

function checkRoots(
  { bundles }: Documents,
  name: string,
  roots: readonly string[],
): void {
  for (const [other, active] of bundles) {
    const shared = roots.find((root) =>
      active.roots.some((one) => other !== name && rootsOverlap(root, one)),
    );
    if (shared !== undefined) {
      throw new PolicyError(
        "bundle_load_error",
        `detected overlapping roots in bundle manifest with: [${[other, name].sort().join(" ")}]`,
      );
    }
  }
}

function prefixed<T>(
  members: Readonly<Record<string, T>>,
  prefix: string,
): Readonly<Record<string, T>> {
  return Object.fromEntries(
    Object.entries(members).map(([id, member]) => [
      `${prefix}${id.replace(/^\/+/, "")}`,
      member,
    ]),
  );
}

function segments(root: string): readonly string[] {
  return root === "" ? [] : root.split("/");
}

function clear(data: RegoObject, roots: readonly string[]): RegoObject {
  return roots.reduce((kept, root) => {
    const path = segments(root);
    if (path.length === 0) {
      return RegoObject.of([]);
    }
    return readData(kept, path) === undefined
      ? kept
      : changeData(kept, { op: "remove", path, value: null });
  }, data);
}

/** Puts what a bundle has at its roots there. */
function moveRoots(
  data: RegoObject,
  { data: given, manifest: { roots } }: Bundle,
): RegoObject {
  return roots.reduce((merged, root) => {
    const path = segments(root);
    const value: Value | undefined = readData(given, path);
    if (value === undefined) {
      return merged;
    }
    if (path.length === 0) {
      return value as RegoObject;
    }
    const parents = makeDirectories(merged, path.slice(0, -1));
    return changeData(parents, { op: "add", path, value });
  }, data);
}
