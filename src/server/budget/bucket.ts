import type { Charge } from "./charge.ts";
import type { Window } from "./window.ts";

/**
 * How much of one budget is in use. It refills evenly: `limit` units in one
 * window, never beyond the limit. `used` counts in units of 1/window, so a
 * millisecond gives back exactly `limit` of them and nothing is ever rounded.
 */
export type Bucket = {
  readonly used: bigint;
  readonly limit: bigint;
  readonly window: Window;
  readonly time: number;
};

/** The bucket as it stands at `time`. */
export function refill(bucket: Bucket, time: number): Bucket {
  // A clock that is set back gives nothing back.
  const elapsed = Math.max(0, time - bucket.time);
  if (bucket.window === "total" || elapsed === 0) {
    return bucket;
  }
  const returned = bucket.limit * BigInt(elapsed);
  const used = bucket.used > returned ? bucket.used - returned : 0n;
  return { ...bucket, used, time };
}

/** The bucket with the charge taken, or undefined when it does not fit. */
export function take(
  bucket: Bucket | undefined,
  charge: Charge,
  time: number,
): Bucket | undefined {
  const scale = scaleOf(charge.window);
  const before = bucket ? convert(refill(bucket, time), charge.window) : 0n;
  const used = before + charge.cost * scale;
  const { limit, window } = charge;
  return used <= limit * scale ? { used, limit, window, time } : undefined;
}

/** Whether nothing is in use, so that forgetting the bucket changes nothing. */
export function isIdle(bucket: Bucket, time: number): boolean {
  return refill(bucket, time).used === 0n;
}

/** A policy that changes a window keeps what is in use, rounded up. */
function convert(bucket: Bucket, window: Window): bigint {
  if (bucket.window === window) {
    return bucket.used;
  }
  const from = scaleOf(bucket.window);
  return (bucket.used * scaleOf(window) + from - 1n) / from;
}

function scaleOf(window: Window): bigint {
  return window === "total" ? 1n : BigInt(window);
}
