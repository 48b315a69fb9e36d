import { readFileSync } from "node:fs";
import { request as plainRequest } from "node:http";
import { request as tlsRequest } from "node:https";
import { createChecker } from "../ext-authz/check.ts";
import type { CheckRequest } from "../ext-authz/check-request.ts";
import { toCheckResponse } from "../ext-authz/grpc-answer.ts";
import type { CheckOptions } from "../ext-authz/options.ts";
import { readGuardVerdict } from "../pipeline/guard-verdict.ts";
import type { Outcome, PipelineRequest } from "../pipeline/verdict.ts";
import type { CompareSettings } from "./compare-settings.ts";
import { type Reference, ReferenceFault } from "./reference.ts";

/** What is read of an answer; decisions are small. */
const maxAnswerBytes = 1024 * 1024;

type OpaSettings = Pick<CompareSettings, "reference" | "timeoutMs"> & {
  readonly options: CheckOptions;
};

/** An OPA server: its decision about our input document is answered as a guard's verdict would be. */
export function createOpaReference({
  options,
  reference,
  timeoutMs,
}: OpaSettings): Reference {
  const post = createPost(reference, timeoutMs);
  // The checker answers a fault as any other: what it was is kept by decision.
  const faults = new Map<unknown, unknown>();
  const checker = createChecker({
    pipeline: {
      revision: "",
      run: async ({ decisionId, input }) => {
        try {
          return toOutcome(await post(input));
        } catch (error) {
          faults.set(decisionId, error);
          throw error;
        }
      },
    },
    options,
    record: () => {},
  });
  return {
    ask: async (request: CheckRequest) => {
      const answer = await checker.check(() => request, "grpc");
      const id = answer.metadata["decision_id"];
      if (faults.has(id)) {
        const fault = faults.get(id);
        faults.delete(id);
        throw fault;
      }
      return toCheckResponse(answer, options);
    },
    close: () => {},
  };
}

type Post = (input: PipelineRequest["input"]) => Promise<string>;

function createPost(
  { address, ca, path }: CompareSettings["reference"],
  timeoutMs: number,
): Post {
  const url = new URL(
    `v1/data/${path.replace(/^\/+/, "")}`,
    address.replace(/\/*$/, "/"),
  );
  const send = url.protocol === "https:" ? tlsRequest : plainRequest;
  const trusted = ca === undefined ? {} : { ca: readFileSync(ca) };
  return (input) =>
    new Promise((resolve, reject) => {
      const call = send(url, {
        ...trusted,
        method: "POST",
        headers: { "content-type": "application/json" },
        signal: AbortSignal.timeout(timeoutMs),
      });
      const fail = (error: Error): void => {
        const isLate =
          error.name === "AbortError" || error.name === "TimeoutError";
        reject(
          new ReferenceFault(
            isLate ? "timeout" : "unreachable",
            error.message,
            error,
          ),
        );
      };
      call.on("error", fail);
      call.on("response", (response) => {
        const chunks: Buffer[] = [];
        let size = 0;
        response.on("data", (chunk: Buffer) => {
          size += chunk.length;
          chunks.push(chunk);
          if (size > maxAnswerBytes) {
            reject(new ReferenceFault("garbage", "the answer is too large"));
            call.destroy();
          }
        });
        response.on("error", fail);
        response.on("end", () => {
          if (response.statusCode === 200) {
            resolve(Buffer.concat(chunks).toString());
          } else {
            reject(
              new ReferenceFault("failed", `status ${response.statusCode}`),
            );
          }
        });
      });
      call.end(Buffer.concat([prefix, input, suffix]));
    });
}

const prefix = Buffer.from('{"input":');
const suffix = Buffer.from("}");

/** What OPA decided, as the plugin reads it: what is not there does not allow. */
function toOutcome(answer: string): Outcome {
  const shared = { enforced: true, revision: "", steps: [] } as const;
  let result: unknown;
  try {
    ({ result } = JSON.parse(answer));
  } catch (cause) {
    throw new ReferenceFault("garbage", "the answer is no JSON", cause);
  }
  let verdict: ReturnType<typeof readGuardVerdict>;
  try {
    verdict = readGuardVerdict(result);
  } catch (cause) {
    throw new ReferenceFault("garbage", (cause as Error).message, cause);
  }
  if (verdict.kind === "undefined") {
    return { ...shared, verdict: "deny" };
  }
  return verdict.kind === "allow"
    ? { ...shared, verdict: "allow", ...verdict.effects }
    : {
        ...shared,
        verdict: "deny",
        code: verdict.code,
        reason: verdict.reason,
        httpStatus: verdict.httpStatus,
        body: verdict.body,
        ...verdict.effects,
      };
}
