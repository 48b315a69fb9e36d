import type { Documents } from "../documents.ts";
import { invalid } from "./answer.ts";

/** Refuses a change of what a bundle owns. */
export function checkPathScope(
  { bundles }: Documents,
  path: readonly string[],
): void {
  if (path.length === 0 && bundles.size > 0) {
    throw invalid("can't write to document root with bundle roots configured");
  }
  for (const [name, { roots }] of bundles) {
    if (roots.includes("")) {
      throw invalid(`all paths owned by bundle ${JSON.stringify(name)}`);
    }
    const owner = roots.find((root) => isOwned(path, root.split("/")));
    if (owner !== undefined) {
      throw invalid(
        `path ${path.join("/")} is owned by bundle ${JSON.stringify(name)}`,
      );
    }
  }
}

/** True when one path holds the other. */
function isOwned(path: readonly string[], root: readonly string[]): boolean {
  const shared = Math.min(path.length, root.length);
  return path.slice(0, shared).every((segment, at) => segment === root[at]);
}
