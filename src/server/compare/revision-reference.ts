import type { Revision } from "../../bundle/index.ts";
import { createRevisionStore } from "../../bundle/index.ts";
import type { BudgetStore } from "../budget/store.ts";
import { createChecker } from "../ext-authz/check.ts";
import type { CheckRequest } from "../ext-authz/check-request.ts";
import type { CheckResponse } from "../ext-authz/check-response.ts";
import { toCheckResponse } from "../ext-authz/grpc-answer.ts";
import type { CheckOptions } from "../ext-authz/options.ts";
import type { Modes } from "../pipeline/modes.ts";
import { createPipeline } from "../pipeline/pipeline.ts";
import type { Reference } from "./reference.ts";

type RevisionParts = {
  readonly revision: Revision;
  readonly budget: BudgetStore;
  readonly modes: Modes;
  readonly options: CheckOptions;
};

/** Another revision in this process, with budgets of its own. */
export function createRevisionReference({
  options,
  revision,
  ...parts
}: RevisionParts): Reference {
  const revisions = createRevisionStore();
  revisions.swap(revision);
  const pipeline = createPipeline({ ...parts, revisions });
  const checker = createChecker({ pipeline, options, record: () => {} });
  return {
    ask: async (request: CheckRequest): Promise<CheckResponse> =>
      toCheckResponse(await checker.check(() => request, "grpc"), options),
    close: () => {},
  };
}
