import { join, posix } from "node:path";
import {
  type Bundle,
  type BundleManifest,
  packageText,
  readBundle,
} from "../../src/bundle/index.ts";
import {
  type PathAnnotations,
  PolicyError,
  packagePathOf,
  parseJson,
  type RequiredCapabilities,
  readAnnotations,
  requiredCapabilities,
  toJs,
} from "../../src/engine/index.ts";
import { loadModules } from "./load-paths.ts";
import { errorsText } from "./test-reports/error-text.ts";

/** What `inspect` tells of a bundle or of one Rego file. */
export type Inspected = {
  /** None of a file. */
  readonly manifest: BundleManifest | undefined;
  readonly signatures: readonly string[];
  readonly wasmModules: readonly WasmModule[];
  /** Place below `data` → the files that put something there. */
  readonly namespaces: ReadonlyMap<string, readonly string[]>;
  readonly annotations: readonly PathAnnotations[];
  readonly capabilities: RequiredCapabilities;
};

type WasmModule = {
  readonly entrypoints: readonly string[];
  readonly path: string;
  readonly url: string;
};

/** Looks at a bundle, archive or folder, or at one Rego file. Throws what is wrong with it. */
export async function inspectPath(
  path: string,
  regoVersion: 0 | 1,
): Promise<Inspected> {
  return path.endsWith(".rego")
    ? inspectFile(path, regoVersion)
    : inspectBundle(path, regoVersion);
}

function inspectFile(path: string, regoVersion: 0 | 1): Inspected {
  const { modules } = loadModules([path]);
  return {
    manifest: undefined,
    signatures: [],
    wasmModules: [],
    namespaces: gathered(moduleFiles(modules, { regoVersion })),
    ...rulesOf(modules, { regoVersion }),
  };
}

async function inspectBundle(
  path: string,
  regoVersion: 0 | 1,
): Promise<Inspected> {
  const bundle = await readBundle(path, {
    takesDelta: true,
    skipsData: true,
  });
  const { files, isFolder, signatures } = bundle;
  const versions = { regoVersion, regoVersions: bundle.regoVersions };
  const data = files
    .filter(({ name }) => /(^|\/)data\.(json|yaml)$/.test(name))
    .map((file) => {
      const place = ["data", ...file.name.split("/").slice(0, -1)].join(".");
      const shown = isFolder
        ? join(path, file.name)
        : posix.normalize(file.path);
      return [place, shown] as const;
    });
  const entries = bundle.manifest.wasm.map(
    ({ entrypoint, module }) => [placeOf(entrypoint), module] as const,
  );
  return {
    manifest: bundle.manifest,
    signatures: signatures === undefined ? [] : readTokens(signatures),
    wasmModules: wasmModules(path, bundle),
    namespaces: gathered([
      ...moduleFiles(bundle.modules, versions),
      ...data,
      ...entries,
    ]),
    ...rulesOf(bundle.modules, versions),
  };
}

type Versions = {
  readonly regoVersion: 0 | 1;
  readonly regoVersions?: Readonly<Record<string, 0 | 1>>;
};

function rulesOf(
  modules: Readonly<Record<string, string>>,
  { regoVersion, regoVersions = {} }: Versions,
): Pick<Inspected, "annotations" | "capabilities"> {
  const options = { modules, regoVersion, regoVersions };
  const capabilities = requiredCapabilities(options);
  if ("errors" in capabilities) {
    throw new PolicyError(
      "rego_compile_error",
      errorsText(capabilities.errors, modules),
    );
  }
  const read = readAnnotations(modules, { regoVersion, regoVersions });
  return {
    annotations: "errors" in read ? [] : read.annotations,
    capabilities,
  };
}

function moduleFiles(
  modules: Readonly<Record<string, string>>,
  { regoVersion, regoVersions = {} }: Versions,
): readonly (readonly [place: string, file: string])[] {
  return Object.entries(modules).flatMap(([file, text]) => {
    const path = packagePathOf(text, {
      file,
      regoVersion: regoVersions[file] ?? regoVersion,
    });
    return path ? [[packageText(["data", ...path]), file] as const] : [];
  });
}

function gathered(
  entries: readonly (readonly [place: string, file: string])[],
): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  for (const [place, file] of entries) {
    found.set(place, [...(found.get(place) ?? []), file]);
  }
  return new Map([...found].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function wasmModules(path: string, { manifest, wasm }: Bundle): WasmModule[] {
  return [...wasm.keys()].map((name) => ({
    entrypoints: manifest.wasm
      .filter(({ module }) => module.replace(/^[./]+/, "") === name)
      .map(({ entrypoint }) => placeOf(entrypoint)),
    path: `/${name}`,
    url: join(path, name),
  }));
}

function placeOf(entrypoint: string): string {
  return ["data", ...entrypoint.replace(/^\//, "").split("/")].join(".");
}

function readTokens(text: string): readonly string[] {
  const found = toJs(parseJson(text)) as {
    readonly signatures?: readonly string[];
  };
  return found.signatures ?? [];
}
