import { readFileSync, statSync } from "node:fs";
import { type BundleFile, readArchive } from "./archive.ts";
import { parseBundleManifest } from "./bundle-manifest.ts";
import {
  isSourceFile,
  manifestFile,
  readDirectory,
  type SourceFiles,
  toSourceFiles,
} from "./read-directory.ts";

/** Reads what a server serves: a source folder, or the bundle that `build` makes of one. */
export async function readSource(path: string): Promise<SourceFiles> {
  if (!isArchive(path)) {
    return readDirectory(path);
  }
  return toSource(await readArchive(readFileSync(path)));
}

/** What an archive's files are as a source. */
export function toSource(files: readonly BundleFile[]): SourceFiles {
  const texts = files
    .filter(({ name }) => isSourceFile(name))
    .map(({ name, bytes }) => [name, new TextDecoder().decode(bytes)] as const);
  const source = toSourceFiles(new Map(texts));
  const manifest = files.find(({ name }) => name === manifestFile);
  return manifest === undefined
    ? source
    : {
        ...source,
        manifest: parseBundleManifest(new TextDecoder().decode(manifest.bytes)),
      };
}

/** True of a source that is one file. */
export function isArchive(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}
