import type { LogFault } from "./json-splitter.ts";
import type { Change, Judgement } from "./judgement.ts";
import { type EventPlace, idOf, type ReplayEvent } from "./replay-event.ts";
import { type Times, TimeTally } from "./time-tally.ts";

/** Changes that have target, rule and kind in common. */
export type ChangeGroup = Pick<Change, "target" | "rule" | "kind"> & {
  readonly count: number;
  /** The first ones. */
  readonly samples: readonly Sample[];
};

/** One changed decision and where it is logged. */
export type Sample = EventPlace &
  Pick<Change, "recorded" | "replayed"> & { readonly id: string };

/** Events that could not be compared for one reason. */
type Unjudged = {
  readonly reason: string;
  readonly count: number;
  readonly first: EventPlace;
};

/** A part of a log that could not be read. */
export type PlacedFault = EventPlace & { readonly problem: string };

/** What became of all events. */
export type Counts = {
  readonly events: number;
  readonly same: number;
  readonly changed: number;
  readonly incomparable: number;
  /** Documents of the logs that are no decisions. */
  readonly other: number;
  readonly faults: number;
};

export type Tallied = {
  readonly counts: Counts;
  /** The most frequent first. */
  readonly groups: readonly ChangeGroup[];
  /** Changes beyond the groups that are kept. */
  readonly ungrouped: number;
  readonly incomparable: readonly Unjudged[];
  /** The first ones. */
  readonly faults: readonly PlacedFault[];
  readonly times: Times;
};

// Bounds, so that a million changed decisions need no more memory than a hundred.
const most = { groups: 1_000, samples: 3, reasons: 1_000, faults: 100 };
const longestText = 2_000;

/** Counts judgements in bounded memory. */
export class Tally {
  readonly #counts = {
    events: 0,
    same: 0,
    changed: 0,
    incomparable: 0,
    other: 0,
    faults: 0,
  };
  readonly #groups = new Map<
    string,
    Omit<ChangeGroup, "count" | "samples"> & {
      count: number;
      samples: Sample[];
    }
  >();
  readonly #reasons = new Map<
    string,
    { readonly first: EventPlace; count: number }
  >();
  readonly #faults: PlacedFault[] = [];
  readonly #times = new TimeTally();
  #ungrouped = 0;

  get counts(): Counts {
    return this.#counts;
  }

  addFault(file: string, { line, problem }: LogFault): void {
    this.#counts.faults += 1;
    if (this.#faults.length < most.faults) {
      this.#faults.push({ file, line, problem });
    }
  }

  addOther(): void {
    this.#counts.other += 1;
  }

  add(
    event: ReplayEvent,
    place: EventPlace,
    judgement: Judgement,
    milliseconds: number,
  ): void {
    this.#counts.events += 1;
    this.#counts[judgement.kind] += 1;
    switch (judgement.kind) {
      case "same":
        break;
      case "changed":
        this.#addChange(judgement.change, { id: idOf(event), ...place });
        break;
      case "incomparable":
        this.#addReason(judgement.reason, place);
        return;
    }
    this.#times.add(milliseconds);
  }

  result(): Tallied {
    return {
      counts: { ...this.#counts },
      groups: [...this.#groups.values()].sort((a, b) => b.count - a.count),
      ungrouped: this.#ungrouped,
      incomparable: [...this.#reasons]
        .map(([reason, found]) => ({ reason, ...found }))
        .sort((a, b) => b.count - a.count),
      faults: this.#faults,
      times: this.#times.result(),
    };
  }

  #addChange(
    { target, rule, kind, recorded, replayed }: Change,
    place: EventPlace & { readonly id: string },
  ): void {
    const key = JSON.stringify([target, rule, kind]);
    let group = this.#groups.get(key);
    if (group === undefined) {
      if (this.#groups.size >= most.groups) {
        this.#ungrouped += 1;
        return;
      }
      group = { target, rule, kind, count: 0, samples: [] };
      this.#groups.set(key, group);
    }
    group.count += 1;
    if (group.samples.length < most.samples) {
      group.samples.push({
        ...place,
        recorded: clip(recorded),
        replayed: clip(replayed),
      });
    }
  }

  #addReason(reason: string, first: EventPlace): void {
    const key =
      this.#reasons.has(reason) || this.#reasons.size < most.reasons
        ? reason
        : "other reasons";
    const found = this.#reasons.get(key) ?? { first, count: 0 };
    found.count += 1;
    this.#reasons.set(key, found);
  }
}

function clip(text: string): string {
  return text.length > longestText ? `${text.slice(0, longestText)}…` : text;
}
