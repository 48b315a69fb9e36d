export {
  type BundleManifest,
  manifestMembers,
  noManifest,
  rootsOverlap,
} from "./bundle-manifest.ts";
export { packageText } from "./check-roots.ts";
export type { CompiledDecisions, DecisionJob } from "./compile-decisions.ts";
export { foldErrors } from "./compile-source.ts";
export { packageVersion } from "./compiler-version.ts";
export { DataTree } from "./data-tree.ts";
export { decodeText } from "./decode-text.ts";
export { applyDelta, parsePointer } from "./delta.ts";
export { sha256Hex } from "./digest.ts";
export {
  checkModule,
  moduleFile,
  signedText,
} from "./foreign-manifest.ts";
export { toJsonSchema } from "./json-schema.ts";
export {
  type HostOptions,
  loadRevision,
  type Revision,
  subjectEntrypoint,
} from "./load.ts";
export {
  type GuardLimits,
  type GuardManifest,
  type GuardMode,
  type GuardStep,
  guardModes,
  guardName,
  isTestFile,
  manifestShape,
  pipelineFile,
  pipelineShape,
  readPipeline,
} from "./manifest.ts";
export {
  archivePath,
  type MergedBundle,
  mergeBundles,
  type NamedBundle,
  type SourceModule,
} from "./merge-bundles.ts";
export { createModuleCache, type ModuleCache } from "./module-cache.ts";
export { createModuleFolder } from "./module-folder.ts";
export { nearest } from "./nearest.ts";
export { createOciRemote } from "./oci/oci-remote.ts";
export { parseReference } from "./oci/reference.ts";
export { createRegistry } from "./oci/registry.ts";
export { Members, type Shown } from "./ordered-json.ts";
export { type PositionedYaml, parsePositionedYaml } from "./positioned-yaml.ts";
export {
  type Bundle,
  type BundleOptions,
  readArchiveBundle,
  readBundle,
  readBundleFiles,
  signedNames,
} from "./read-bundle.ts";
export {
  readDirectory,
  type SourceFiles,
  toSourceFiles,
} from "./read-directory.ts";
export { readPlacedSettings, readSettings } from "./read-settings.ts";
export { readIfThere, replaceFile } from "./replace-file.ts";
export {
  choice,
  flag,
  type Group,
  group,
  list,
  optional,
  type Setting,
  table,
  text,
  whole,
} from "./setting.ts";
export {
  type SigningOptions,
  signBundle,
  type Verification,
  type VerificationKey,
  verifyBundle,
} from "./signature.ts";
export type { BundleReader } from "./source/bundle-reader.ts";
export {
  type BundleSettings,
  bundleShape,
  type RemoteSettings,
} from "./source/bundle-settings.ts";
export type {
  BundleSource,
  Fetched,
  SourceListener,
} from "./source/bundle-source.ts";
export { schemeOf } from "./source/create-remote.ts";
export { createBundleSource } from "./source/create-source.ts";
export { createHttpClient, type HttpClient } from "./source/http-client.ts";
export { createHttpsRemote } from "./source/https-remote.ts";
export type { Remote } from "./source/remote.ts";
export { pullBundle, pushArchive } from "./source/transfer.ts";
export { createRevisionStore, type RevisionStore } from "./store.ts";
export { trimSlashes } from "./trim-slashes.ts";
export { createWorkshop, ownWorkshop, type Workshop } from "./workshop.ts";
export { type BundleParts, bundleFiles, writeArchive } from "./write-bundle.ts";
