import { randomUUID } from "node:crypto";
import { PolicyError } from "../../../engine/index.ts";
import { nanosecondsSince } from "../../elapsed.ts";
import type { CheckRequest } from "../check-request.ts";
import type { CheckResponse } from "../check-response.ts";
import { DecisionFault, toStrictResponse } from "./strict-decision.ts";
import {
  type ApiVersion,
  readStrictInput,
  type StrictInput,
  type StrictInputOptions,
} from "./strict-input.ts";

/** A decision about one input document. */
type StrictDecision = {
  /** JSON text of the value of each solution; none where it is undefined. */
  readonly results: readonly string[];
  readonly ndBuiltinCache: string | undefined;
};

/** The policies that one check uses, whatever is loaded meanwhile. */
export type StrictPolicy = {
  decide(input: Uint8Array, deadlineMs?: number): Promise<StrictDecision>;
};

/** What became of a check, for the log. */
export type StrictRecord = {
  readonly decisionId: string;
  readonly input: string | undefined;
  readonly result: string | undefined;
  readonly error: StrictError | undefined;
  readonly ndBuiltinCache: string | undefined;
  /** Nanoseconds by OPA's names. */
  readonly timers: ReadonlyMap<string, number>;
};

/** An error as it is answered and logged, and the reason that is counted. */
export type StrictError = {
  readonly reason: string;
  readonly message: string;
  /** The error of an evaluation. */
  readonly cause?: PolicyError | undefined;
};

type StrictCall = {
  readonly api: ApiVersion;
  /** Milliseconds since 1970 by which the client wants its answer. */
  readonly deadline?: number | undefined;
  readonly isCancelled?: () => boolean;
};

/** The plugin's answer, or the status of the call that it ends with. */
export type StrictAnswer =
  | { readonly kind: "response"; readonly response: CheckResponse }
  | { readonly kind: "error"; readonly message: string };

export type StrictCheckOptions = {
  readonly input: StrictInputOptions;
  readonly dryRun: boolean;
  readonly current: () => StrictPolicy;
  /** Resolves to what went wrong with the log; the answer then says so. */
  readonly record: (
    record: StrictRecord,
    policy: StrictPolicy,
  ) => Promise<string | undefined>;
  /** Hears how long a check took that has an answer, in seconds. */
  readonly observe: (seconds: number) => void;
  readonly countError: (reason: string) => void;
};

/** Judges a check as opa-envoy-plugin does, fault for fault. */
export type StrictChecker = (
  request: CheckRequest,
  call: StrictCall,
) => Promise<StrictAnswer>;

export function createStrictChecker(
  options: StrictCheckOptions,
): StrictChecker {
  return (request, call) => new StrictCheck(options, call).run(request);
}

// google.rpc.Code.
const deniedCode = 7;
const unknownCode = 2;

class StrictCheck {
  readonly #options: StrictCheckOptions;
  readonly #call: StrictCall;
  readonly #policy: StrictPolicy;
  readonly #start = performance.now();
  readonly #decisionId = randomUUID();
  readonly #timers = new Map<string, number>();
  #input: StrictInput | undefined;
  #decision: StrictDecision | undefined;

  constructor(options: StrictCheckOptions, call: StrictCall) {
    this.#options = options;
    this.#call = call;
    this.#policy = options.current();
  }

  async run(request: CheckRequest): Promise<StrictAnswer> {
    let answer: StrictAnswer;
    let error: StrictError | undefined;
    try {
      answer = { kind: "response", response: await this.#judge(request) };
    } catch (thrown) {
      error = toStrictError(thrown);
      answer = toErrorAnswer(error);
    }
    return this.#recorded(answer, error);
  }

  async #judge(request: CheckRequest): Promise<CheckResponse> {
    const { api, deadline } = this.#call;
    const read = readStrictInput(request, api, this.#options.input);
    if ("fault" in read) {
      throw new Failure("request_parse_error", await read.fault);
    }
    this.#input = read;
    this.#checkInTime();
    const started = performance.now();
    try {
      this.#decision = await this.#policy.decide(
        Buffer.from(read.document, "utf8"),
        deadline === undefined ? undefined : deadline - Date.now(),
      );
    } finally {
      this.#timers.set("timer_rego_query_eval_ns", nanosecondsSince(started));
    }
    const response = toStrictResponse(onlyResult(this.#decision), {
      decisionId: this.#decisionId,
      dryRun: this.#options.dryRun,
    });
    this.#options.observe((performance.now() - this.#start) / 1_000);
    return response;
  }

  #checkInTime(): void {
    const { deadline, isCancelled } = this.#call;
    if (isCancelled?.()) {
      throw new Failure(
        "check_request_cancelled",
        "check request cancelled before query execution: context canceled",
      );
    }
    if (deadline !== undefined && deadline <= Date.now()) {
      throw new Failure(
        "check_request_timeout",
        "check request timed out before query execution: context deadline exceeded",
      );
    }
  }

  async #recorded(
    answer: StrictAnswer,
    error: StrictError | undefined,
  ): Promise<StrictAnswer> {
    if (error) {
      this.#options.countError(error.cause?.code ?? error.reason);
    }
    this.#timers.set("timer_server_handler_ns", nanosecondsSince(this.#start));
    const message = await this.#options.record(
      {
        decisionId: this.#decisionId,
        input: this.#input?.logged,
        result: error ? undefined : this.#decision?.results[0],
        error,
        ndBuiltinCache: this.#decision?.ndBuiltinCache,
        timers: this.#timers,
      },
      this.#policy,
    );
    if (message === undefined || answer.kind === "error") {
      return answer;
    }
    this.#options.countError("unknown_log_error");
    const status = { code: unknownCode, message };
    return { kind: "response", response: { ...answer.response, status } };
  }
}

function onlyResult({ results }: StrictDecision): string {
  const [first, ...more] = results;
  if (first === undefined || more.length > 0) {
    throw new Failure(
      "envoyauth_eval_error",
      first === undefined
        ? "undefined decision"
        : "multiple evaluation results",
    );
  }
  return first;
}

/** Ends a check with one of the plugin's errors. Never leaves this file. */
class Failure extends Error {
  readonly reason: string;

  constructor(reason: string, message: string) {
    super(message);
    this.reason = reason;
  }
}

function toStrictError(thrown: unknown): StrictError {
  if (thrown instanceof Failure) {
    return { reason: thrown.reason, message: thrown.message };
  }
  if (thrown instanceof DecisionFault) {
    return { reason: "envoyauth_result_error", message: thrown.message };
  }
  const cause = PolicyError.from(thrown);
  return {
    reason: "envoyauth_eval_error",
    message: evaluationText(cause),
    cause,
  };
}

/** The error of an evaluation as OPA writes it. */
export function evaluationText({
  code,
  location,
  rawMessage,
}: PolicyError): string {
  const place = location ? `${location.file}:${location.row}: ` : "";
  return `${place}${code}: ${rawMessage}`;
}

/** A request that cannot be read is denied, whatever the mode; all else ends the call. */
function toErrorAnswer({ reason, message }: StrictError): StrictAnswer {
  if (reason !== "request_parse_error") {
    return { kind: "error", message };
  }
  const text = `${reason}: ${message}`;
  return {
    kind: "response",
    response: {
      status: { code: deniedCode, message: text },
      deniedResponse: { status: { code: 400 }, headers: [], body: text },
    },
  };
}
