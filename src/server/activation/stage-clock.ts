import { performance } from "node:perf_hooks";

/** The way of a revision into force, in order. */
export type Stage =
  | "download"
  | "verify"
  | "compile"
  | "self_test"
  | "canary"
  | "warm_up"
  | "swap";

/** Tells where an activation is, and how long it was in each stage. */
export type StageClock = {
  readonly stage: Stage;
  enter(stage: Stage): void;
  /** Milliseconds by stage, the one under way included. */
  spent(): ReadonlyMap<Stage, number>;
};

/** A clock that begins in the given stage. */
export function startStageClock(
  first: Stage,
  now: () => number = () => performance.now(),
): StageClock {
  const spent = new Map<Stage, number>();
  let stage = first;
  let since = now();
  const count = (): void => {
    const time = now();
    spent.set(stage, (spent.get(stage) ?? 0) + time - since);
    since = time;
  };
  return {
    get stage() {
      return stage;
    },
    enter: (next) => {
      count();
      stage = next;
    },
    spent: () => {
      count();
      return new Map(spent);
    },
  };
}
