import type { DestinationStream } from "pino";
import type { BundleStatus } from "../activation/bundle-status.ts";
import type { ServiceClient } from "./service-client.ts";

/** Tells how the bundles are, as OPA's status plugin does. */
export type StatusSink = {
  report(bundles: Readonly<Record<string, BundleStatus>>): void;
  /** Waits for a post under way. */
  close(): Promise<void>;
};

type StatusOptions = {
  readonly labels: Readonly<Record<string, string>>;
  /** Where a line is written for each report. */
  readonly stream: DestinationStream | undefined;
  /** Where each report is posted. */
  readonly service: ServiceClient | undefined;
  readonly onError: (message: string) => void;
};

export function createStatusSink(options: StatusOptions): StatusSink {
  const { labels, onError, service, stream } = options;
  let posting: Promise<void> = Promise.resolve();
  return {
    report: (bundles) => {
      const status = { labels, bundles };
      stream?.write(`${consoleLine(status)}\n`);
      if (service) {
        posting = posting
          .then(() => post(service, status))
          .catch((error: Error) =>
            onError(`status update failed: ${error.message}`),
          );
      }
    },
    close: () => posting,
  };
}

function consoleLine(status: object): string {
  return JSON.stringify({
    ...status,
    level: "info",
    msg: "Status Log",
    time: new Date().toISOString().replace(/\.\d+/, ""),
    type: "openpolicyagent.org/status",
  });
}

async function post(service: ServiceClient, status: object): Promise<void> {
  const { status: code } = await service.client({
    method: "POST",
    url: new URL(service.urlOf("status")),
    headers: { ...service.headers(), "Content-Type": "application/json" },
    body: Buffer.from(JSON.stringify(status)),
    signal: AbortSignal.timeout(10_000),
  });
  if (code < 200 || code >= 300) {
    throw new Error(`the server answered ${code}`);
  }
}
