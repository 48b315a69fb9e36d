import { performance } from "node:perf_hooks";
import type { GuardMode, GuardStep, Revision } from "../../bundle/index.ts";
import type { Decision } from "../../engine/index.ts";
import type { Charge } from "../budget/charge.ts";
import { mergeEffects } from "./effects.ts";
import type { Effects } from "./guard-verdict.ts";
import {
  type Judgement,
  judge,
  judgeForeign,
  judgeLater,
  type Spent,
} from "./judge.ts";
import type { Modes } from "./modes.ts";
import type { PipelineRequest, Step } from "./verdict.ts";

/** A denial or failure, in the name of the guard of one step. */
export type Objection = {
  readonly index: number;
  readonly guard: string;
  readonly judgement: Extract<Judgement, { kind: "deny" | "failed" }>;
};

/** A charge and the step of the guard that asks for it. */
export type OpenCharge = { readonly index: number; readonly charge: Charge };

/** What the guards said, before any charge is taken. */
export type Passage = {
  readonly steps: Step[];
  readonly effects: Effects;
  /** The first denial or failure that counts; later guards have not run. */
  readonly objection?: Objection;
  /** The first one that was only noted. */
  readonly noted?: Objection;
  readonly charges: readonly OpenCharge[];
  /** Charges of monitored guards: looked at, never taken. */
  readonly notedCharges: readonly OpenCharge[];
  /** The decision to ask for more, whatever became of the guards. */
  readonly decision: Decision;
};

/** What the guards of one check see. */
type GuardedRequest = Pick<PipelineRequest, "input" | "ndBuiltinCache">;

/** Runs the guards in order until one objects; at once, unless a builtin answers later. */
export function runGuards(
  revision: Revision,
  request: GuardedRequest,
  modes: Modes,
): Passage | Promise<Passage> {
  const run = new GuardRun(revision, request);
  if (revision.answersLater) {
    return runLater(run, revision, modes);
  }
  for (const step of revision.pipeline) {
    run.take(step, modes.of(step));
  }
  return run.passage();
}

async function runLater(
  run: GuardRun,
  { pipeline }: Revision,
  modes: Modes,
): Promise<Passage> {
  for (const step of pipeline) {
    await run.takeLater(step, modes.of(step));
  }
  return run.passage();
}

class GuardRun {
  readonly #revision: Revision;
  readonly #request: GuardedRequest;
  readonly #steps: Step[] = [];
  readonly #charges: OpenCharge[] = [];
  readonly #notedCharges: OpenCharge[] = [];
  #decision: Decision;
  #effects: Effects = {};
  #objection: Objection | undefined;
  #noted: Objection | undefined;

  constructor(revision: Revision, request: GuardedRequest) {
    this.#revision = revision;
    this.#request = request;
    this.#decision = startDecision(revision, request);
  }

  take(step: GuardStep, mode: GuardMode): void {
    if (!(this.#isPassedOver(step, mode) || this.#takeForeign(step, mode))) {
      const begin = performance.now();
      const judgement = judge(this.#decision, step);
      this.#took(step, mode, { begin, judgement });
    }
  }

  async takeLater(step: GuardStep, mode: GuardMode): Promise<void> {
    if (!(this.#isPassedOver(step, mode) || this.#takeForeign(step, mode))) {
      const begin = performance.now();
      const judgement = await judgeLater(this.#decision, step);
      this.#took(step, mode, { begin, judgement });
    }
  }

  /** False for a guard of the policy's own. */
  #takeForeign(step: GuardStep, mode: GuardMode): boolean {
    const guard = this.#revision.foreign.get(step.guard);
    if (!guard) {
      return false;
    }
    const begin = performance.now();
    const taken = judgeForeign(guard, this.#request.input, step);
    this.#took(step, mode, { begin, ...taken });
    return true;
  }

  #isPassedOver({ guard }: GuardStep, mode: GuardMode): boolean {
    const isOver = mode === "off" || this.#objection !== undefined;
    if (isOver) {
      const verdict = mode === "off" ? "off" : "not_run";
      this.#steps.push({ guard, mode, verdict, ms: 0 });
    }
    return isOver;
  }

  #took(
    { guard }: GuardStep,
    mode: GuardMode,
    {
      begin,
      judgement,
      spent,
    }: {
      readonly begin: number;
      readonly judgement: Judgement;
      readonly spent?: Spent;
    },
  ): void {
    const ms = performance.now() - begin;
    this.#note(guard, mode, judgement);
    this.#steps.push({ guard, mode, ms, ...describe(judgement), ...spent });
  }

  passage(): Passage {
    return {
      steps: this.#steps,
      effects: this.#effects,
      charges: this.#charges,
      notedCharges: this.#notedCharges,
      decision: this.#decision,
      ...(this.#objection ? { objection: this.#objection } : {}),
      ...(this.#noted ? { noted: this.#noted } : {}),
    };
  }

  #note(guard: string, mode: GuardMode, judgement: Judgement): void {
    const index = this.#steps.length;
    switch (judgement.kind) {
      case "allow":
        this.#pass(index, mode, judgement);
        return;
      case "excused":
        if (judgement.error) {
          this.#restart();
        }
        return;
      case "failed":
        this.#restart();
        this.#object({ index, guard, judgement }, mode);
        return;
      case "deny":
        this.#object({ index, guard, judgement }, mode);
        return;
    }
  }

  /** A monitored guard only watches: it changes neither request nor budget. */
  #pass(
    index: number,
    mode: GuardMode,
    { effects, charges }: Extract<Judgement, { kind: "allow" }>,
  ): void {
    const open = charges.map((charge) => ({ index, charge }));
    if (mode === "monitor") {
      this.#notedCharges.push(...open);
    } else {
      this.#effects = mergeEffects(this.#effects, effects);
      this.#charges.push(...open);
    }
  }

  #object(objection: Objection, mode: GuardMode): void {
    if (mode === "monitor") {
      this.#noted ??= objection;
    } else {
      this.#objection = objection;
    }
  }

  /** A failed evaluation leaves the decision unusable. */
  #restart(): void {
    this.#decision = startDecision(this.#revision, this.#request);
  }
}

function startDecision(
  { policy }: Revision,
  { input, ndBuiltinCache }: GuardedRequest,
): Decision {
  return ndBuiltinCache === undefined
    ? policy.start(input)
    : policy.start(input, { ndBuiltinCache });
}

function describe(
  judgement: Judgement,
): Pick<Step, "verdict" | "code" | "reason" | "evidence"> {
  switch (judgement.kind) {
    case "allow":
      return { verdict: "allow", evidence: judgement.evidence };
    case "deny": {
      const { code, reason, evidence } = judgement;
      return { verdict: "deny", code, reason, evidence };
    }
    case "failed":
      return { verdict: "error", code: judgement.error.code };
    case "excused":
      return judgement.error
        ? { verdict: "error", code: judgement.error.code }
        : { verdict: "skipped", code: "guard_undefined" };
  }
}
