import { type Bucket, isIdle, take } from "./bucket.ts";
import type { BudgetStore, Reservation, ReservationAnswer } from "./store.ts";

type MemoryStoreOptions = {
  /** New keys are denied beyond this many. */
  readonly maxKeys: number;
  /** How long a request id is remembered. */
  readonly retryWindowMs: number;
  /** Milliseconds; tests bring their own. */
  readonly now?: () => number;
};

// Looking for idle keys costs time in proportion to their number.
const sweepEveryMs = 1_000;

/** Budgets of this process; a restart forgets them. */
export function createMemoryStore(options: MemoryStoreOptions): BudgetStore {
  return new MemoryStore(options);
}

class MemoryStore implements BudgetStore {
  readonly #buckets = new Map<string, Bucket>();
  /** In the order of their times, for a Map keeps insertion order. */
  readonly #retries = new Map<string, number>();
  readonly #options: MemoryStoreOptions;
  readonly #now: () => number;
  #swept = Number.NEGATIVE_INFINITY;

  constructor(options: MemoryStoreOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
  }

  // INVARIANT: no await between the first look and the last write, so no two
  // reservations interleave.
  reserve({ charges, retryId, peek }: Reservation): ReservationAnswer {
    const time = this.#now();
    this.#forgetRetries(time);
    if (retryId !== undefined && this.#retries.has(retryId)) {
      return { kind: "repeated" };
    }
    const taken = new Map<string, Bucket>();
    for (const [index, charge] of charges.entries()) {
      const bucket = taken.get(charge.key) ?? this.#buckets.get(charge.key);
      if (!bucket && !this.#hasRoom(taken.size, time)) {
        return { kind: "full", index };
      }
      const taking = take(bucket, charge, time);
      if (!taking.fits) {
        const { retryAfterMs } = taking;
        return { kind: "exceeded", index, retryAfterMs };
      }
      taken.set(charge.key, taking.bucket);
    }
    if (!peek) {
      this.#commit(taken, retryId, time);
    }
    return { kind: "reserved" };
  }

  close(): void {
    this.#buckets.clear();
    this.#retries.clear();
  }

  #commit(
    taken: ReadonlyMap<string, Bucket>,
    retryId: string | undefined,
    time: number,
  ): void {
    for (const [key, bucket] of taken) {
      this.#buckets.set(key, bucket);
    }
    if (retryId !== undefined && taken.size > 0) {
      this.#retries.set(retryId, time);
    }
  }

  #hasRoom(pending: number, time: number): boolean {
    const { maxKeys } = this.#options;
    if (this.#buckets.size + pending < maxKeys) {
      return true;
    }
    if (time - this.#swept >= sweepEveryMs) {
      this.#swept = time;
      for (const [key, bucket] of this.#buckets) {
        if (isIdle(bucket, time)) {
          this.#buckets.delete(key);
        }
      }
    }
    return this.#buckets.size + pending < maxKeys;
  }

  #forgetRetries(time: number): void {
    const { maxKeys, retryWindowMs } = this.#options;
    for (const [id, at] of this.#retries) {
      if (time - at < retryWindowMs && this.#retries.size <= maxKeys) {
        return;
      }
      this.#retries.delete(id);
    }
  }
}
