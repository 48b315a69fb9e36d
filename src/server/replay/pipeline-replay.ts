import type { Revision } from "../../bundle/index.ts";
import { createRevisionStore } from "../../bundle/index.ts";
import type { BudgetStore } from "../budget/store.ts";
import {
  answerTexts,
  differencesOf,
  type Ignored,
  ownHeaders,
  ownMetadata,
} from "../compare/answer-parts.ts";
import { checkOptions, type ServerConfig } from "../config.ts";
import { createChecker } from "../ext-authz/check.ts";
import type { CheckResponse } from "../ext-authz/check-response.ts";
import { toCheckResponse } from "../ext-authz/grpc-answer.ts";
import { readRequestJson, readResponseJson } from "../ext-authz/proto-json.ts";
import { createModes } from "../pipeline/modes.ts";
import { createPipeline } from "../pipeline/pipeline.ts";
import type { CheckRecord, Outcome, Pipeline } from "../pipeline/verdict.ts";
import type { ReadsPointer } from "./input-paths.ts";
import { incomparable, type Judgement, same } from "./judgement.ts";
import { inputPointers, withoutMasked } from "./masked-check.ts";
import type { RecordedWorld } from "./recorded-world.ts";
import { type CheckEvent, idOf, type RecordEvent } from "./replay-event.ts";

/** Runs logged checks through the guards of a revision again. */
export type PipelineReplay = {
  judgeRecord(event: RecordEvent): Promise<Judgement>;
  judgeCheck(event: CheckEvent): Promise<Judgement>;
};

type ReplayedPipeline = {
  /** Whether a guard may read what a pointer into the input names. */
  readonly reads: ReadsPointer;
  readonly revision: Revision;
  readonly config: ServerConfig;
  readonly world: RecordedWorld;
};

// What an account held when a request came is in no log: every charge fits.
const boundless: BudgetStore = {
  reserve: () => ({ kind: "reserved" }),
  close: () => {},
};

const budgetCodes = ["budget_exceeded", "budget_keys_exhausted"];

// Names of a check and of a revision differ each time.
const ignored: Ignored = {
  parts: new Set(),
  headers: ["x-portcullis-decision-id"],
  metadata: new Set(["decision_id", "revision"]),
};

/** Another program's answer has none of what only we send. */
const foreign: Ignored = {
  parts: new Set(),
  headers: ownHeaders,
  metadata: new Set(ownMetadata),
};

export function createPipelineReplay({
  config,
  reads,
  revision,
  world,
}: ReplayedPipeline): PipelineReplay {
  const revisions = createRevisionStore();
  revisions.swap(revision);
  const modes = createModes(config.pipeline);
  const pipeline = createPipeline({ revisions, modes, budget: boundless });
  return {
    judgeRecord: async (event) => {
      const { input, ndBuiltinCache } = event;
      if (input === undefined) {
        return incomparable(
          "the record has no input: `decisionLog.input` writes it",
        );
      }
      if (budgetCodes.includes(event.code ?? "")) {
        return incomparable("a budget decided, and what it held is in no log");
      }
      world.begin(event);
      const outcome = await pipeline.run({
        input,
        ndBuiltinCache,
        decisionId: idOf(event),
        requestId: "",
      });
      return settle(compareOutcomes(event, outcome), world);
    },
    judgeCheck: async (event) => {
      if (event.response === undefined) {
        return incomparable("the request was kept without its answer");
      }
      world.begin(event);
      const found = await runCheck(pipeline, config, event);
      const recorded = readResponseJson(event.response);
      const judgement = settle(compareAnswers(recorded, found, event), world);
      const hidden = event.hidden
        .filter((pointer) => !pointer.startsWith("/response/"))
        .find((pointer) => inputPointers(pointer, event.request).some(reads));
      return judgement.kind === "changed" && hidden !== undefined
        ? incomparable(`\`${hidden}\` was masked, and the answer changed`)
        : judgement;
    },
  };
}

/** A change that hangs on an answer which nobody recorded says nothing. */
function settle(judgement: Judgement, world: RecordedWorld): Judgement {
  const unanswered = world.unanswered();
  return judgement.kind === "changed" && unanswered !== undefined
    ? incomparable(`no answer of \`${unanswered}\` was recorded`)
    : judgement;
}

function compareOutcomes(event: RecordEvent, outcome: Outcome): Judgement {
  const names = ["verdict", "guard", "code", "reason"] as const;
  const differing = names.filter((name) => event[name] !== outcome[name]);
  if (differing.length === 0) {
    return same;
  }
  const text = (from: RecordEvent | Outcome) =>
    differing.map((name) => `${name}: ${from[name] ?? "none"}`).join(", ");
  return {
    kind: "changed",
    change: {
      target: event.guard ?? outcome.guard ?? "pipeline",
      rule: outcome.code ?? event.code ?? "verdict",
      kind: kindOf(event.verdict, outcome.verdict),
      recorded: text(event),
      replayed: text(outcome),
    },
  };
}

function kindOf(before: string, after: string) {
  if (before === after) {
    return "answer";
  }
  if (before === "allow" || after === "allow") {
    return before === "allow" ? "allow-to-deny" : "deny-to-allow";
  }
  return after === "error" ? "became-error" : "error-gone";
}

type FoundCheck = {
  readonly response: CheckResponse;
  readonly record: CheckRecord | undefined;
};

async function runCheck(
  pipeline: Pipeline,
  config: ServerConfig,
  { ndBuiltinCache, request }: CheckEvent,
): Promise<FoundCheck> {
  let record: CheckRecord | undefined;
  const options = checkOptions(config);
  const checker = createChecker({
    pipeline: {
      revision: pipeline.revision,
      run: (asked) => pipeline.run({ ...asked, ndBuiltinCache }),
    },
    options,
    record: (one) => {
      record = one;
    },
  });
  const answer = await checker.check(() => readRequestJson(request), "grpc");
  return { response: toCheckResponse(answer, options), record };
}

function compareAnswers(
  recorded: CheckResponse,
  { record, response }: FoundCheck,
  { hidden }: CheckEvent,
): Judgement {
  const isOwn = recorded.dynamicMetadata?.fields?.["decision_id"] !== undefined;
  const rules = withoutMasked(isOwn ? ignored : foreign, recorded, hidden);
  const differences = differencesOf(
    answerTexts(recorded, rules),
    answerTexts(response, rules),
    rules,
  );
  const [first] = differences;
  if (first === undefined) {
    return same;
  }
  const shown = (side: "reference" | "native") =>
    differences.map((one) => `${one.part}: ${one[side] || "none"}`).join(", ");
  return {
    kind: "changed",
    change: {
      target: record?.outcome.guard ?? "pipeline",
      rule: differences.map(({ part }) => part).join(","),
      kind:
        first.part === "verdict"
          ? kindOf(first.reference, first.native)
          : "answer",
      recorded: shown("reference"),
      replayed: shown("native"),
    },
  };
}
