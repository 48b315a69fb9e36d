import { setTimeout as delay } from "node:timers/promises";
import { PolicyError } from "../../engine/index.ts";
import { fault } from "../fault.ts";
import type { BundleCache, Kept } from "./bundle-cache.ts";
import type { BundleReader } from "./bundle-reader.ts";
import type { BundleSource, Fetched, SourceListener } from "./bundle-source.ts";
import type { Delivery, Remote } from "./remote.ts";
import type { Trust } from "./trust.ts";

/** How often a server is asked. */
type Polling = {
  /** The least and the greatest time between two requests; each is drawn from between. */
  readonly minMs: number;
  readonly maxMs: number;
};

type RemoteSourceOptions = {
  readonly remote: Remote;
  readonly trust: Trust;
  readonly read: BundleReader;
  readonly polling: Polling;
  readonly cache: BundleCache | undefined;
};

// A server that does not wait though it says so is asked no oftener than this.
const leastPollMs = 1000;

/** A source on another machine. */
export function createRemoteSource(options: RemoteSourceOptions): BundleSource {
  return new RemoteSource(options);
}

/** A copy in the cache that is as good as when it came. */
type Copy = { readonly fetched: Fetched; readonly kept: Kept };

class RemoteSource implements BundleSource {
  readonly #options: RemoteSourceOptions;
  readonly #closing = new AbortController();
  /** As what each content came: an earlier one may be kept again. */
  readonly #deliveries = new WeakMap<Fetched, Delivery>();
  /** What the cache holds, as far as this process knows. */
  #kept: Delivery | undefined;
  /** Names the last good content to the server. */
  #validator: string | undefined;
  /** How often asking has failed since it last went well. */
  #failures = 0;
  /** How often what came was to be forgotten since something came into force. */
  #forgotten = 0;
  #polling = Promise.resolve();

  constructor(options: RemoteSourceOptions) {
    this.#options = options;
  }

  async load(): Promise<Fetched> {
    const copy = await this.#readCopy().catch(asFault);
    const usable = copy instanceof PolicyError ? undefined : copy;
    this.#validator = usable?.kept.validator;
    try {
      const found = await this.#ask(false);
      return found === "unchanged" && usable
        ? usable.fetched
        : (found as Fetched);
    } catch (error) {
      const reason = asFault(error);
      if (usable !== undefined) {
        return this.#outdated(usable, reason);
      }
      throw copy instanceof PolicyError ? both(reason, copy) : reason;
    }
  }

  async watch(listener: SourceListener): Promise<void> {
    this.#polling = this.#poll(listener);
  }

  async keep(fetched: Fetched): Promise<PolicyError | undefined> {
    const { cache, remote } = this.#options;
    const delivery = this.#deliveries.get(fetched);
    this.#forgotten = 0;
    if (!cache || !delivery || delivery === this.#kept) {
      return undefined;
    }
    try {
      await cache.write(remote.address, delivery);
      this.#kept = delivery;
      return undefined;
    } catch (error) {
      const { rawMessage } = asFault(error);
      return fault(
        `the bundle ${fetched.from} cannot be kept: ${rawMessage}`,
        error,
      );
    }
  }

  async lastKept(why: PolicyError): Promise<Fetched | undefined> {
    const copy = await this.#readCopy().catch(() => undefined);
    return copy && this.#outdated(copy, why);
  }

  forget(): void {
    this.#validator = undefined;
    this.#forgotten += 1;
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#polling;
  }

  /** Asks the server once, at a start or for what is new; what it gives is verified. */
  async #ask(isForNews: boolean): Promise<Fetched | "unchanged"> {
    const { read, remote, trust } = this.#options;
    try {
      const delivery = await remote.fetch({
        known: this.#validator,
        waits: isForNews,
        // At a start there is nothing in force that a delta could change.
        takesDelta: isForNews,
        signal: this.#closing.signal,
      });
      if (delivery === "unchanged") {
        this.#failures = 0;
        return delivery;
      }
      const fetched = await read({ from: delivery, trust });
      this.#validator = delivery.validator;
      this.#deliveries.set(fetched, delivery);
      this.#failures = 0;
      return fetched;
    } catch (error) {
      this.#failures += 1;
      throw error;
    }
  }

  async #poll(listener: SourceListener): Promise<void> {
    let tookMs = 0;
    while (await this.#pause(tookMs)) {
      const start = performance.now();
      const found = await this.#ask(true).catch(asFault);
      tookMs = performance.now() - start;
      if (this.#closing.signal.aborted) {
        return;
      }
      if (found === "unchanged") {
        listener.unchanged();
      } else if (found instanceof PolicyError) {
        listener.failed(found);
      } else {
        await listener.fetched(found);
      }
    }
  }

  /** Waits until the server is to be asked again; false when there is no again. */
  #pause(tookMs: number): Promise<boolean> {
    const { polling, remote } = this.#options;
    const waitMs = remote.canWait
      ? Math.max(0, leastPollMs - tookMs)
      : between(polling.minMs, polling.maxMs);
    const failures = this.#failures + this.#forgotten;
    const milliseconds = failures > 0 ? backOff(failures, polling) : waitMs;
    return delay(milliseconds, true, { signal: this.#closing.signal }).catch(
      () => false,
    );
  }

  async #readCopy(): Promise<Copy | undefined> {
    const { cache, read, remote, trust } = this.#options;
    const kept = await cache?.read(remote.address);
    if (kept === undefined) {
      return undefined;
    }
    const fetched = await read({ from: kept, trust });
    this.#deliveries.set(fetched, kept);
    this.#kept = kept;
    return { fetched, kept };
  }

  #outdated({ fetched, kept }: Copy, why: PolicyError): Fetched {
    const text = `${why.rawMessage}; the copy kept at ${kept.keptAt} is used`;
    const copy = {
      ...fetched,
      outdated: new PolicyError(why.code, text, { cause: why }),
      keptAt: new Date(kept.keptAt),
    };
    this.#deliveries.set(copy, kept);
    return copy;
  }
}

function both(reason: PolicyError, copy: PolicyError): PolicyError {
  return new PolicyError(
    reason.code,
    `${reason.rawMessage}; and of the cache: ${copy.rawMessage}`,
    { cause: reason },
  );
}

function asFault(error: unknown): PolicyError {
  return PolicyError.from(error, "bundle_load_error");
}

/** Sooner than the next regular request at first, then later and later. */
function backOff(failures: number, { minMs, maxMs }: Polling): number {
  const first = Math.min(leastPollMs, minMs);
  const longest = Math.min(maxMs, first * 2 ** Math.min(failures - 1, 20));
  return between(longest / 2, longest);
}

function between(least: number, greatest: number): number {
  return least + (greatest - least) * Math.random();
}
