import { type UncoveredKind, uncoveredKinds } from "../../src/engine/index.ts";
import { type Arguments, listFlag } from "./command.ts";

/** Which further runs explain what was not covered. */
export const coverageRunsFlag = {
  type: "string",
  multiple: true,
  argument: "KINDS",
  help: "further runs that tell why something is not covered (index_excluded,early_exit); empty for none",
} as const;

const allKinds = Object.keys(uncoveredKinds) as readonly UncoveredKind[];

/** The kinds that `--coverage-runs` names, all by default; or what is wrong with it. */
export function readKinds(
  args: Arguments,
): { readonly kinds: readonly UncoveredKind[] } | { readonly wrong: string } {
  if (args.flags["coverage-runs"] === undefined) {
    return { kinds: allKinds };
  }
  const names = listFlag(args, "coverage-runs").filter((name) => name !== "");
  const wrong = names.find((name) => !allKinds.some((kind) => kind === name));
  return wrong === undefined
    ? { kinds: allKinds.filter((kind) => names.includes(kind)) }
    : {
        wrong: `invalid --coverage-runs value ${JSON.stringify(wrong)} (expected "index_excluded" or "early_exit")`,
      };
}
