/** What became of one event. */
export type Judgement =
  | { readonly kind: "same" }
  | { readonly kind: "changed"; readonly change: Change }
  /** The event does not hold what a comparison needs. */
  | { readonly kind: "incomparable"; readonly reason: string };

/** How a decision differs from the recorded one. */
export type Change = {
  /** The document, query or guard that decides. */
  readonly target: string;
  /** What in it gave another value. */
  readonly rule: string;
  readonly kind: ChangeKind;
  /** What was recorded, and what the bundle decides, as text. */
  readonly recorded: string;
  readonly replayed: string;
};

export type ChangeKind =
  | "allow-to-deny"
  | "deny-to-allow"
  | "value"
  | "became-undefined"
  | "became-defined"
  | "became-error"
  | "error-gone"
  | "answer";

export const same: Judgement = { kind: "same" };

export function incomparable(reason: string): Judgement {
  return { kind: "incomparable", reason };
}
