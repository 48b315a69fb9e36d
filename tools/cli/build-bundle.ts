import {
  type BundleParts,
  bundleFiles,
  type SigningOptions,
  signBundle,
  writeArchive,
} from "../../src/bundle/index.ts";
import {
  type CompiledPolicy,
  format,
  PolicyError,
  parseJson,
  pruneEntrypoints,
  readAnnotations,
} from "../../src/engine/index.ts";
import type { BuildSource } from "./build-source.ts";

type BundleSettings = {
  /** That of modules of which nothing else is said. */
  readonly regoVersion: 0 | 1;
  /** Takes the place of the manifest's own. */
  readonly revision?: string | undefined;
  readonly signing?: SigningOptions | undefined;
};

const modulePath = "/policy.wasm";

/** A bundle of Rego and data. */
export function bundleOf(
  { modules, parts, regoVersions }: BuildSource,
  settings: BundleSettings,
): Promise<Uint8Array> {
  const versions = Object.keys(modules).map(
    (file) => regoVersions[file] ?? settings.regoVersion,
  );
  return pack(
    {
      ...parts,
      modules: parts.modules.map(([path, text], at) => [
        path,
        formatted(path, text, versions[at] ?? settings.regoVersion),
      ]),
    },
    settings,
  );
}

/** A bundle whose entrypoints are in a compiled module, and the rest in Rego. */
export function compiledBundleOf(
  source: BuildSource,
  { entrypoints, wasm }: CompiledPolicy,
  settings: BundleSettings,
): Promise<Uint8Array> {
  const { modules, parts, regoVersions } = source;
  const { regoVersion } = settings;
  const pruned = pruneEntrypoints(
    { modules, regoVersion, regoVersions },
    entrypoints,
  );
  const texts = Object.values(pruned);
  const told = annotationsOf(source, regoVersion);
  return bundleOf(
    {
      ...source,
      parts: {
        ...parts,
        modules: parts.modules.map(([path], at) => [path, texts[at] ?? ""]),
        compiled: [[modulePath, wasm]],
        manifest: {
          ...parts.manifest,
          wasm: [
            ...parts.manifest.wasm,
            ...entrypoints.map((entrypoint) => ({
              entrypoint,
              module: modulePath,
              annotations: told.get(entrypoint) ?? [],
            })),
          ],
        },
      },
    },
    settings,
  );
}

/** Entrypoint → what metadata says of the rule. */
function annotationsOf(
  { modules }: BuildSource,
  regoVersion: 0 | 1,
): ReadonlyMap<string, readonly unknown[]> {
  const read = readAnnotations(modules, regoVersion);
  const told = new Map<string, unknown[]>();
  for (const { entrypoint, json } of "errors" in read ? [] : read.annotations) {
    told.set(entrypoint, [...(told.get(entrypoint) ?? []), parseJson(json)]);
  }
  return told;
}

function formatted(file: string, text: string, regoVersion: 0 | 1): string {
  const result = format(text, {
    file,
    regoVersion,
    target: regoVersion === 0 ? "v0" : "v1",
  });
  if ("errors" in result) {
    throw result.errors[0] ?? new PolicyError("internal_error", "no text");
  }
  return result.text;
}

async function pack(
  parts: BundleParts,
  { revision = parts.manifest.revision, signing }: BundleSettings,
): Promise<Uint8Array> {
  const manifest = { ...parts.manifest, revision };
  const files = bundleFiles({ ...parts, manifest });
  if (signing === undefined) {
    return writeArchive(files);
  }
  const text = signBundle(files, signing);
  const name = ".signatures.json";
  const bytes = new TextEncoder().encode(text);
  return writeArchive([...files, { path: `/${name}`, name, bytes }]);
}
