import { PolicyError } from "../../../engine/index.ts";
import type { Snapshot } from "../snapshot.ts";
import {
  type DecisionEvent,
  type DecisionInfo,
  eventJson,
  finishEvent,
  toEvent,
} from "./decision-event.ts";
import { maskEvent } from "./mask.ts";

/** Where events go. */
export type DecisionSink = {
  write(event: DecisionEvent, info: DecisionInfo): void;
  close(): Promise<void>;
};

export type DecisionLoggerOptions = {
  readonly labels: Readonly<Record<string, string>>;
  readonly sinks: readonly DecisionSink[];
  /** A decision whose event could not be made: it is not logged, as in OPA. */
  readonly onFailed: (message: string) => void;
};

/** Logs decisions as OPA's decision logger does. */
export type DecisionLogger = {
  log(info: DecisionInfo, snapshot: Snapshot): Promise<void>;
  close(): Promise<void>;
};

export function createDecisionLogger(
  options: DecisionLoggerOptions,
): DecisionLogger {
  return {
    log: async (info, snapshot) => {
      const event = await toLogged(info, snapshot, options);
      if (event) {
        for (const sink of options.sinks) {
          sink.write(event, info);
        }
      }
    },
    close: async () => {
      await Promise.all(options.sinks.map((sink) => sink.close()));
    },
  };
}

/** The event after `drop` and masks; undefined for one that is not to be logged. */
async function toLogged(
  info: DecisionInfo,
  snapshot: Snapshot,
  { labels, onFailed }: DecisionLoggerOptions,
): Promise<DecisionEvent | undefined> {
  const event = toEvent(info, labels, snapshot.documents.bundles);
  if (!snapshot.hasLogPolicy) {
    return finishEvent(event, info);
  }
  const input = Buffer.from(eventJson(event), "utf8");
  try {
    if ((await snapshot.decide("drop", input)) === "true") {
      return undefined;
    }
  } catch (error) {
    onFailed(`Log drop decision failed: ${textOf(error)}.`);
    return undefined;
  }
  try {
    const rules = await snapshot.decide("mask", input);
    return finishEvent(
      rules === undefined ? event : maskEvent(event, rules),
      info,
    );
  } catch (error) {
    onFailed(`Log event masking failed: ${textOf(error)}.`);
    return undefined;
  }
}

function textOf(error: unknown): string {
  return PolicyError.from(error).message;
}
