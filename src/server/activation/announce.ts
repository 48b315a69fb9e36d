import type { Logger } from "pino";
import type { Metrics } from "../admin/metrics.ts";
import type { ReloadListener } from "../reloader.ts";
import { describeChange, type VerdictChange } from "./canary.ts";
import type { StatusReporter } from "./status-reporter.ts";

// A policy that changes everything must not drown the log.
const shownChanges = 20;

/** Says what happens to the revisions in the log, in the metrics and as status. */
export function createAnnouncer({
  logger,
  metrics,
  reporter,
}: {
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly reporter: StatusReporter;
}): ReloadListener {
  return {
    loaded: ({ digest }, clock, changes) => {
      const spent = clock.spent();
      metrics.reloaded("loaded");
      metrics.activated(spent, changes.length);
      const milliseconds = Object.fromEntries(
        [...spent].map(([stage, ms]) => [stage, Math.round(ms)]),
      );
      logger.info({ revision: digest, milliseconds }, "revision loaded");
      logChanges(logger, changes);
    },
    failed: ({ bundle, error, stage }) => {
      const { code, location, message } = error;
      metrics.reloaded("failed");
      metrics.refused(bundle, stage ?? "", code);
      logger.error(
        { bundle, stage, code, ...location, error: message },
        "the reload failed; the revision in force stays",
      );
    },
    rolledBack: ({ from, reason, to }, trigger) => {
      metrics.rolledBack(trigger);
      logger.error(
        { from, to, trigger, reason },
        "the revision was rolled back",
      );
    },
    notKept: (bundle, { message }) => {
      logger.error({ bundle, error: message }, "the bundle was not kept");
    },
    cacheFailed: (error) => {
      logger.warn({ error: error.message }, "the cache of modules failed");
    },
    status: reporter.report,
  };
}

function logChanges(logger: Logger, changes: readonly VerdictChange[]): void {
  for (const change of changes.slice(0, shownChanges)) {
    logger.warn(
      { canary: change.case.note, change: describeChange(change) },
      "the verdict of a canary request changed",
    );
  }
  if (changes.length > shownChanges) {
    const more = changes.length - shownChanges;
    logger.warn({ more }, "more canary requests changed");
  }
}
