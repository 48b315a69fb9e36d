import {
  createBundleSource,
  createRevisionStore,
  loadRevision,
  type Revision,
} from "../../bundle/index.ts";
import { allowOnly, type HostBuiltin } from "../../engine/index.ts";
import { createMemoryStore } from "../budget/memory-store.ts";
import { checkOptions, type ServerConfig } from "../config.ts";
import { createChecker } from "../ext-authz/check.ts";
import type { CheckRequest } from "../ext-authz/check-request.ts";
import { createModes } from "../pipeline/modes.ts";
import { createPipeline } from "../pipeline/pipeline.ts";
import type { CheckRecord } from "../pipeline/verdict.ts";
import type { RequestCase } from "./case-file.ts";

/** What was found to be otherwise than wanted, a line each. */
export type CaseFaults = readonly string[];

/** What became of a request. */
export type Found = RequestCase["want"];

/** Judges a request by the guards of a revision as the server would: each with budgets of its own. */
export type CaseJudge = (one: RequestCase) => Promise<Found>;

/** Compares what becomes of a case with what it wants. */
export type CaseRunner = (one: RequestCase) => Promise<CaseFaults>;

/** Loads a source of guards to run cases by; throws what is wrong with it. */
export async function createCaseRunner(
  config: ServerConfig,
  builtins: readonly HostBuiltin[],
): Promise<CaseRunner> {
  const network = allowOnly(config.capabilities.allowNet);
  const { source } = await createBundleSource(config.bundle).load();
  const revision = await loadRevision(source, { builtins, network });
  const judge = createCaseJudge(revision, config);
  return async (one) => compareCase(one, await judge(one));
}

/** A judge by one revision. */
export function createCaseJudge(
  revision: Revision,
  config: ServerConfig,
): CaseJudge {
  const revisions = createRevisionStore();
  revisions.swap(revision);
  return async (one) => {
    let found: CheckRecord | undefined;
    const checker = createChecker({
      pipeline: createPipeline({
        revisions,
        budget: createMemoryStore(config.budget),
        modes: createModes(config.pipeline),
      }),
      options: checkOptions(config),
      record: (record) => {
        found = record;
      },
    });
    const answer = await checker.check(() => toCheckRequest(one), "grpc");
    return {
      verdict: answer.kind,
      guard: found?.outcome.guard,
      code: found?.outcome.code,
      reason: found?.outcome.reason,
      httpStatus: answer.httpStatus,
    };
  };
}

function toCheckRequest({ request }: RequestCase): CheckRequest {
  const { body, contextExtensions, host, method, path, principal } = request;
  const headers = {
    ":authority": host,
    ":method": method,
    ":path": path,
    ":scheme": "http",
    ...request.headers,
  };
  const http = { method, path, host, scheme: "http", protocol: "HTTP/1.1" };
  const size = Buffer.byteLength(body);
  return {
    attributes: {
      source: principal === "" ? {} : { principal },
      request: {
        time: { seconds: Math.floor(Date.now() / 1000), nanos: 0 },
        http: { ...http, headers, size, ...(body !== "" && { body }) },
      },
      contextExtensions,
    },
  };
}

/** What was found against what a case wants; what it leaves out may be anything. */
export function compareCase({ want }: RequestCase, found: Found): CaseFaults {
  const names = ["verdict", "guard", "code", "reason", "httpStatus"] as const;
  return names
    .filter((name) => want[name] !== undefined && want[name] !== found[name])
    .map(
      (name) =>
        `${name}: wanted ${JSON.stringify(want[name])}, found ${JSON.stringify(found[name] ?? null)}`,
    );
}
