import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { packageVersion } from "../../bundle/index.ts";
import type { BundleStatus } from "./bundle-status.ts";
import type { StatusConfig } from "./settings.ts";

/** OPA's status message. */
type StatusMessage = {
  readonly labels: Readonly<Record<string, string>>;
  readonly bundles: Readonly<Record<string, BundleStatus>>;
};

/** Tells who wants to know how the bundles are. */
export type StatusReporter = {
  report(bundles: StatusMessage["bundles"]): void;
  /** Waits for a post under way. */
  close(): Promise<void>;
};

type ReporterOptions = {
  readonly labels: StatusMessage["labels"];
  readonly log: (message: StatusMessage) => void;
  /** Posts a message; undefined where nobody wants it. */
  readonly send: StatusPost | undefined;
  /** A status that did not arrive is not sent again: the next says all of it. */
  readonly onError: (error: Error) => void;
};

/** Posts a message; rejects when it was not taken. */
type StatusPost = (message: StatusMessage) => Promise<void>;

/** Reports to the log and by post; one post at a time. */
export function createStatusReporter({
  labels,
  log,
  onError,
  send,
}: ReporterOptions): StatusReporter {
  let posting: Promise<void> | undefined;
  let waiting: StatusMessage | undefined;
  const post = async (sendOne: StatusPost): Promise<void> => {
    while (waiting) {
      const message = waiting;
      waiting = undefined;
      await sendOne(message).catch((error: Error) => onError(error));
    }
    posting = undefined;
  };
  return {
    report: (bundles) => {
      const message = { labels, bundles };
      log(message);
      if (send) {
        waiting = message;
        posting ??= post(send);
      }
    },
    close: async () => {
      await posting;
    },
  };
}

/** What says which server reports. */
export function statusLabels(): StatusMessage["labels"] {
  return { id: randomUUID(), version: packageVersion() };
}

/** Posts to the address of the configuration, if there is one. */
export function createStatusPost({
  timeoutMs,
  tokenFile,
  url,
}: StatusConfig): StatusPost | undefined {
  if (url === undefined) {
    return undefined;
  }
  return async (message) => {
    const token = tokenFile && readFileSync(tokenFile, "utf8").trim();
    const answer = await fetch(url, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        ...(token && { authorization: `Bearer ${token}` }),
      },
      body: JSON.stringify(message),
      signal: AbortSignal.timeout(timeoutMs),
    });
    await answer.body?.cancel();
    if (!answer.ok) {
      throw new Error(`the status service answered ${answer.status}`);
    }
  };
}
