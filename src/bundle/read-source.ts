import { readFileSync, statSync } from "node:fs";
import { type BundleFile, readArchive } from "./archive.ts";
import { utf8Text } from "./decode-text.ts";
import {
  isGuardModule,
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
    .filter(({ name }) => isSourceFile(name) || name === manifestFile)
    .map(({ name, bytes }) => [name, utf8Text(name, bytes)] as const);
  const guardModules = files
    .filter(({ name }) => isGuardModule(name))
    .map(({ name, bytes }) => [name, bytes] as const);
  return toSourceFiles(new Map(texts), new Map(guardModules));
}

/** True of a source that is one file. */
export function isArchive(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}
