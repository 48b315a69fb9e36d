import type { LogLine } from "../../engine/index.ts";

/**
 * What one guard, and then the whole pipeline, came to. `not_run` stands for a
 * guard after the first enforced denial, `off` for one that is switched off, `skipped`
 * for one that said nothing and whose entry in the pipeline lets that pass.
 */
type StepVerdict = "allow" | "deny" | "error" | "not_run" | "off" | "skipped";

/** One guard's part in a check, in pipeline order. */
export type Step = {
  readonly guard: string;
  readonly verdict: StepVerdict;
  /** `monitor` means that a denial of this guard was noted, not enforced. */
  readonly mode: "enforce" | "monitor" | "off";
  readonly ms: number;
  readonly code?: string | undefined;
  readonly reason?: string | undefined;
  /** What the guard offers for the record; already masked by the guard. */
  readonly evidence?: unknown;
  /** Of a guard that was compiled elsewhere: the fuel it used, and what it wrote. */
  readonly fuel?: number;
  readonly log?: readonly LogLine[];
};

/** Header or query parameter values in order; a name may come more than once. */
export type NamedValues = readonly (readonly [name: string, value: string])[];

/**
 * What the pipeline says about one request. A denial with `enforced: false`
 * was only noted (monitor mode): the request passes, the record says deny.
 */
export type Outcome = {
  readonly verdict: "allow" | "deny" | "error";
  readonly enforced: boolean;
  /** The digest of the one revision that judged the request. */
  readonly revision: string;
  readonly steps: readonly Step[];
  /** The guard that denied or failed; absent on a plain allow. */
  readonly guard?: string | undefined;
  /** A snake_case code for programs. */
  readonly code?: string | undefined;
  readonly reason?: string | undefined;
  /** As the guard asked; the answer maps what is not allowed to 403. */
  readonly httpStatus?: number | undefined;
  /** Upstream request headers on an allow, response headers on a denial. */
  readonly headers?: NamedValues | undefined;
  readonly responseHeadersToAdd?: NamedValues | undefined;
  readonly requestHeadersToRemove?: readonly string[] | undefined;
  readonly queryParametersToSet?: NamedValues | undefined;
  readonly queryParametersToRemove?: readonly string[] | undefined;
  /** The denial's body, when the guard wrote its own. */
  readonly body?: string | undefined;
  readonly dynamicMetadata?: Readonly<Record<string, unknown>> | undefined;
  /** Who called, as the identity guard names him; for the record's hash only. */
  readonly subject?: string | undefined;
  /** OPA's `nd_builtin_cache`: what nondeterministic builtins answered; undefined when none was asked. */
  readonly ndBuiltinCache?: (() => unknown) | undefined;
  /** Why an `error` happened. For the log only: it never reaches a client. */
  readonly cause?: unknown;
};

/** One request as the pipeline takes it. */
export type PipelineRequest = {
  /** The input document as UTF-8 JSON. */
  readonly input: Uint8Array;
  /** Names this check in the answer, the log and the receipt. */
  readonly decisionId: string;
  /** `x-request-id`, or empty: the same id charges a budget once. */
  readonly requestId: string;
  /** Of a check that is replayed: what nondeterministic builtins answered, as JSON text. */
  readonly ndBuiltinCache?: string | undefined;
};

/** The ordered guards of the revision in force. */
export type Pipeline = {
  /** The digest of the revision in force, for checks that no guard sees. */
  readonly revision: string;
  run(request: PipelineRequest): Outcome | Promise<Outcome>;
};

/** One finished check, for the decision log and the metrics. */
export type CheckRecord = {
  readonly decisionId: string;
  readonly requestId: string;
  readonly transport: "grpc" | "http";
  readonly time: Date;
  readonly ms: number;
  readonly outcome: Outcome;
  /** Whose answer was meant to count, where it is compared and not ours alone. */
  readonly enforce?: "reference" | "deny-if-either" | undefined;
  /** What the guards saw, as UTF-8 JSON; undefined when none saw the request. */
  readonly input?: Uint8Array | undefined;
  /** The status that the client gets: 200 for a request that passes. */
  readonly httpStatus: number;
  readonly method: string;
  readonly host: string;
  /** The normalised path, without the query. */
  readonly path: string;
  /** The MCP method and the tool; for other requests the tool id of the path. */
  readonly mcpMethod?: string | undefined;
  readonly tool?: string | undefined;
  /** A valid W3C traceparent of the request. */
  readonly traceparent?: string | undefined;
};
