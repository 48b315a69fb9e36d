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

type ReporterOptions = StatusConfig & {
  readonly log: (message: StatusMessage) => void;
  /** A status that did not arrive is not sent again: the next says all of it. */
  readonly onError: (error: Error) => void;
};

/** Reports to the log and, if there is an address, by post; one post at a time. */
export function createStatusReporter({
  log,
  onError,
  timeoutMs,
  tokenFile,
  url,
}: ReporterOptions): StatusReporter {
  const labels = { id: randomUUID(), version: packageVersion() };
  let posting: Promise<void> | undefined;
  let waiting: StatusMessage | undefined;
  const post = async (address: string): Promise<void> => {
    while (waiting) {
      const message = waiting;
      waiting = undefined;
      await send(address, message).catch((error: Error) => onError(error));
    }
    posting = undefined;
  };
  const send = async (
    address: string,
    message: StatusMessage,
  ): Promise<void> => {
    const token = tokenFile && readFileSync(tokenFile, "utf8").trim();
    const answer = await fetch(address, {
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
  return {
    report: (bundles) => {
      const message = { labels, bundles };
      log(message);
      if (url !== undefined) {
        waiting = message;
        posting ??= post(url);
      }
    },
    close: async () => {
      await posting;
    },
  };
}
