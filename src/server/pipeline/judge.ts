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
    return judgeValue(decision.evaluate(verdictOf(step), step.limits), step);
  } catch (reason) {
    return judgeFailure(reason, step);
  }
}

/** The same where builtins may answer later; the guard's deadline covers them. */
export async function judgeLater(
  decision: Decision,
  step: GuardStep,
): Promise<Judgement> {
  try {
    const value = await decision.evaluateAsync(verdictOf(step), step.limits);
    return judgeValue(value, step);
  } catch (reason) {
    return judgeFailure(reason, step);
  }
}

function verdictOf({ guard }: GuardStep): string {
  return `guards/${guard}/verdict`;
}

function judgeValue(value: unknown, step: GuardStep): Judgement {
  const verdict = readGuardVerdict(value);
  return verdict.kind === "undefined" ? judgeSilence(step) : verdict;
}

function judgeFailure(reason: unknown, step: GuardStep): Judgement {
  const error = PolicyError.from(reason);
  return step.onError === "deny"
    ? { kind: "failed", error }
    : { kind: "excused", as: step.onError, error };
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
