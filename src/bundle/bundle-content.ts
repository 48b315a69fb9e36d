import { basename, dirname, join } from "node:path";
import { parseYaml } from "../builtins/index.ts";
import {
  jsonMembers,
  PolicyError,
  packagePathOf,
  parseJson,
  RegoObject,
  type Value,
} from "../engine/index.ts";
import type { BundleFile } from "./archive.ts";
import {
  type BundleManifest,
  noManifest,
  parseBundleManifest,
} from "./bundle-manifest.ts";
import {
  checkDataRoots,
  checkPackageRoot,
  isHeld,
  shownRoots,
} from "./check-roots.ts";
import { DataTree } from "./data-tree.ts";
import { utf8Text } from "./decode-text.ts";
import { fault } from "./fault.ts";
import {
  checkPatchAlone,
  type PatchOperation,
  parsePatch,
  patchFile,
} from "./patch.ts";
import { globMatcher } from "./version-glob.ts";

/** What a bundle's files say together. */
export type BundleContent = {
  readonly manifest: BundleManifest;
  /** Name as errors have it → Rego text. */
  readonly modules: Readonly<Record<string, string>>;
  /** The version of Rego of each module that the manifest gives one. */
  readonly regoVersions: Readonly<Record<string, 0 | 1>>;
  readonly data: RegoObject;
  /** Compiled modules by their name in the bundle. */
  readonly wasm: ReadonlyMap<string, Uint8Array>;
  readonly plans: ReadonlyMap<string, Uint8Array>;
  /** Of a delta bundle: what changes; such a bundle has no policies. */
  readonly patch: readonly PatchOperation[] | undefined;
};

type ContentOptions = {
  /** The folder they lie in. */
  readonly base?: string | undefined;
  /** Files of data are not opened, as where OPA only looks at a bundle. */
  readonly skipsData?: boolean | undefined;
};

/** Reads a bundle's files. */
export function toBundleContent(
  files: readonly BundleFile[],
  { base, skipsData = false }: ContentOptions = {},
): BundleContent {
  const fullName = ({ path, name }: BundleFile) =>
    base === undefined ? path : join(base, name);
  const manifest = readManifest(files);
  const rego = files.filter(({ name }) => name.endsWith(".rego"));
  const data = new DataTree();
  for (const file of files) {
    if (!skipsData && /^data\.(json|ya?ml)$/.test(basename(file.name))) {
      insert(data, file, parseDocument(file, fullName(file)));
    }
  }
  const content: BundleContent = {
    manifest,
    modules: Object.fromEntries(
      rego.map((file) => [fullName(file), utf8Text(file.name, file.bytes)]),
    ),
    regoVersions: regoVersions(manifest, rego, fullName),
    data: data.toObject(),
    wasm: named(files, "policy.wasm"),
    plans: named(files, "plan.json"),
    patch: readPatch(files),
  };
  if (content.patch) {
    checkPatchAlone({
      data: content.data.entries.length > 0,
      policy: Object.keys(content.modules).length > 0,
      wasm: content.wasm.size > 0,
    });
  }
  checkRoots(content);
  return content;
}

/** As in OPA, a patch that changes nothing is none. */
function readPatch(
  files: readonly BundleFile[],
): readonly PatchOperation[] | undefined {
  const file = files.find(({ name }) => basename(name) === patchFile);
  const patch = file && decodePatch(utf8Text(file.name, file.bytes));
  return patch?.length === 0 ? undefined : patch;
}

/** The operations with their values as they are spelled. */
function decodePatch(text: string): readonly PatchOperation[] {
  try {
    const operations = parsePatch(text);
    const whole = parseJson(text);
    const exact = whole instanceof RegoObject ? whole.get("data") : undefined;
    return operations.map((operation, at) => {
      const one = Array.isArray(exact) ? (exact[at] as Value) : undefined;
      const value = one instanceof RegoObject ? one.get("value") : undefined;
      return { ...operation, value: value ?? null };
    });
  } catch (cause) {
    const { rawMessage } = PolicyError.from(cause);
    const where = "bundle load failed on patch decode: ";
    const reason = /unexpected end/.test(rawMessage)
      ? "unexpected EOF"
      : rawMessage.replace(where, "");
    throw fault(where + reason, cause);
  }
}

function readManifest(files: readonly BundleFile[]): BundleManifest {
  const [manifest, other] = files.filter(({ name }) =>
    name.endsWith(".manifest"),
  );
  if (manifest !== undefined && other !== undefined) {
    throw fault(
      `bundle contains multiple manifest files: "${manifest.path}" and "${other.path}"`,
    );
  }
  return manifest === undefined
    ? noManifest
    : parseBundleManifest(utf8Text(manifest.name, manifest.bytes));
}

function named(
  files: readonly BundleFile[],
  wanted: string,
): ReadonlyMap<string, Uint8Array> {
  return new Map(
    files
      .filter(({ name }) => basename(name) === wanted)
      .map(({ name, bytes }) => [name, bytes]),
  );
}

function parseDocument(file: BundleFile, fullName: string): Value {
  const text = utf8Text(file.name, file.bytes);
  try {
    return file.name.endsWith(".json") ? parseJson(text) : parseYaml(text);
  } catch (cause) {
    const reason = PolicyError.from(cause).rawMessage;
    const shown = /^unexpected end/.test(reason) ? "unexpected EOF" : reason;
    throw fault(`bundle load failed on ${fullName}: ${shown}`, cause);
  }
}

/** Puts a document at its folder's place below `data`. */
function insert(data: DataTree, file: BundleFile, value: Value): void {
  const folder = dirname(file.name);
  const keys = folder === "." ? [] : folder.split("/");
  if (!(value instanceof RegoObject) && keys.length === 0) {
    throw fault(
      `bundle load failed on ${file.path}: root value must be object`,
    );
  }
  if (data.insert(keys, value)) {
    throw fault(
      `bundle load failed on ${file.path}: failed to insert data file from path ${keys.join("/")}`,
    );
  }
}

function regoVersions(
  { regoVersion, fileRegoVersions }: BundleManifest,
  files: readonly BundleFile[],
  fullName: (file: BundleFile) => string,
): Readonly<Record<string, 0 | 1>> {
  const patterns = Object.keys(fileRegoVersions)
    .sort()
    .map((pattern) => ({
      matches: globMatcher(pattern),
      version: fileRegoVersions[pattern],
    }));
  const found = files.map((file) => {
    const own = patterns.find(({ matches }) => matches(file.path));
    const version = own?.version ?? regoVersion;
    if (version !== undefined && version !== 0 && version !== 1) {
      throw fault(
        `unknown bundle rego-version ${version} for file '${file.path}'`,
      );
    }
    return [fullName(file), version] as const;
  });
  return Object.fromEntries(
    found.filter((entry): entry is [string, 0 | 1] => entry[1] !== undefined),
  );
}

function checkRoots(content: BundleContent): void {
  const { roots } = content.manifest;
  if (roots.includes("")) {
    checkWasm(content);
    return;
  }
  for (const [file, text] of Object.entries(content.modules)) {
    const regoVersion = content.regoVersions[file];
    // The compiler says what is wrong with a module that has no path.
    const path = packagePathOf(text, { file, regoVersion });
    if (path) {
      checkPackageRoot({ file, path }, roots);
    }
  }
  checkWasm(content);
  checkDataRoots<Value>(content.data, roots, (value) =>
    value instanceof RegoObject ? jsonMembers(value) : undefined,
  );
}

function checkWasm({ manifest, wasm }: BundleContent): void {
  const seen = new Set<string>();
  for (const { entrypoint, module } of manifest.wasm) {
    if (!wasm.has(module.replace(/^[./]+/, ""))) {
      throw fault(
        `manifest references wasm module '${module}' but the module file does not exist`,
      );
    }
    const path = entrypoint.split("/");
    if (!isHeld(path, manifest.roots)) {
      throw fault(
        `manifest roots ${shownRoots(manifest.roots)} do not permit '${entrypoint}' entrypoint for wasm module '${module}'`,
      );
    }
    if (seen.has(entrypoint)) {
      throw fault(
        `entrypoint '${entrypoint}' cannot be used by more than one wasm module`,
      );
    }
    seen.add(entrypoint);
  }
}
