import { readFileSync } from "node:fs";

/** What answers a workload; all read the same input bytes in every decision. */
export type SideName = "ours" | "oursInSdk" | "opaWasm" | "opa" | "regorus";

/** The slower side takes at least so many times what the faster one takes. */
export type Goal = {
  readonly slower: SideName;
  readonly faster: SideName;
  readonly atLeast: number;
};

/** A decision to measure: `data.bench.result` of the policy. */
export type Workload = {
  readonly name: string;
  readonly about: string;
  /** Rego text. */
  readonly policy: string;
  readonly input: object;
  readonly data?: object;
  readonly goals: readonly Goal[];
};

/** The policy in a folder beside this file. */
export function readPolicy(folder: string): string {
  return readFileSync(
    new URL(`./${folder}/policy.rego`, import.meta.url),
    "utf8",
  );
}
