import { existsSync } from "node:fs";
import { resolve } from "node:path";

/** Where tools/dev/install-opa.ts puts genuine OPA; git ignores it. */
export const opaFolder = ".cache/bin";

/** The version that decides where OPA is the reference. */
export const opaVersion = "1.20.1";

/** The genuine OPA to compare with, as an absolute path: `OPA`, else the one in the cache folder. */
export function opaBinary(): string | undefined {
  const path = process.env["OPA"] ?? `${opaFolder}/opa`;
  return existsSync(path) ? resolve(path) : undefined;
}
