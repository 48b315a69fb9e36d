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
function refill(bucket: Bucket, time: number): Bucket {
  // A clock that is set back gives nothing back.
  const elapsed = Math.max(0, time - bucket.time);
  if (bucket.window === "total" || elapsed === 0) {
    return bucket;
  }
  const returned = bucket.limit * BigInt(elapsed);
  const used = bucket.used > returned ? bucket.used - returned : 0n;
  return { ...bucket, used, time };
}

/** The bucket with the charge taken, or why it does not fit. */
export type Taking =
  | { readonly fits: true; readonly bucket: Bucket }
  | { readonly fits: false; readonly retryAfterMs?: number | undefined };

/** Takes a charge from a bucket; an absent bucket has nothing in use. */
export function take(
  bucket: Bucket | undefined,
  charge: Charge,
  time: number,
): Taking {
  const { cost, limit, window } = charge;
  const scale = scaleOf(window);
  const before = bucket ? convert(refill(bucket, time), window) : 0n;
  const used = before + cost * scale;
  const excess = used - limit * scale;
  if (excess <= 0n) {
    return { fits: true, bucket: { used, limit, window, time } };
  }
  const never = window === "total" || cost > limit;
  return never
    ? { fits: false }
    : { fits: false, retryAfterMs: Number((excess + limit - 1n) / limit) };
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
