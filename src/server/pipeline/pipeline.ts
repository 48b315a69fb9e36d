import type { Revision, RevisionStore } from "../../bundle/index.ts";
import { subjectEntrypoint } from "../../bundle/index.ts";
import { PolicyError } from "../../engine/index.ts";
import type { BudgetStore } from "../budget/store.ts";
import type { Modes } from "./modes.ts";
import { type BudgetDenial, reserveCharges } from "./reserve-charges.ts";
import { type Objection, type Passage, runGuards } from "./run-guards.ts";
import type { Outcome, Pipeline, PipelineRequest } from "./verdict.ts";

type PipelineOptions = {
  readonly revisions: RevisionStore;
  readonly budget: BudgetStore;
  readonly modes: Modes;
  /** Why no check may be answered by the revision in force; undefined when it may. */
  readonly refusal?: () => PolicyError | undefined;
};

/** The guards of the revision in force; every failure becomes an outcome. */
export function createPipeline(options: PipelineOptions): Pipeline {
  return {
    get revision() {
      return options.revisions.current?.digest ?? "";
    },
    run: (request) => {
      // INVARIANT: read once, so one check uses exactly one revision.
      const revision = options.revisions.current;
      try {
        if (!revision) {
          throw new PolicyError("bundle_load_error", "no revision is loaded");
        }
        const refusal = options.refusal?.();
        if (refusal) {
          throw refusal;
        }
        const settled = settle(options, revision, request);
        return settled instanceof Promise
          ? settled.catch((error) => failure(error, revision))
          : settled;
      } catch (error) {
        return failure(error, revision);
      }
    },
  };
}

function settle(
  options: PipelineOptions,
  revision: Revision,
  request: PipelineRequest,
): Outcome | Promise<Outcome> {
  const passage = runGuards(revision, request, options.modes);
  return passage instanceof Promise
    ? passage.then((passed) => charge(options, revision, request, passed))
    : charge(options, revision, request, passage);
}

function charge(
  { budget }: PipelineOptions,
  revision: Revision,
  { requestId }: PipelineRequest,
  passage: Passage,
): Outcome | Promise<Outcome> {
  if (passage.objection) {
    return conclude(revision, passage);
  }
  const { charges, notedCharges } = passage;
  const noted = reserveCharges(budget, {
    charges: notedCharges,
    requestId,
    peek: true,
  });
  const taken = reserveCharges(budget, { charges, requestId });
  return noted instanceof Promise || taken instanceof Promise
    ? Promise.all([noted, taken]).then(([first, second]) =>
        conclude(revision, withCharges(passage, first, second)),
      )
    : conclude(revision, withCharges(passage, noted, taken));
}

/** The passage after the charges: a charge that did not fit is its guard's denial. */
function withCharges(
  passage: Passage,
  noted: BudgetDenial | undefined,
  taken: BudgetDenial | undefined,
): Passage {
  const steps = [...passage.steps];
  const objections = [noted, taken].map((denial) => {
    const step = denial && steps[denial.index];
    if (!denial || !step) {
      return undefined;
    }
    const { code, reason } = denial.denial;
    steps[denial.index] = { ...step, verdict: "deny", code, reason };
    return {
      index: denial.index,
      guard: step.guard,
      judgement: denial.denial,
    };
  });
  const [first, objection] = objections;
  const observed = passage.noted ?? first;
  return {
    ...passage,
    steps,
    ...(observed ? { noted: observed } : {}),
    ...(objection ? { objection } : {}),
  };
}

function conclude(revision: Revision, passage: Passage): Outcome {
  const { steps, effects, objection, noted } = passage;
  const shared = {
    revision: revision.digest,
    steps,
    subject: readSubject(revision, passage),
    ndBuiltinCache: () => readAnswers(passage),
  };
  if (objection) {
    const { dynamicMetadata } = effects;
    return {
      ...shared,
      enforced: true,
      ...(dynamicMetadata ? { dynamicMetadata } : {}),
      ...describe(objection),
      ...answerOf(objection),
    };
  }
  if (noted) {
    return { ...shared, ...describe(noted), enforced: false, ...effects };
  }
  return { ...shared, verdict: "allow", enforced: true, ...effects };
}

function describe({ guard, judgement }: Objection) {
  if (judgement.kind === "failed") {
    const { error: cause } = judgement;
    const reason = "the guard failed";
    return {
      verdict: "error",
      guard,
      code: cause.code,
      reason,
      cause,
    } as const;
  }
  const { code, reason, httpStatus } = judgement;
  return { verdict: "deny", guard, code, reason, httpStatus } as const;
}

/** What a denial does to the answer; a failure does nothing to it. */
function answerOf({ judgement }: Objection) {
  return judgement.kind === "deny"
    ? { ...judgement.effects, body: judgement.body }
    : {};
}

function readSubject(
  { pipeline }: Revision,
  { decision }: Passage,
): string | undefined {
  try {
    const subject = decision.evaluate(subjectEntrypoint, pipeline[0]?.limits);
    return typeof subject === "string" ? subject : undefined;
  } catch {
    // The record then has no subject; the verdict stands either way.
    return undefined;
  }
}

function readAnswers({ decision }: Passage): unknown {
  const answers = decision.ndBuiltinCache();
  return answers === undefined ? undefined : JSON.parse(answers);
}

/** What went wrong outside every guard. */
function failure(error: unknown, revision: Revision | undefined): Outcome {
  const cause = PolicyError.from(error);
  return {
    verdict: "error",
    enforced: true,
    revision: revision?.digest ?? "",
    steps: [],
    code: cause.code,
    reason:
      cause.code === "bundle_stale_error"
        ? "the policies are older than they may be"
        : "the check failed",
    cause,
  };
}
