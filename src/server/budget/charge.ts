import { PolicyError } from "../../engine/index.ts";
import { parseWindow, type Window } from "./window.ts";

/** What one call takes from one budget. */
export type Charge = {
  readonly key: string;
  readonly cost: bigint;
  readonly limit: bigint;
  readonly window: Window;
  /** The window as the guard wrote it. */
  readonly windowText: string;
  /** The status of a denial: 429, or 402 for money. */
  readonly httpStatus: number;
};

const known = ["key", "cost", "limit", "window", "http_status"];

/** Reads a verdict's `charges`; anything but whole, non-negative numbers is refused. */
export function readCharges(value: unknown): readonly Charge[] {
  if (!Array.isArray(value)) {
    throw fault("`charges` must be a list");
  }
  return value.map(readCharge);
}

function readCharge(value: unknown): Charge {
  if (value === null || typeof value !== "object" || Array.isArray(value)) {
    throw fault("a charge must be an object");
  }
  const charge = value as Readonly<Record<string, unknown>>;
  for (const name of Object.keys(charge)) {
    if (!known.includes(name)) {
      throw fault(`a charge has no \`${name}\``);
    }
  }
  const { key, window, http_status: httpStatus = 429 } = charge;
  if (typeof key !== "string" || key === "") {
    throw fault("a charge's `key` must be a text");
  }
  const parsed = typeof window === "string" ? parseWindow(window) : undefined;
  if (typeof window !== "string" || parsed === undefined) {
    throw fault(
      "a charge's `window` must be a duration as `60s` or `24h`, or `total`",
    );
  }
  if (typeof httpStatus !== "number") {
    throw fault("a charge's `http_status` must be a number");
  }
  return {
    key,
    cost: readAmount(charge["cost"], "cost"),
    limit: readAmount(charge["limit"], "limit"),
    window: parsed,
    windowText: window,
    httpStatus,
  };
}

/** Whole numbers of any size are exact; fractions and negative numbers are refused. */
function readAmount(value: unknown, name: string): bigint {
  const amount =
    typeof value === "bigint" || Number.isInteger(value)
      ? BigInt(value as number | bigint)
      : undefined;
  if (amount === undefined || amount < 0n) {
    throw fault(`a charge's \`${name}\` must be a whole number from 0`);
  }
  return amount;
}

function fault(message: string): PolicyError {
  return new PolicyError("guard_verdict_error", message);
}
