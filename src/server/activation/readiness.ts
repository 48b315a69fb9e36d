import type { Reloader } from "../reloader.ts";
import type { BundlePart } from "./bundle-part.ts";
import type { Failure } from "./bundle-status.ts";
import type { History } from "./history.ts";

/** The answer of /readyz. */
export type Readiness = {
  readonly ready: boolean;
  readonly revision?: string | undefined;
  /** Why nothing is answered, though a revision is in force. */
  readonly reason?: string | undefined;
  readonly last_failure?: ShownFailure | undefined;
  readonly bundles?: Readonly<Record<string, ShownBundle>> | undefined;
};

type ShownFailure = {
  readonly bundle: string;
  readonly stage: string | undefined;
  readonly code: string;
  readonly message: string;
  /** `file:row:col`. */
  readonly location: string | undefined;
  readonly time: string;
};

type ShownBundle = {
  readonly active_revision: string | undefined;
  readonly age_seconds: number;
  readonly stale: boolean;
};

/** Whether checks are answered, by what, and what went wrong last. */
export function readiness(
  { bundles, failure, history, refusal }: Reloader,
  isServing: boolean,
): Readiness {
  return {
    ready: isServing && history.kept.length > 0 && refusal === undefined,
    revision: history.kept[0]?.revision.digest,
    reason: refusal?.rawMessage,
    last_failure: failure && showFailure(failure),
    bundles: Object.fromEntries(bundles.map((one) => [one.name, show(one)])),
  };
}

function showFailure({ at, bundle, error, stage }: Failure): ShownFailure {
  const { code, location, rawMessage } = error;
  return {
    bundle,
    stage,
    code,
    message: rawMessage,
    location: location && `${location.file}:${location.row}:${location.col}`,
    time: at.toISOString(),
  };
}

function show({ freshness, keeper }: BundlePart): ShownBundle {
  return {
    active_revision: keeper.status.active_revision,
    age_seconds: Math.round(freshness.ageMs / 1_000),
    stale: freshness.isStale,
  };
}

/** A revision as GET /revisions shows it. */
export type ShownRevision = {
  readonly revision: string;
  readonly active: boolean;
  readonly activated: string;
  /** Where each of its bundles came from. */
  readonly from: Readonly<Record<string, string>>;
  readonly pipeline: readonly string[];
};

/** The revisions that were kept, the one in force first. */
export function listRevisions({ kept }: History): readonly ShownRevision[] {
  return kept.map(({ activatedAt, contents, revision }, at) => ({
    revision: revision.digest,
    active: at === 0,
    activated: activatedAt.toISOString(),
    from: Object.fromEntries(
      [...contents].map(([name, { from }]) => [name, from]),
    ),
    pipeline: revision.pipeline.map(({ guard }) => guard),
  }));
}
