import { createHash } from "node:crypto";
import { compilePathGlobs } from "../ext-authz/mcp-paths.ts";
import type { RolloutRule } from "./compare-settings.ts";

/** Whether a check gets our answer before all others do. */
export type Rollout = (path: string, identity: string) => boolean;

/** The first rule that fits decides, for a caller always in the same way. */
export function createRollout(rules: readonly RolloutRule[]): Rollout {
  const compiled = rules.map(({ identities, paths, percent }) => ({
    percent,
    isPath: paths.length === 0 ? () => true : compilePathGlobs(paths),
    isIdentity: (identity: string) =>
      identities.length === 0 ||
      identities.some((one) =>
        one.endsWith("*")
          ? identity.startsWith(one.slice(0, -1))
          : identity === one,
      ),
  }));
  return (path, identity) => {
    const rule = compiled.find(
      ({ isIdentity, isPath }) => isPath(path) && isIdentity(identity),
    );
    return rule !== undefined && slotOf(identity) < rule.percent;
  };
}

/** A caller's place among a hundred. */
function slotOf(identity: string): number {
  const hash = createHash("sha256").update(identity).digest();
  return hash.readUInt32BE(0) % 100;
}
