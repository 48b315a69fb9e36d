import { type Fetched, ownWorkshop } from "../../bundle/index.ts";
import { PolicyError } from "../../engine/index.ts";
import type { BundleConfig, ServerConfig } from "../config.ts";
import { patched, revisionOf } from "./bundle-contents.ts";
import type { BundlePart } from "./bundle-part.ts";
import type { StageClock } from "./stage-clock.ts";

/** The bundles of a configuration: those with names, or the one without. */
export function bundlesOf({
  bundle,
  bundles,
}: ServerConfig): readonly (readonly [string, BundleConfig])[] {
  const named = Object.entries(bundles);
  return named.length === 0 ? [["bundle", bundle]] : named;
}

/** Its fault is that it was taken back, not that it is broken. */
export function wasRolledBack({ keeper: { failure } }: BundlePart): boolean {
  return failure !== undefined && failure.stage === undefined;
}

/** Fetches a bundle for the first time; rejects with why it cannot be had. */
export async function fetchFirst(part: BundlePart): Promise<void> {
  const fetched = await part.source.load();
  part.latest =
    fetched.source.patch === undefined
      ? fetched
      : await patched(undefined, fetched, ownWorkshop);
  part.keeper.requested(fetched.outdated === undefined);
  if (!fetched.outdated) {
    part.keeper.downloaded("snapshot");
  }
}

/** Notes what of a bundle is in force; what is broken of another bundle stays so. */
export function enterForce(
  part: BundlePart,
  content: Fetched | undefined,
  clock: StageClock,
): void {
  const isSame = part.active?.digest === content?.digest;
  part.active = content;
  if (content === undefined) {
    return;
  }
  if (!isSame) {
    part.keeper.activated(revisionOf(content), clock);
  }
  if (content.outdated) {
    part.freshness.confirmedAt(content.keptAt ?? new Date(0));
  } else if (content === part.latest) {
    part.keeper.mended();
    part.freshness.confirm();
  }
}

/** Why no check is answered by what is too old. */
export function staleFault({
  config,
  freshness,
  name,
}: BundlePart): PolicyError {
  const seconds = Math.floor(freshness.ageMs / 1_000);
  return new PolicyError(
    "bundle_stale_error",
    `the bundle \`${name}\` was last known to be current ${seconds} s ago; it may be ${config.maxStaleness} old`,
  );
}
