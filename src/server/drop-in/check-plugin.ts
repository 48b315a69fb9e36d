import {
  createStrictChecker,
  type StrictChecker,
  type StrictError,
  type StrictPolicy,
  type StrictRecord,
} from "../ext-authz/strict/strict-check.ts";
import type { StrictInputOptions } from "../ext-authz/strict/strict-input.ts";
import type { EventError } from "./decision-log/decision-event.ts";
import type { DecisionLogger } from "./decision-log/decision-logger.ts";
import { errorJson } from "./error-json.ts";
import type { DecisionQuery, Snapshot } from "./snapshot.ts";

export type CheckPluginOptions = {
  readonly input: StrictInputOptions;
  readonly dryRun: boolean;
  readonly decision: DecisionQuery;
  readonly current: () => Snapshot;
  /** Undefined where decisions are not logged. */
  readonly logger: DecisionLogger | undefined;
  readonly ndBuiltinCache: boolean;
  readonly observe: (seconds: number) => void;
  readonly countError: (reason: string) => void;
};

/** opa-envoy-plugin's checks over the snapshot in force. */
export function createCheckPlugin(options: CheckPluginOptions): StrictChecker {
  const { input, dryRun, current, observe, countError } = options;
  return createStrictChecker({
    input,
    dryRun,
    observe,
    countError,
    current: () => new SnapshotPolicy(current()),
    record: (record, policy) =>
      writeRecord(record, policy as SnapshotPolicy, options),
  });
}

/** One check's view of a snapshot, with what only it is told. */
class SnapshotPolicy implements StrictPolicy {
  readonly snapshot: Snapshot;
  compileTime: number | undefined;
  hasDecided = false;

  constructor(snapshot: Snapshot) {
    this.snapshot = snapshot;
  }

  decide(input: Uint8Array, deadlineMs?: number) {
    this.hasDecided = true;
    this.compileTime = this.snapshot.compileTime;
    this.snapshot.compileTime = undefined;
    return this.snapshot.check(input, deadlineMs);
  }
}

async function writeRecord(
  record: StrictRecord,
  policy: SnapshotPolicy,
  { logger, decision, ndBuiltinCache }: CheckPluginOptions,
): Promise<string | undefined> {
  if (logger === undefined) {
    return undefined;
  }
  try {
    await logger.log(
      {
        decisionId: record.decisionId,
        ...(decision.kind === "path"
          ? { path: decision.path }
          : { query: decision.query }),
        // A request that could not be read has a document that is null.
        input: record.input ?? "null",
        result: record.result,
        error: record.error && toEventError(record.error),
        ndBuiltinCache: ndBuiltinCache ? record.ndBuiltinCache : undefined,
        timestamp: new Date(),
        metrics: timers(record, policy),
      },
      policy.snapshot,
    );
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function timers(
  { timers: own }: StrictRecord,
  { compileTime, hasDecided, snapshot }: SnapshotPolicy,
): ReadonlyMap<string, number> {
  const all = new Map(own);
  if (compileTime !== undefined) {
    all.set("timer_rego_query_compile_ns", compileTime);
  }
  if (hasDecided && snapshot.readsData) {
    // The sandbox has all of data: a document of it costs no time of its own.
    all.set("timer_rego_external_resolve_ns", 0);
  }
  return all;
}

function toEventError({ message, cause }: StrictError): EventError {
  const json = cause ? errorJson(cause) : JSON.stringify({ message });
  return { text: message, json };
}
