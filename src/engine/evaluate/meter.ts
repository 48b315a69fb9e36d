import { PolicyError } from "../error.ts";
import type { Limits } from "./limits.ts";

// Fuel between two looks at the clock: well under a millisecond of work.
const slice = 50_000;

const endless = (1n << 63n) - 1n;

/**
 * Fuel and time that one piece of work may use, in however many sandboxes and
 * runs; the time counts from the meter's creation. Fuel is handed out in slices,
 * so that the clock is looked at between them.
 */
export class Meter {
  readonly limits: Limits;
  /** Whether there is a limit to fuel or time at all. */
  readonly isLimited: boolean;
  /** What is left of the slice; below zero where more was used than there was. */
  balance: bigint;
  private readonly fuel: number;
  /** `performance.now()` at which the time is up. */
  private readonly until: number;
  private granted: number;

  constructor(limits: Limits) {
    const {
      deadlineMs = Number.POSITIVE_INFINITY,
      fuel = Number.POSITIVE_INFINITY,
    } = limits;
    this.limits = limits;
    this.fuel = fuel;
    this.until = performance.now() + deadlineMs;
    this.isLimited = Number.isFinite(Math.min(fuel, deadlineMs));
    this.granted = Math.min(slice, fuel);
    this.balance = this.isLimited ? BigInt(this.granted) : endless;
  }

  /** Adds the next slice to the balance; throws when fuel or time is up. */
  refill(): void {
    if (performance.now() > this.until) {
      throw new PolicyError("eval_limit_error", "deadline exceeded");
    }
    const debt = Number(-this.balance);
    const more = Math.min(slice + debt, this.fuel - this.granted);
    if (more < debt) {
      throw new PolicyError("eval_limit_error", "fuel exhausted");
    }
    this.granted += more;
    this.balance += BigInt(more);
  }

  /** Fuel that was used; never more than there was. */
  get used(): number {
    return Math.min(this.granted - Number(this.balance), this.fuel);
  }
}

const unlimited = new Meter({});

/** A meter for one evaluation. Without limits it is always the same, which costs less. */
export function meterOf(limits: Limits): Meter {
  const { deadlineMs, fuel, memoryPages } = limits;
  const isUnlimited = (deadlineMs ?? fuel ?? memoryPages) === undefined;
  return isUnlimited ? unlimited : new Meter(limits);
}
