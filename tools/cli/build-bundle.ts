import {
  type BundleParts,
  bundleFiles,
  type SigningOptions,
  type SourceModule,
  signBundle,
  writeArchive,
} from "../../src/bundle/index.ts";
import {
  type CompiledPolicy,
  format,
  formattedText,
  PolicyError,
  type PublishedPlan,
  parseJson,
  pruneEntrypoints,
  readAnnotations,
} from "../../src/engine/index.ts";
import {
  type BuildSource,
  type CompilerInput,
  compilerInput,
} from "./build-source.ts";

export type BundleSettings = {
  /** Takes the place of the manifest's own. */
  readonly revision?: string | undefined;
  readonly signing?: SigningOptions | undefined;
};

const modulePath = "/policy.wasm";
const planPath = "/plan.json";

/** A bundle of Rego and data. */
export function bundleOf(
  { modules, parts }: BuildSource,
  settings: BundleSettings,
): Promise<Uint8Array> {
  const formatted = modules.map(
    (module) => [module.path, inLayout(module)] as const,
  );
  return pack({ ...parts, modules: formatted }, settings);
}

/** A bundle whose entrypoints are in a compiled module, and the rest in Rego. */
export function compiledBundleOf(
  source: BuildSource,
  { entrypoints, wasm }: CompiledPolicy,
  settings: BundleSettings,
): Promise<Uint8Array> {
  const { modules, parts } = source;
  const input = compilerInput(source);
  const texts = pruneEntrypoints(input, entrypoints);
  const told = annotationsOf(input);
  return bundleOf(
    {
      ...source,
      modules: modules.map((module) => ({
        ...module,
        text: texts[module.file] ?? "",
      })),
      parts: {
        ...parts,
        compiled: [...compiledBeside(source, modulePath), [modulePath, wasm]],
        manifest: {
          ...parts.manifest,
          wasm: [
            ...parts.manifest.wasm.filter(
              ({ entrypoint }) => !entrypoints.includes(entrypoint),
            ),
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

/** A bundle with the plan of its entrypoints beside its Rego. */
export function plannedBundleOf(
  source: BuildSource,
  { json }: PublishedPlan,
  settings: BundleSettings,
): Promise<Uint8Array> {
  const plan = [planPath, new TextEncoder().encode(json)] as const;
  const compiled = [...compiledBeside(source, planPath), plan];
  return bundleOf(
    { ...source, parts: { ...source.parts, compiled } },
    settings,
  );
}

/** What is compiled already; none of it lies where something else will. */
function compiledBeside(
  { parts: { compiled = [] } }: BuildSource,
  place: string,
): NonNullable<BundleParts["compiled"]> {
  if (compiled.some(([path]) => path === place)) {
    throw new PolicyError(
      "bundle_load_error",
      `the bundle has \`${place}\` already; build it from its Rego`,
    );
  }
  return compiled;
}

/** Entrypoint → what metadata says of the rule. */
function annotationsOf({
  modules,
  regoVersions,
}: CompilerInput): ReadonlyMap<string, readonly unknown[]> {
  const read = readAnnotations(modules, { regoVersions });
  const told = new Map<string, unknown[]>();
  for (const { entrypoint, json } of "errors" in read ? [] : read.annotations) {
    told.set(entrypoint, [...(told.get(entrypoint) ?? []), parseJson(json)]);
  }
  return told;
}

function inLayout({ file, text, regoVersion }: SourceModule): string {
  const target = regoVersion === 0 ? "v0" : "v1";
  return formattedText(format(text, { file, regoVersion, target }));
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
