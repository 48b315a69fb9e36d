import { hash } from "node:crypto";
import type { Charge } from "../budget/charge.ts";
import type { BudgetStore, ReservationAnswer } from "../budget/store.ts";
import type { Judgement } from "./judge.ts";
import type { OpenCharge } from "./run-guards.ts";

type Denial = Extract<Judgement, { kind: "deny" }>;

/** The charge that does not fit, as a denial of the guard at `index`. */
export type BudgetDenial = { readonly index: number; readonly denial: Denial };

type Order = {
  readonly charges: readonly OpenCharge[];
  readonly requestId: string;
  readonly peek?: boolean;
};

/** Takes all charges or none; undefined when they fit. */
export function reserveCharges(
  store: BudgetStore,
  { charges, requestId, peek = false }: Order,
): BudgetDenial | undefined | Promise<BudgetDenial | undefined> {
  if (charges.length === 0) {
    return undefined;
  }
  const answer = store.reserve({
    charges: charges.map(({ charge }) => charge),
    retryId: requestId === "" ? undefined : retryId(requestId, charges),
    peek,
  });
  return answer instanceof Promise
    ? answer.then((settled) => toDenial(settled, charges))
    : toDenial(answer, charges);
}

/**
 * A retry has the same request id and asks for the same charges. The charges
 * are part of it because a client may choose the id.
 */
function retryId(requestId: string, charges: readonly OpenCharge[]): string {
  const parts = charges.map(({ charge: { key, cost } }) => [key, `${cost}`]);
  return hash("sha256", JSON.stringify([requestId, ...parts]), "base64");
}

function toDenial(
  answer: ReservationAnswer,
  charges: readonly OpenCharge[],
): BudgetDenial | undefined {
  if (answer.kind === "reserved" || answer.kind === "repeated") {
    return undefined;
  }
  const open = charges[answer.index];
  if (!open) {
    throw new Error("the budget store names a charge that nobody asked for");
  }
  const { charge, index } = open;
  if (answer.kind === "full") {
    return {
      index,
      denial: deny(
        charge,
        "budget_keys_exhausted",
        "no further budget can be opened",
      ),
    };
  }
  const { limit, windowText, window } = charge;
  const period = window === "total" ? "in total" : `in ${windowText}`;
  const reason = `the budget of ${limit} ${period} does not allow this call`;
  const denial = deny(charge, "budget_exceeded", reason);
  return {
    index,
    denial:
      answer.retryAfterMs === undefined
        ? denial
        : { ...denial, effects: retryAfter(answer.retryAfterMs) },
  };
}

function deny(charge: Charge, code: string, reason: string): Denial {
  const { httpStatus } = charge;
  return { kind: "deny", effects: {}, code, reason, httpStatus };
}

function retryAfter(milliseconds: number) {
  const seconds = String(Math.ceil(milliseconds / 1_000));
  return { headers: [["retry-after", seconds] as const] };
}
