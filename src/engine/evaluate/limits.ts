/** What one evaluation may use; absent means unlimited. */
export type Limits = {
  /** Units of work: function entries, loop turns, elements touched. */
  readonly fuel?: number | undefined;
  /** Linear memory, in pages of 64 KiB. */
  readonly memoryPages?: number | undefined;
  /** Wall-clock time in milliseconds. */
  readonly deadlineMs?: number | undefined;
};

// Fuel between two looks at the clock: well under a millisecond of work.
const slice = 50_000;

/** Counts fuel and time of one evaluation. */
export type Meter = {
  /** Fuel for the first slice. */
  readonly first: bigint;
  /** Whether the sandbox asks when a slice is used up. */
  readonly asks: boolean;
  /** The next slice, or why there is none; the sandbox has used so much more than it had. */
  next(debt: number): { readonly fuel: bigint } | { readonly exceeded: string };
};

const unlimited: Meter = {
  first: (1n << 63n) - 1n,
  asks: false,
  next: () => ({ fuel: (1n << 63n) - 1n }),
};

/** A meter for the limits; the deadline counts from its creation. */
export function createMeter(limits: Limits): Meter {
  const { fuel, deadlineMs } = limits;
  if (deadlineMs === undefined) {
    return fuel === undefined
      ? unlimited
      : {
          first: BigInt(fuel),
          asks: true,
          next: () => ({ exceeded: "fuel exhausted" }),
        };
  }
  const end = performance.now() + deadlineMs;
  let left = fuel ?? Number.POSITIVE_INFINITY;
  const take = (): bigint => {
    const amount = Math.min(slice, left);
    left -= amount;
    return BigInt(amount);
  };
  return {
    first: take(),
    asks: true,
    next: (debt) => {
      if (performance.now() > end) {
        return { exceeded: "deadline exceeded" };
      }
      left -= debt;
      return left <= 0 ? { exceeded: "fuel exhausted" } : { fuel: take() };
    },
  };
}
