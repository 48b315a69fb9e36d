import { type Dirent, lstatSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { PolicyError } from "../../src/engine/index.ts";

/** The files in a folder and those below it, in the order of their names. */
export function filesIn(
  folder: string,
  isWanted: (name: string) => boolean = () => true,
): string[] {
  return entriesOf(folder)
    .filter(({ name }) => isWanted(name))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      return entry.isDirectory() ? filesIn(path, isWanted) : [path];
    });
}

function entriesOf(folder: string): readonly Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch (cause) {
    throw deniedFault(folder, cause) ?? cause;
  }
}

/** The error of a path that may not be read; undefined for another. */
export function deniedFault(
  path: string,
  cause: unknown,
): PolicyError | undefined {
  return (cause as NodeJS.ErrnoException).code === "EACCES"
    ? new PolicyError("bundle_load_error", `open ${path}: permission denied`, {
        cause,
      })
    : undefined;
}

/**
 * The files below a path as Go's `filepath.Walk` visits them: hidden ones too,
 * links not followed. Undefined: it is not there.
 */
export function walkFiles(path: string): readonly string[] | undefined {
  let isFolder: boolean;
  try {
    isFolder = lstatSync(path).isDirectory();
  } catch {
    return undefined;
  }
  return isFolder ? filesIn(path) : [path];
}
