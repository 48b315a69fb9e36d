import type { DecisionInfo } from "../decision-log/decision-event.ts";
import type { PolicyStore } from "../policy-store.ts";
import type { Snapshot } from "../snapshot.ts";
import type { RestAnswer } from "./answer.ts";
import type { RestRequest } from "./request.ts";

/** What the handlers of the API work on. */
export type ApiContext = {
  readonly store: PolicyStore;
  /** `a/b`: the decision of `POST /`. */
  readonly defaultDecision: string;
  readonly regoVersion: 0 | 1;
  readonly ndBuiltinCache: boolean;
  /** Undefined where decisions are not logged; they then have no id either. */
  readonly log:
    | ((info: DecisionInfo, snapshot: Snapshot) => Promise<void>)
    | undefined;
  /** Headers that are logged. */
  readonly loggedHeaders: readonly string[];
  /** The JSON of `/v1/config`. */
  readonly config: string;
  /** The JSON of `/v1/status`; undefined where no status is kept. */
  readonly status: () => string | undefined;
  /** Why the server is not ready, with and without its bundles and plugins; undefined when it is. */
  readonly health: (asked: HealthAsked) => string | undefined;
  /** Is told what no client is: a fault of the server itself. */
  readonly onError: (error: Error) => void;
  /** Hears of each request that was answered. */
  readonly observe: (answered: AnsweredRequest) => void;
  readonly scrape: () => Promise<{
    readonly type: string;
    readonly text: string;
  }>;
};

/** A request as the metrics have it. */
export type AnsweredRequest = {
  /** OPA's name of the route. */
  readonly handler: string;
  readonly method: string;
  readonly status: number;
  /** When it began, by `performance.now()`. */
  readonly started: number;
};

export type HealthAsked = {
  readonly bundles: boolean;
  readonly plugins: boolean;
  readonly excluded: readonly string[];
};

export type Handler = (
  request: RestRequest,
  /** What stands in the path behind the route's own part, as sent. */
  rest: string,
  context: ApiContext,
) => Promise<RestAnswer>;
