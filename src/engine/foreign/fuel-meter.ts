import { PolicyError } from "../error.ts";
import type { Limits } from "../evaluate/limits.ts";

// Fuel between two looks at the clock: well under a millisecond of work.
const slice = 100_000;

/** Hands out the fuel of one call in slices, so that the clock is looked at between them. */
export class FuelMeter {
  /** `performance.now()` at which the time is up. */
  readonly until: number;
  private readonly fuel: number;
  private granted: number;

  constructor({ fuel, deadlineMs }: Limits) {
    this.fuel = fuel ?? Number.MAX_SAFE_INTEGER;
    this.until = performance.now() + (deadlineMs ?? Number.POSITIVE_INFINITY);
    this.granted = Math.min(slice, this.fuel);
  }

  /** What the module begins with. */
  get first(): bigint {
    return BigInt(this.granted);
  }

  /** The balance to go on with; throws when fuel or time is up. */
  refill(balance: bigint): bigint {
    this.checkTime();
    const debt = Number(-balance);
    const more = Math.min(slice + debt, this.fuel - this.granted);
    if (more < debt) {
      throw new PolicyError("eval_limit_error", "fuel exhausted");
    }
    this.granted += more;
    return BigInt(more - debt);
  }

  /** Throws when the time is up. */
  checkTime(): void {
    if (performance.now() > this.until) {
      throw new PolicyError("eval_limit_error", "deadline exceeded");
    }
  }

  /** Fuel that a module with this balance has used; never more than it was given. */
  used(balance: bigint): number {
    return Math.min(this.granted - Number(balance), this.fuel);
  }

  /** Fuel that is left to it. */
  left(balance: bigint): number {
    return Math.max(this.fuel - this.used(balance), 0);
  }
}
