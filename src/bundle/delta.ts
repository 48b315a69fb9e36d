import type { PolicyError } from "../engine/index.ts";
import {
  type BundleManifest,
  noManifest,
  rootHolds,
} from "./bundle-manifest.ts";
import { type Document, isDocument } from "./document.ts";
import { fault } from "./fault.ts";
import { checkPatchAlone, type PatchOperation } from "./patch.ts";
import { defineMember, type SourceFiles } from "./read-directory.ts";
import { documentOf } from "./shared-source.ts";
import { trimSlashes } from "./trim-slashes.ts";

/**
 * What a delta bundle makes of a snapshot: the data changes, all else stays. The
 * snapshot's data is not changed, for a revision under way may use it.
 */
export function applyDelta(
  snapshot: SourceFiles,
  delta: SourceFiles,
): SourceFiles {
  const { patch = [], manifest = noManifest } = delta;
  checkPatchAlone({
    data: Object.keys(documentOf(delta.data)).length > 0,
    policy: Object.keys(delta.modules).length > 0,
    wasm: delta.guardModules.size > 0,
  });
  if (!hasSameRoots(manifest, snapshot.manifest ?? noManifest)) {
    throw fault(
      "the delta bundle has wasm resolvers or manifest roots that are different from those in force",
    );
  }
  checkPaths(patch, manifest.roots);
  const patcher = new Patcher();
  return {
    ...snapshot,
    manifest: snapshot.manifest
      ? { ...snapshot.manifest, revision: manifest.revision }
      : manifest,
    data: patch
      .map(toChange)
      .reduce(
        (data, change) => patcher.change(change, data),
        documentOf(snapshot.data),
      ),
  };
}

function hasSameRoots(one: BundleManifest, other: BundleManifest): boolean {
  const textOf = ({ roots, wasm }: BundleManifest) =>
    JSON.stringify([[...new Set(roots)].sort(), wasm]);
  return textOf(one) === textOf(other);
}

function checkPaths(
  patch: readonly PatchOperation[],
  roots: readonly string[],
): void {
  for (const { path } of patch) {
    const trimmed = trimSlashes(path);
    if (!roots.some((root) => rootHolds(root, trimmed.split("/")))) {
      throw fault(
        `manifest roots [${roots.join(" ")}] do not permit data patch at path '${trimmed}'`,
      );
    }
  }
}

type Change = {
  readonly op: "upsert" | "replace" | "remove";
  readonly path: readonly string[];
  readonly value: unknown;
};

function toChange({ op, path: pointer, value }: PatchOperation): Change {
  const path = parsePointer(pointer);
  if (op !== "upsert" && op !== "replace" && op !== "remove") {
    throw fault(`bad patch operation: ${op}`);
  }
  if (path.length === 0) {
    throw fault("storage_invalid_patch_error: the whole of data has no key");
  }
  return { op, path, value };
}

/** Keys, each escaped as in an address and then as in a JSON pointer. */
export function parsePointer(pointer: string): readonly string[] {
  const trimmed = trimSlashes(pointer);
  if (trimmed === "") {
    return [];
  }
  try {
    return trimmed
      .split("/")
      .map((key) =>
        decodeURIComponent(key).replaceAll("~1", "/").replaceAll("~0", "~"),
      );
  } catch (cause) {
    throw fault("error parsing patch path", cause);
  }
}

/** Changes a document; what it has in common with the one before is copied when it is first changed. */
class Patcher {
  readonly #owned = new WeakSet<object>();

  change(change: Change, data: Document): Document {
    return this.#changed(change, data, 0) as Document;
  }

  /** A value with one change below it; `at` says how much of the path is behind. */
  #changed(change: Change, value: unknown, at: number): unknown {
    if (Array.isArray(value)) {
      return this.#changedArray(change, value, at);
    }
    if (isDocument(value)) {
      return this.#changedObject(change, value, at);
    }
    throw change.op === "upsert"
      ? fault(
          `storage_write_conflict_error: ${shown(change.path.slice(0, at))}`,
        )
      : notThere();
  }

  #changedObject(change: Change, before: Document, at: number): Document {
    const { op, path, value } = change;
    const key = path[at] ?? "";
    const isThere = Object.hasOwn(before, key);
    const isLast = at === path.length - 1;
    if (!isThere && op !== "upsert") {
      throw notThere();
    }
    const object = this.#own(before, (one) =>
      Object.fromEntries(Object.entries(one)),
    );
    if (isLast && op === "remove") {
      Reflect.deleteProperty(object, key);
      return object;
    }
    // An upsert makes the folders that its path needs.
    const below = isThere ? before[key] : {};
    const member = isLast ? value : this.#changed(change, below, at + 1);
    defineMember(object, key, member);
    return object;
  }

  #changedArray(
    change: Change,
    before: readonly unknown[],
    at: number,
  ): readonly unknown[] {
    const { op, path, value } = change;
    const key = path[at] ?? "";
    const isLast = at === path.length - 1;
    const array = this.#own(before, (one) => [...one]) as unknown[];
    if (isLast && (key === "-" || key === String(array.length))) {
      if (op !== "upsert") {
        throw fault(
          `storage_invalid_patch_error: ${shown(path)}: invalid patch path`,
        );
      }
      array.push(value);
      return array;
    }
    const index = indexOf(change, array, key);
    if (!isLast) {
      array[index] = this.#changed(change, array[index], at + 1);
    } else {
      const removed = op === "upsert" ? 0 : 1;
      array.splice(index, removed, ...(op === "remove" ? [] : [value]));
    }
    return array;
  }

  #own<T extends object>(value: T, copy: (value: T) => T): T {
    if (this.#owned.has(value)) {
      return value;
    }
    const own = copy(value);
    this.#owned.add(own);
    return own;
  }
}

function notThere(): PolicyError {
  return fault("storage_not_found_error: document does not exist");
}

function indexOf(
  { path }: Change,
  array: readonly unknown[],
  key: string,
): number {
  if (!/^[+-]?\d+$/.test(key)) {
    throw fault(
      `storage_not_found_error: ${shown(path)}: array index must be integer`,
    );
  }
  const index = Number(key);
  if (index < 0 || index >= array.length) {
    throw fault(
      `storage_not_found_error: ${shown(path)}: array index out of range`,
    );
  }
  return index;
}

function shown(path: readonly string[]): string {
  return `/${path.map(encodeURIComponent).join("/")}`;
}
