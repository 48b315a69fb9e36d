import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { PolicyError } from "../engine/index.ts";
import { type BundleManifest, parseBundleManifest } from "./bundle-manifest.ts";
import { utf8Text } from "./decode-text.ts";
import { type Document, isDocument } from "./document.ts";
import { type PatchOperation, parsePatch, patchFile } from "./patch.ts";
import { parseDocument } from "./read-document.ts";

/** A source as it lies on disk, before anything is compiled. */
export type SourceFiles = {
  /** Every text file by its name below the source folder, sorted. */
  readonly files: ReadonlyMap<string, string>;
  /** The Rego files among them. */
  readonly modules: Readonly<Record<string, string>>;
  /** Guards that were compiled elsewhere: each guard.wasm by its name. Their manifests have their digests. */
  readonly guardModules: ReadonlyMap<string, Uint8Array>;
  /** The base document that the data files make together. */
  readonly data: SourceData;
  /** What a `.manifest` at its top says. */
  readonly manifest?: BundleManifest;
  /** Of a delta bundle: how it changes the data of another. */
  readonly patch?: readonly PatchOperation[];
};

/** A base document: a JavaScript value, or UTF-8 JSON in memory that threads share. */
export type SourceData = Document | Uint8Array;

// The folders that make a source; other things may lie beside them.
const roots = ["guards", "policies"];

/**
 * Reads a source folder: Rego and data.json|yaml anywhere in `guards/` and
 * `policies/`. Data lands by folder path, counted from inside `policies/` and
 * from the top for `guards/`.
 */
export function readDirectory(folder: string): SourceFiles {
  const present = roots.filter((root) => isFolder(join(folder, root)));
  const special = [manifestFile, patchFile].filter((name) =>
    existsSync(join(folder, name)),
  );
  if (present.length === 0 && !special.includes(patchFile)) {
    throw new PolicyError(
      "bundle_load_error",
      `\`${folder}\` has neither a \`guards\` nor a \`policies\` folder`,
    );
  }
  const names = present.flatMap((root) => listFiles(folder, root));
  const files = [...names, ...special]
    .filter((name) => !isGuardModule(name))
    .map(
      (name) =>
        [name, utf8Text(name, readFileSync(join(folder, name)))] as const,
    );
  const guardModules = names
    .filter(isGuardModule)
    .map((name) => [name, readFileSync(join(folder, name))] as const);
  return toSourceFiles(new Map(files), new Map(guardModules));
}

/** Where a source says its roots, as a bundle does. */
export const manifestFile = ".manifest";

/** True of a file that counts at the top of a source. */
export function isSpecial(name: string): boolean {
  return name === manifestFile || name === patchFile;
}

/** The same from files that are in memory, named as below a source folder; data may lie at the top too. */
export function toSourceFiles(
  all: ReadonlyMap<string, string>,
  guardModules: ReadonlyMap<string, Uint8Array> = new Map(),
): SourceFiles {
  const manifest = all.get(manifestFile);
  const patch = all.get(patchFile);
  const files = [...all]
    .filter(([name]) => name !== manifestFile)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  const data: Record<string, unknown> = {};
  for (const [name, text] of files) {
    const at = dataPath(name);
    if (at) {
      mergeInto(data, nest(at, parseDocument(text, name)), name);
    }
  }
  return {
    files: new Map(files),
    modules: Object.fromEntries(
      files.filter(([name]) => name.endsWith(".rego")),
    ),
    guardModules,
    data,
    ...(manifest !== undefined && { manifest: parseBundleManifest(manifest) }),
    ...(patch !== undefined && { patch: parsePatch(patch) }),
  };
}

function listFiles(folder: string, below: string): string[] {
  return readdirSync(join(folder, below))
    .filter((name) => !name.startsWith(".") && name !== "node_modules")
    .flatMap((name) => {
      const path = `${below}/${name}`;
      if (isFolder(join(folder, path))) {
        return listFiles(folder, path);
      }
      return isSourceFile(name) || isGuardModule(path) ? [path] : [];
    });
}

/** True of a file that says something, by its name. */
export function isSourceFile(name: string): boolean {
  return /\.(rego|json|ya?ml)$/.test(name) && !/(^|\/)\./.test(name);
}

/** True of a guard that was compiled elsewhere, by its path. */
export function isGuardModule(path: string): boolean {
  return /^guards\/[^/]+\/guard\.wasm$/.test(path);
}

/** True of a file that lies in one of the folders that make a source. */
export function isInRoots(name: string): boolean {
  return roots.some((root) => name.startsWith(`${root}/`));
}

/** Follows links, for a mounted volume is made of them. */
function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

/** True of a file whose content is a part of `data`. */
export function isDataFile(name: string): boolean {
  return /(^|\/)data\.(json|ya?ml)$/.test(name);
}

/** Where a data file lands below `data`; undefined for any other file. */
function dataPath(name: string): readonly string[] | undefined {
  if (!isDataFile(name)) {
    return undefined;
  }
  const folders = name.split("/").slice(0, -1);
  return folders[0] === "policies" ? folders.slice(1) : folders;
}

function nest(path: readonly string[], value: unknown): unknown {
  return path.reduceRight<unknown>((inner, name) => ({ [name]: inner }), value);
}

/** Two values for one place are an error. */
function mergeInto(
  target: Record<string, unknown>,
  value: unknown,
  file: string,
): void {
  if (!isDocument(value)) {
    throw new PolicyError(
      "bundle_load_error",
      `\`${file}\` must hold an object, for its members become members of \`data\``,
    );
  }
  for (const [key, member] of Object.entries(value)) {
    const existing = Object.hasOwn(target, key) ? target[key] : undefined;
    if (existing === undefined) {
      defineMember(target, key, member);
    } else if (isDocument(existing) && isDocument(member)) {
      mergeInto(existing, member, file);
    } else {
      throw new PolicyError(
        "bundle_load_error",
        `\`${file}\` sets \`${key}\`, which another file has set`,
      );
    }
  }
}

/** As assignment, but `__proto__` is a key like any other. */
export function defineMember(
  target: Record<string, unknown>,
  key: string,
  value: unknown,
): void {
  Object.defineProperty(target, key, {
    value,
    enumerable: true,
    writable: true,
    configurable: true,
  });
}
