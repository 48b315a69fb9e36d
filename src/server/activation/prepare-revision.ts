import {
  type HostOptions,
  isTestFile,
  loadRevision,
  type ModuleCache,
  ownWorkshop,
  type Revision,
  type SourceFiles,
  type Workshop,
} from "../../bundle/index.ts";
import type { RequestCase } from "../cases/case-file.ts";
import { type CaseJudge, createCaseJudge } from "../cases/run-case.ts";
import type { ServerConfig } from "../config.ts";
import { type Contents, sourcesOf } from "./bundle-contents.ts";
import {
  findChanges,
  readCanarySet,
  toCanaryFault,
  type VerdictChange,
} from "./canary.ts";
import { checkGoldenRequests, readGoldenRequests } from "./golden-requests.ts";
import { nextTurn } from "./next-turn.ts";
import type { StageClock } from "./stage-clock.ts";

/** What is to come into force. */
export type Candidate = {
  readonly contents: Contents;
  readonly digest: string;
};

/** A revision that has passed every stage, and what it will change. */
export type Prepared = {
  readonly revision: Revision;
  readonly changes: readonly VerdictChange[];
};

type PrepareOptions = {
  readonly config: ServerConfig;
  readonly host: HostOptions;
  readonly modules: ModuleCache;
  readonly workshop: Workshop;
  /** The revision in force, whose checks go on meanwhile. */
  readonly current: Revision | undefined;
  /** Is told of each stage; after a fault it stands where that happened. */
  readonly clock: StageClock;
};

/** Takes a candidate through the stages after its download and before its swap; throws its first fault. */
export async function prepareRevision(
  { contents, digest }: Candidate,
  { clock, config, current, host, modules, workshop }: PrepareOptions,
): Promise<Prepared> {
  const { canary, selfTest, warmUp } = config.activation;
  const source = await workshop.join(sourcesOf(contents));
  const revision = await loadRevision(source, {
    ...host,
    workshop,
    modules,
    digest,
    onStep: clock.enter,
  });
  const judge = createCaseJudge(revision, config);
  const golden = selfTest ? readGoldenRequests(source) : [];
  if (selfTest) {
    await runTests(source, host, workshop);
    await checkGoldenRequests(golden, judge);
  }
  clock.enter("canary");
  const requests = readCanarySet(canary.files);
  const changes = current
    ? await findChanges(requests, createCaseJudge(current, config), judge)
    : [];
  const [first, ...others] = changes;
  if (first && canary.onChange === "block") {
    throw toCanaryFault([first, ...others]);
  }
  clock.enter("warm_up");
  await warm(judge, [...golden, ...requests], warmUp);
  return { revision, changes };
}

/** Tests that call builtins of the host run where those are: in this thread. */
async function runTests(
  { data, modules }: SourceFiles,
  { builtins = [] }: HostOptions,
  workshop: Workshop,
): Promise<void> {
  if (!Object.keys(modules).some(isTestFile)) {
    return;
  }
  const { test } = builtins.length > 0 ? ownWorkshop : workshop;
  await test({ modules, data, builtins });
}

/** Answers checks until V8 has code of them; what becomes of them does not matter. */
async function warm(
  judge: CaseJudge,
  requests: readonly RequestCase[],
  count: number,
): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) {
    await judge(requests[turn % requests.length] ?? plainRequest);
    await nextTurn();
  }
}

const plainRequest: RequestCase = {
  note: "",
  request: {
    method: "GET",
    path: "/",
    host: "",
    headers: {},
    body: "",
    principal: "",
    contextExtensions: {},
  },
  want: {
    verdict: "allow",
    guard: undefined,
    code: undefined,
    reason: undefined,
    httpStatus: undefined,
  },
};
