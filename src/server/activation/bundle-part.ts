import {
  type BundleSource,
  type Fetched,
  schemeOf,
} from "../../bundle/index.ts";
import type { BundleConfig } from "../config.ts";
import { createStatusKeeper, type StatusKeeper } from "./bundle-status.ts";
import { toMilliseconds } from "./duration.ts";
import { createFreshness, type Freshness } from "./freshness.ts";

/** One of the bundles that make the revision. */
export type BundlePart = {
  readonly name: string;
  readonly config: BundleConfig;
  readonly source: BundleSource;
  readonly keeper: StatusKeeper;
  readonly freshness: Freshness;
  /** What the source holds, in force or not; undefined before the first load. */
  latest: Fetched | undefined;
  /** What of it is in force. */
  active: Fetched | undefined;
  /** The digest of the delta that was taken last, for a source may give it again. */
  delta: string | undefined;
};

/** A bundle of which nothing was fetched yet. */
export function createBundlePart(
  name: string,
  config: BundleConfig,
  source: BundleSource,
): BundlePart {
  const { maxStaleness } = config;
  return {
    name,
    config,
    source,
    keeper: createStatusKeeper(name),
    freshness: createFreshness({
      maxMs:
        maxStaleness === undefined ? undefined : toMilliseconds(maxStaleness),
      isWatched: config.watch && schemeOf(config.source) === undefined,
    }),
    latest: undefined,
    active: undefined,
    delta: undefined,
  };
}
