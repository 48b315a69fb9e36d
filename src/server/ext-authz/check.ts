import { randomUUID } from "node:crypto";
import { PolicyError } from "../../engine/index.ts";
import type { CheckRecord, Outcome, Pipeline } from "../pipeline/verdict.ts";
import { type Answer, toAnswer, toPass } from "./answer.ts";
import type { CheckRequest } from "./check-request.ts";
import type { CheckOptions } from "./options.ts";
import { createRequestReader, type RequestReader } from "./request.ts";
import type { ReadRequest, RequestFacts } from "./request-facts.ts";

/** Judges requests; never rejects: whatever goes wrong is an answer. */
export type Checker = {
  /** `decode` throws when the message itself cannot be read. */
  check(
    decode: () => CheckRequest,
    transport: CheckRecord["transport"],
  ): Promise<Answer>;
};

type CheckerOptions = {
  readonly pipeline: Pipeline;
  readonly options: CheckOptions;
  /** Takes the record of every check, whatever its verdict. */
  readonly record: (record: CheckRecord) => void;
};

/** The whole of a check: request → pipeline → answer → record. */
export function createChecker(dependencies: CheckerOptions): Checker {
  const read = createRequestReader(dependencies.options);
  return {
    check: (decode, transport) =>
      runCheck({ ...dependencies, read, decode, transport }),
  };
}

type Run = CheckerOptions & {
  readonly read: RequestReader;
  readonly decode: () => CheckRequest;
  readonly transport: CheckRecord["transport"];
};

type Judged = { readonly outcome: Outcome; readonly answer: Answer };

/** The server's only catch-all: what is not understood is not let through. */
async function runCheck(run: Run): Promise<Answer> {
  const start = performance.now();
  const decisionId = randomUUID();
  let reading: ReadRequest | undefined;
  let judged: Judged;
  try {
    reading = run.read(run.decode());
    judged = await judge(run, reading, decisionId);
    checkTransport(run, judged);
  } catch (error) {
    judged = fail(run, { facts: reading?.facts, decisionId, error });
  }
  try {
    run.record({
      ...toRecord(reading),
      ...judgedParts(judged),
      decisionId,
      transport: run.transport,
      time: new Date(),
      ms: performance.now() - start,
    });
    return judged.answer;
  } catch (error) {
    // Every check leaves a record; one that cannot does not pass.
    return fail(run, { facts: reading?.facts, decisionId, error }).answer;
  }
}

async function judge(
  { pipeline, options }: Run,
  reading: ReadRequest,
  decisionId: string,
): Promise<Judged> {
  const { facts } = reading;
  if (reading.kind === "excluded") {
    return {
      outcome: unseen(pipeline, { verdict: "allow", code: "excluded_path" }),
      answer: toPass(facts, options),
    };
  }
  const outcome =
    reading.kind === "refused"
      ? unseen(pipeline, {
          verdict: "deny",
          guard: "request",
          ...reading.refusal,
        })
      : await pipeline.run({
          input: reading.input,
          decisionId,
          requestId: facts.requestId,
        });
  return { outcome, answer: toAnswer({ outcome, facts, decisionId }, options) };
}

/** HTTP mode has no words for a changed query: better no answer than half of one. */
function checkTransport({ transport }: Run, { answer }: Judged): void {
  const { queryParametersToSet, queryParametersToRemove } = answer;
  const changes = queryParametersToSet.length + queryParametersToRemove.length;
  if (transport === "http" && changes > 0) {
    throw new PolicyError(
      "guard_verdict_error",
      "query parameters can only be changed in gRPC mode",
    );
  }
}

/** The outcome of a request that no guard sees. */
function unseen(
  { revision }: Pipeline,
  parts: Pick<Outcome, "verdict"> & Partial<Outcome>,
): Outcome {
  return { enforced: true, revision, steps: [], ...parts };
}

function fail(
  { pipeline, options }: Run,
  failed: {
    facts: RequestFacts | undefined;
    decisionId: string;
    error: unknown;
  },
): Judged {
  const { facts, decisionId, error } = failed;
  const outcome = unseen(pipeline, {
    verdict: "error",
    guard: "fail_closed",
    code: PolicyError.from(error).code,
    cause: error,
  });
  return { outcome, answer: toAnswer({ outcome, facts, decisionId }, options) };
}

function judgedParts({ outcome, answer }: Judged) {
  return { outcome, httpStatus: answer.httpStatus };
}

function toRecord(reading: ReadRequest | undefined) {
  const facts: Partial<RequestFacts> = reading?.facts ?? {};
  const { requestId = "", method = "", host = "", path = "" } = facts;
  const { tool, mcpMethod, traceparent } = facts;
  const input = reading?.kind === "judged" ? reading.input : undefined;
  return { requestId, method, host, path, tool, mcpMethod, traceparent, input };
}
