import { readFileSync } from "node:fs";
import { runtimeDigest } from "../engine/index.ts";

/** The version of this package, from the nearest package.json above: the tree runs from source and from dist/. */
export function packageVersion(): string {
  for (const up of ["../../", "../../../"]) {
    try {
      const file = new URL(`${up}package.json`, import.meta.url);
      return JSON.parse(readFileSync(file, "utf8")).version;
    } catch {
      // Not this level.
    }
  }
  return "unknown";
}

let version: string | undefined;

/** Names the compiler of this process: what another one has compiled is not taken for its own. */
export function compilerVersion(): string {
  version ??= `${packageVersion()}-${runtimeDigest}`;
  return version;
}
