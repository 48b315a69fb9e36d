import { existsSync } from "node:fs";
import { resolve } from "node:path";

/** Where tools/dev/install-registry.ts unpacks Debian's package; git ignores it. */
export const registryFolder = ".cache/registry";

/** The registry to test with, as an absolute path: `REGISTRY`, else the one in the cache folder. */
export function registryBinary(): string | undefined {
  const path =
    process.env["REGISTRY"] ?? `${registryFolder}/usr/bin/docker-registry`;
  return existsSync(path) ? resolve(path) : undefined;
}
