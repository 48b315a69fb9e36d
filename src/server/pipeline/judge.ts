import type { GuardStep } from "../../bundle/index.ts";
import {
  type Decision,
  type ForeignAnswer,
  type ForeignGuard,
  PolicyError,
} from "../../engine/index.ts";
import { type GuardVerdict, readGuardVerdict } from "./guard-verdict.ts";
import type { Step } from "./verdict.ts";

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

/** Asks a guard that was compiled elsewhere; what it used and wrote comes beside. */
export function judgeForeign(
  guard: ForeignGuard,
  input: Uint8Array,
  step: GuardStep,
): { readonly judgement: Judgement; readonly spent: Spent } {
  const answer = guard.evaluate(input, step.limits);
  const { fuel, log } = answer;
  const spent = log.length === 0 ? { fuel } : { fuel, log };
  return { judgement: judgeAnswer(answer, step), spent };
}

/** What a foreign guard leaves for the record. */
export type Spent = Pick<Step, "fuel" | "log">;

function judgeAnswer(answer: ForeignAnswer, step: GuardStep): Judgement {
  try {
    if ("error" in answer) {
      throw answer.error;
    }
    return judgeValue(answer.value, step);
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
