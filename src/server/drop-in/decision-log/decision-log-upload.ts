import { promisify } from "node:util";
import { gzip } from "node:zlib";
import type { ReportingConfig } from "../../opa-config/decision-logs-config.ts";
import { type DecisionEvent, eventJson } from "./decision-event.ts";
import type { DecisionSink } from "./decision-logger.ts";

type UploadOptions = {
  readonly reporting: ReportingConfig;
  /** Sends one gzipped JSON array; rejects when it did not arrive. */
  readonly send: (body: Uint8Array) => Promise<void>;
  /** Events that were lost, or an upload that failed and is tried again. */
  readonly onError: (message: string) => void;
};

const pack = promisify(gzip);
const firstRetryMs = 100;
// A shutdown does not wait for a service that is down.
const lastTryMs = 5_000;

/** Sends events in gzipped arrays, as OPA's decision logger uploads them. */
export function createUploadSink(options: UploadOptions): DecisionSink {
  return new UploadSink(options);
}

class UploadSink implements DecisionSink {
  readonly #options: UploadOptions;
  #waiting: string[] = [];
  #bytes = 0;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> = Promise.resolve();
  #failures = 0;
  #second = { at: 0, count: 0 };

  constructor(options: UploadOptions) {
    this.#options = options;
    this.#plan();
  }

  write(event: DecisionEvent): void {
    const { bufferLimitBytes, bufferLimitEvents, maxPerSecond } =
      this.#options.reporting;
    if (maxPerSecond !== undefined && !this.#mayWrite(maxPerSecond)) {
      this.#options.onError(
        "a decision was dropped: the rate limit is exceeded",
      );
      return;
    }
    this.#push(eventJson(event));
    while (
      this.#waiting.length > bufferLimitEvents ||
      (bufferLimitBytes > 0 && this.#bytes > bufferLimitBytes)
    ) {
      this.#shift();
      this.#options.onError("a decision was dropped: the buffer is full");
    }
  }

  async close(): Promise<void> {
    clearTimeout(this.#timer);
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, lastTryMs);
    });
    await Promise.race([this.#upload(), late]);
    clearTimeout(timer);
    if (this.#waiting.length > 0) {
      this.#options.onError(
        `the server stopped with ${this.#waiting.length} decisions still in the buffer`,
      );
    }
  }

  #mayWrite(most: number): boolean {
    const now = Math.floor(Date.now() / 1_000);
    if (this.#second.at !== now) {
      this.#second = { at: now, count: 0 };
    }
    this.#second.count += 1;
    return this.#second.count <= most;
  }

  #push(event: string): void {
    this.#waiting.push(event);
    this.#bytes += event.length;
  }

  #shift(): void {
    this.#bytes -= this.#waiting.shift()?.length ?? 0;
  }

  #plan(): void {
    const { isManual, maxDelayMs, minDelayMs } = this.#options.reporting;
    if (isManual) {
      return;
    }
    const delay =
      this.#failures === 0
        ? minDelayMs + Math.random() * (maxDelayMs - minDelayMs)
        : Math.min(firstRetryMs * 2 ** this.#failures, maxDelayMs);
    this.#timer = setTimeout(() => {
      const again = () => this.#plan();
      this.#upload().then(again, again);
    }, delay);
    this.#timer.unref();
  }

  /** One upload after another; what could not be sent waits. */
  #upload(): Promise<void> {
    this.#running = this.#running.then(() => this.#sendAll());
    return this.#running;
  }

  async #sendAll(): Promise<void> {
    const events = this.#waiting.splice(0);
    this.#bytes = 0;
    try {
      await this.#sendSome(events);
      this.#failures = 0;
    } catch (error) {
      this.#failures += 1;
      // Not as arguments of one call: there may be too many.
      this.#waiting = [...events, ...this.#waiting];
      this.#bytes += events.reduce((sum, { length }) => sum + length, 0);
      this.#options.onError(`log upload failed: ${(error as Error).message}`);
    }
  }

  /** Sends events, in halves where they are too many for one upload; takes those out that were sent. */
  async #sendSome(events: string[]): Promise<void> {
    while (events.length > 0) {
      const chunk = await this.#firstChunk(events);
      if (chunk.body !== undefined) {
        await this.#options.send(chunk.body);
      }
      events.splice(0, chunk.count);
    }
  }

  /** As many of the first events as one upload takes; one that is too large alone is lost. */
  async #firstChunk(
    events: readonly string[],
  ): Promise<{ readonly count: number; readonly body?: Uint8Array }> {
    const { uploadLimitBytes } = this.#options.reporting;
    for (let count = events.length; count > 0; count = Math.ceil(count / 2)) {
      const body = await pack(`[${events.slice(0, count).join(",")}]`);
      if (body.length <= uploadLimitBytes) {
        return { count, body };
      }
      if (count === 1) {
        break;
      }
    }
    this.#options.onError(
      "a decision was dropped: it is larger than an upload",
    );
    return { count: 1 };
  }
}
