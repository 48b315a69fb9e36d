import type { Func, Plan, Policy } from "./ir/ir.ts";
import { calledBy, eachReachedStmt } from "./optimize/statement-parts.ts";
import type { Location } from "./source.ts";

/** A call that an entrypoint may make of its host. */
export type HostCall = {
  readonly entrypoint: string;
  readonly builtin: string;
  /** Where it stands first. */
  readonly location: Location;
};

/** The host builtins that each query of a plan can reach, by name. */
export function hostCallsOf(
  { plans, funcs }: Policy,
  hostBuiltins: readonly string[],
): readonly HostCall[] {
  const byName = new Map(funcs.map((func) => [func.name, func]));
  const isHost = new Set(hostBuiltins);
  return plans.flatMap((plan) => {
    const found = firstCalls(plan, byName, isHost);
    return [...found]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([builtin, location]) => ({
        entrypoint: plan.name,
        builtin,
        location,
      }));
  });
}

function firstCalls(
  plan: Plan,
  byName: ReadonlyMap<string, Func>,
  isHost: ReadonlySet<string>,
): ReadonlyMap<string, Location> {
  const found = new Map<string, Location>();
  eachReachedStmt(plan.blocks, byName, (stmt) => {
    for (const name of calledBy(stmt)) {
      if (isHost.has(name) && !found.has(name)) {
        found.set(name, stmt.location);
      }
    }
  });
  return found;
}
