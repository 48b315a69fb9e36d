import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";

/** The virtual environment that holds Envoy; git ignores it. */
export const envoyFolder = ".cache/envoy";

/** The Envoy to test with: `ENVOY`, else the one in the cache folder. */
export function envoyBinary(): string | undefined {
  const named = process.env["ENVOY"];
  if (named !== undefined) {
    return named;
  }
  const libraries = join(envoyFolder, "lib");
  if (!existsSync(libraries)) {
    return undefined;
  }
  return readdirSync(libraries)
    .map((python) => join(libraries, python, "site-packages/envoy/_bin/envoy"))
    .find((path) => existsSync(path));
}
