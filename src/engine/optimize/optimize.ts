import type { Func, Plan } from "../ir/ir.ts";
import { constantFunctions } from "./constant-functions.ts";
import { dropUnread } from "./drop-unread.ts";
import { type Constants, foldConstants } from "./fold-constants.ts";
import { inlineFunctions, smallFunctions } from "./inline-functions.ts";
import type { Optimizations } from "./optimizations.ts";
import { reuseLookups } from "./reuse-lookups.ts";
import { eachReachedStmt } from "./statement-parts.ts";

type Planned = {
  readonly plans: readonly Plan[];
  readonly funcs: readonly Func[];
};

/** Plans and functions that do the same in fewer steps. */
export function optimize(
  planned: Planned,
  constants: Constants,
  chosen: Required<Optimizations>,
): Planned {
  const { inlining, constantFolding, subDocumentCache } = chosen;
  let done = planned;
  if (inlining) {
    const small = smallFunctions(done.funcs);
    done =
      small.size === 0
        ? done
        : changed(done, (blocks) => inlineFunctions(blocks, small));
  }
  if (constantFolding) {
    done = withoutUnused(
      changed(done, (blocks) => foldConstants(blocks, constants)),
    );
    const results = constantFunctions(done.funcs);
    done =
      results.size === 0
        ? done
        : changed(done, (blocks) =>
            foldConstants(blocks, { ...constants, results }),
          );
  }
  if (subDocumentCache) {
    done = changed(done, reuseLookups);
  }
  return done === planned ? planned : withoutUnused(done);
}

function changed(
  { plans, funcs }: Planned,
  change: (blocks: Func["blocks"]) => Func["blocks"],
): Planned {
  return {
    plans: plans.map((plan) => ({ ...plan, blocks: change(plan.blocks) })),
    funcs: funcs.map((func) => ({ ...func, blocks: change(func.blocks) })),
  };
}

/** Without the assignments and the functions that nothing needs any more. */
function withoutUnused({ plans, funcs }: Planned): Planned {
  const done = {
    plans: plans.map((plan) => ({
      ...plan,
      blocks: dropUnread(plan.blocks, undefined),
    })),
    funcs: funcs.map((func) => ({
      ...func,
      blocks: dropUnread(func.blocks, func.return),
    })),
  };
  return { ...done, funcs: called(done) };
}

/** The functions that are called still. */
function called({ plans, funcs }: Planned): readonly Func[] {
  const byName = new Map(funcs.map((func) => [func.name, func]));
  const blocks = plans.flatMap((plan) => plan.blocks);
  const reached = eachReachedStmt(blocks, byName);
  return funcs.filter((func) => reached.has(func));
}
