import type { SideName, Workload } from "../workloads/workload.ts";

/** One program made ready to answer a workload again and again. */
export type Side = {
  readonly name: SideName;
  /** The decision, to see that all sides do the same work. */
  readonly answer: unknown;
  /** CPU microseconds a decision, over at least so many milliseconds. */
  measure(milliseconds: number): number | Promise<number>;
  close(): void;
};

/** Makes a side ready; undefined where its program is missing or refuses the policy. */
export type Prepare = (workload: Workload) => Promise<Side | undefined>;
