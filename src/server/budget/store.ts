import type { Charge } from "./charge.ts";

/** What a store is asked to take, all or nothing. */
export type Reservation = {
  readonly charges: readonly Charge[];
  /** The same id takes once; undefined takes always. */
  readonly retryId?: string | undefined;
  /** Only says whether it would fit. */
  readonly peek?: boolean;
};

/** What came of it; `index` is the first charge that does not fit. */
export type ReservationAnswer =
  | { readonly kind: "reserved" }
  | { readonly kind: "repeated" }
  | {
      readonly kind: "exceeded";
      readonly index: number;
      /** When the charge will fit if nothing else is taken; absent for never. */
      readonly retryAfterMs?: number | undefined;
    }
  | { readonly kind: "full"; readonly index: number };

/**
 * Where budgets are kept. `reserve` is atomic: of calls at the same time only
 * as many succeed as fit, and a failed one leaves nothing behind.
 */
export type BudgetStore = {
  reserve(
    reservation: Reservation,
  ): ReservationAnswer | Promise<ReservationAnswer>;
  close(): void | Promise<void>;
};
