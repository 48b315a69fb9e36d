import type { AnswerDifference } from "./answer-parts.ts";
import type { ComparedSample } from "./mask-sample.ts";
import type { FaultKind } from "./reference.ts";

/** Checks that differ in the same way. */
type DifferenceGroup = {
  /** The guard of ours that decided, or `pipeline`. */
  readonly rule: string;
  /** Method and path, ids in it as `*`. */
  readonly path: string;
  /** A hash of the caller's name; empty without one. */
  readonly identity: string;
  /** The parts of the answer that differ; of verdicts, from what to what. */
  readonly kind: string;
  readonly count: number;
  readonly first: string;
  readonly last: string;
  readonly samples: readonly ComparedSample[];
};

/** What was seen since the start. */
export type CompareReport = {
  readonly since: string;
  /** Checks whose two answers are known. */
  readonly observations: number;
  readonly same: number;
  readonly different: number;
  /** Comparisons left out, because too many were under way. */
  readonly skipped: number;
  /** Checks to which the reference gave no answer in time. */
  readonly faults: Readonly<Record<FaultKind, number>>;
  /** Whose answers the callers got. */
  readonly enforced: { readonly native: number; readonly reference: number };
  readonly groups: readonly DifferenceGroup[];
  /** Differences beyond the groups that are kept. */
  readonly ungrouped: number;
};

/** One check whose answers differ. */
export type Difference = Pick<DifferenceGroup, "rule" | "path" | "identity"> & {
  readonly differences: readonly AnswerDifference[];
  /** Made only for the first of a group. */
  readonly sample: () => ComparedSample;
};

/** Hears what the metrics count. */
export type CompareListener = {
  observed(result: "same" | "different" | "skipped" | FaultKind): void;
  differed(part: string): void;
};

// Clients choose paths and names: what is kept is bounded.
const mostGroups = 1_000;
const mostSamples = 3;

type OpenGroup = Omit<DifferenceGroup, "count" | "last" | "samples"> & {
  count: number;
  last: string;
  samples: ComparedSample[];
};

/** Collects what comparisons found, in bounded memory. */
export class Observations {
  readonly #listener: CompareListener;
  readonly #since = new Date().toISOString();
  readonly #groups = new Map<string, OpenGroup>();
  readonly #faults = { timeout: 0, unreachable: 0, failed: 0, garbage: 0 };
  readonly #enforced = { native: 0, reference: 0 };
  #same = 0;
  #different = 0;
  #skipped = 0;
  #ungrouped = 0;

  constructor(listener: CompareListener) {
    this.#listener = listener;
  }

  enforced(side: "native" | "reference"): void {
    this.#enforced[side] += 1;
  }

  same(): void {
    this.#same += 1;
    this.#listener.observed("same");
  }

  skipped(): void {
    this.#skipped += 1;
    this.#listener.observed("skipped");
  }

  fault(kind: FaultKind): void {
    this.#faults[kind] += 1;
    this.#listener.observed(kind);
  }

  different({ differences, identity, path, rule, sample }: Difference): void {
    this.#different += 1;
    this.#listener.observed("different");
    for (const { part } of differences) {
      this.#listener.differed(part);
    }
    const kind = kindOf(differences);
    const group = this.#groupOf({ rule, path, identity, kind });
    if (group === undefined) {
      this.#ungrouped += 1;
      return;
    }
    group.count += 1;
    group.last = new Date().toISOString();
    if (group.samples.length < mostSamples) {
      group.samples.push(sample());
    }
  }

  report(): CompareReport {
    return {
      since: this.#since,
      observations: this.#same + this.#different,
      same: this.#same,
      different: this.#different,
      skipped: this.#skipped,
      faults: { ...this.#faults },
      enforced: { ...this.#enforced },
      groups: [...this.#groups.values()].sort((a, b) => b.count - a.count),
      ungrouped: this.#ungrouped,
    };
  }

  #groupOf(
    names: Pick<OpenGroup, "rule" | "path" | "identity" | "kind">,
  ): OpenGroup | undefined {
    const { identity, kind, path, rule } = names;
    const key = JSON.stringify([rule, path, identity, kind]);
    const known = this.#groups.get(key);
    if (known || this.#groups.size >= mostGroups) {
      return known;
    }
    const now = new Date().toISOString();
    const group = { ...names, count: 0, first: now, last: now, samples: [] };
    this.#groups.set(key, group);
    return group;
  }
}

/** The verdict says most; the parts that follow from it are not named. */
function kindOf(differences: readonly AnswerDifference[]): string {
  const verdict = differences.find(({ part }) => part === "verdict");
  return verdict
    ? `${verdict.reference}-to-${verdict.native}`
    : differences.map(({ part }) => part).join(",");
}
