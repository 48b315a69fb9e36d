import { readFileSync, statSync } from "node:fs";
import { readArchive } from "./archive.ts";
import {
  isSourceFile,
  readDirectory,
  type SourceFiles,
  toSourceFiles,
} from "./read-directory.ts";

/** Reads what a server serves: a source folder, or the bundle that `build` makes of one. */
export async function readSource(path: string): Promise<SourceFiles> {
  if (!isArchive(path)) {
    return readDirectory(path);
  }
  const files = await readArchive(readFileSync(path));
  const texts = files
    .filter(({ name }) => isSourceFile(name))
    .map(({ name, bytes }) => [name, new TextDecoder().decode(bytes)] as const);
  return toSourceFiles(new Map(texts));
}

/** True of a source that is one file. */
export function isArchive(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}
