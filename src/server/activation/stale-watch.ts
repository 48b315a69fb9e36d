import type { BundlePart } from "./bundle-part.ts";

const everyMs = 1_000;

/**
 * Looks every second whether a bundle became older than it may be, or is not
 * any more; ends when the returned function is called.
 */
export function watchStaleness(
  bundles: readonly BundlePart[],
  changed: (part: BundlePart, isStale: boolean) => void,
): () => void {
  const limited = bundles.filter(
    ({ config }) => config.maxStaleness !== undefined,
  );
  const known = new Set<BundlePart>();
  const look = (): void => {
    for (const part of limited) {
      const { isStale } = part.freshness;
      if (isStale !== known.has(part)) {
        known[isStale ? "add" : "delete"](part);
        changed(part, isStale);
      }
    }
  };
  const timer = limited.length > 0 ? setInterval(look, everyMs) : undefined;
  return () => clearInterval(timer);
}
