import type { Outcome } from "../pipeline/verdict.ts";

/** Watches whether the guards of a new revision fail in a burst. */
export type BurstWatch = {
  /** A revision took over, with one to go back to or without. */
  begin(digest: string, canGoBack: boolean): void;
  /** Takes note of a check; true once, when its failures make the burst. */
  note(outcome: Outcome): boolean;
};

type BurstOptions = {
  /** So many failures within the window; 0 is never. */
  readonly failures: number;
  readonly windowMs: number;
  /** Failures that come later after the change are not blamed on the revision. */
  readonly probationMs: number;
  /** Milliseconds; tests bring their own. */
  readonly now?: () => number;
};

/**
 * A watch over one revision at a time. It ends with the probation: whoever can
 * make a guard fail by a request must not be able to bring back an older policy
 * whenever he likes.
 */
export function createBurstWatch({
  failures,
  now = Date.now,
  probationMs,
  windowMs,
}: BurstOptions): BurstWatch {
  let digest: string | undefined;
  let until = 0;
  let times: number[] = [];
  return {
    begin: (revision, canGoBack) => {
      digest = canGoBack && failures > 0 ? revision : undefined;
      until = now() + probationMs;
      times = [];
    },
    note: (outcome) => {
      if (outcome.revision !== digest || !hasFailed(outcome)) {
        return false;
      }
      const time = now();
      if (time > until) {
        digest = undefined;
        return false;
      }
      times = [...times.filter((one) => time - one < windowMs), time];
      const isBurst = times.length >= failures;
      if (isBurst) {
        digest = undefined;
      }
      return isBurst;
    },
  };
}

/** A guard that is only monitored is being tried: it may fail. */
function hasFailed({ steps }: Outcome): boolean {
  return steps.some(
    ({ mode, verdict }) => verdict === "error" && mode === "enforce",
  );
}
