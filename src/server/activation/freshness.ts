/** How long ago the source was last known to hold what is in force. */
export type Freshness = {
  readonly ageMs: number;
  /** Older than it may be. */
  readonly isStale: boolean;
  /** The source holds what is in force. */
  confirm(): void;
  /** The source could not be read, or what it holds could not be used. */
  doubt(): void;
  /** What is in force is a copy that the source was last known to hold then. */
  confirmedAt(time: Date): void;
};

type FreshnessOptions = {
  /** Undefined is no limit. */
  readonly maxMs: number | undefined;
  /** Silence of the source means that nothing changed: it is watched, not asked. */
  readonly isWatched: boolean;
  /** Milliseconds; tests bring their own. */
  readonly now?: () => number;
};

/** A freshness that begins confirmed. */
export function createFreshness({
  isWatched,
  maxMs,
  now = Date.now,
}: FreshnessOptions): Freshness {
  let confirmedAt = now();
  let isDoubted = false;
  const age = (): number => (isWatched && !isDoubted ? 0 : now() - confirmedAt);
  return {
    get ageMs() {
      return age();
    },
    get isStale() {
      return maxMs !== undefined && age() > maxMs;
    },
    confirm: () => {
      confirmedAt = now();
      isDoubted = false;
    },
    doubt: () => {
      if (isWatched && !isDoubted) {
        confirmedAt = now();
      }
      isDoubted = true;
    },
    confirmedAt: (time) => {
      confirmedAt = time.getTime();
      isDoubted = true;
    },
  };
}
