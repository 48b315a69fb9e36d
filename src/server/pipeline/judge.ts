import type { GuardStep } from "../../bundle/index.ts";
import { type Decision, PolicyError } from "../../engine/index.ts";
import { type GuardVerdict, readGuardVerdict } from "./guard-verdict.ts";

/** A guard's verdict after its manifest's rules for failure and silence. */
export type Judgement =
  | Exclude<GuardVerdict, { kind: "undefined" }>
  | { readonly kind: "failed"; readonly error: PolicyError }
  /** It failed or said nothing, and its manifest lets that pass. */
  | {
      readonly kind: "excused";
      readonly as: "allow" | "skip";
      readonly error?: PolicyError;
    };

/** Evaluates one guard on the decision's input. */
export function judge(decision: Decision, step: GuardStep): Judgement {
  try {
    const entrypoint = `guards/${step.guard}/verdict`;
    const value = decision.evaluate(entrypoint, step.limits);
    const verdict = readGuardVerdict(value);
    return verdict.kind === "undefined" ? judgeSilence(step) : verdict;
  } catch (reason) {
    const error = PolicyError.from(reason);
    return step.onError === "deny"
      ? { kind: "failed", error }
      : { kind: "excused", as: step.onError, error };
  }
}

/** Undefined is not false and not an error: it has its own rule and code. */
function judgeSilence({ onUndefined }: GuardStep): Judgement {
  if (onUndefined !== "deny") {
    return { kind: "excused", as: onUndefined };
  }
  return {
    kind: "deny",
    effects: {},
    code: "guard_undefined",
    reason: "the guard gave no verdict",
  };
}
