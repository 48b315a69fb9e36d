import type { NamedValues, Outcome } from "../pipeline/verdict.ts";
import { toHeaderName, toHeaderValue } from "./header-hygiene.ts";
import type { CheckOptions } from "./options.ts";
import { type RequestFacts, reservedPrefix } from "./request-facts.ts";

/** What the client or the upstream gets, before it is put into a wire format. */
export type Answer = {
  /** A failure is ours: the request was not judged to the end. */
  readonly kind: "allow" | "deny" | "failure";
  /** 200 for a request that passes. */
  readonly httpStatus: number;
  /** For the upstream on an allow, for the client otherwise. */
  readonly headers: NamedValues;
  readonly requestHeadersToRemove: readonly string[];
  /** For the client of a request that passes. */
  readonly responseHeadersToAdd: NamedValues;
  readonly queryParametersToSet: NamedValues;
  readonly queryParametersToRemove: readonly string[];
  readonly body: string;
  /** True when `body` is a JSON-RPC answer that belongs under HTTP 200. */
  readonly isMcp: boolean;
  readonly metadata: Readonly<Record<string, unknown>>;
};

type Check = {
  readonly outcome: Outcome;
  readonly facts: RequestFacts | undefined;
  readonly decisionId: string;
};

type AnswerOptions = Pick<CheckOptions, "denyFormat" | "stripHeaders">;

/** Outcome → answer. Throws PolicyError for a verdict that cannot be sent. */
export function toAnswer(check: Check, options: AnswerOptions): Answer {
  const { outcome } = check;
  if (outcome.verdict === "error") {
    return toFailure(check);
  }
  const isDenied = outcome.verdict === "deny" && outcome.enforced;
  return isDenied ? toDenial(check, options) : toAllow(check, options);
}

/** The answer for a path that is not checked: no word of ours to anyone. */
export function toPass(facts: RequestFacts, options: AnswerOptions): Answer {
  return {
    ...empty,
    kind: "allow",
    httpStatus: 200,
    requestHeadersToRemove: headersToRemove(facts, options, []),
  };
}

const empty = {
  headers: [],
  requestHeadersToRemove: [],
  responseHeadersToAdd: [],
  queryParametersToSet: [],
  queryParametersToRemove: [],
  body: "",
  isMcp: false,
  metadata: {},
} as const;

function toAllow(check: Check, options: AnswerOptions): Answer {
  const { outcome, decisionId } = check;
  const headers = cleanHeaders(outcome.headers ?? []);
  const removed = headersToRemove(check.facts, options, headers);
  return {
    kind: "allow",
    httpStatus: 200,
    headers,
    requestHeadersToRemove: [
      ...removed,
      ...(outcome.requestHeadersToRemove ?? []).map(toHeaderName),
    ],
    responseHeadersToAdd: [
      ...cleanHeaders(outcome.responseHeadersToAdd ?? []),
      [decisionIdHeader, decisionId],
    ],
    queryParametersToSet: outcome.queryParametersToSet ?? [],
    queryParametersToRemove: outcome.queryParametersToRemove ?? [],
    body: "",
    isMcp: false,
    metadata: metadata(check, 200),
  };
}

/** Forged headers of ours, and credentials; what a guard sets anew stays. */
function headersToRemove(
  facts: RequestFacts | undefined,
  options: AnswerOptions,
  headers: NamedValues,
): string[] {
  const names = [...(facts?.forgedHeaders ?? []), ...options.stripHeaders];
  return names.filter((name) => !headers.some(([set]) => set === name));
}

function toDenial(check: Check, options: AnswerOptions): Answer {
  const { outcome } = check;
  const headers = cleanHeaders(outcome.headers ?? []);
  const httpStatus = toDenialStatus(
    outcome.httpStatus,
    headers.some(([name]) => name === "location"),
  );
  const { isMcp, body, contentType } = denialBody(check, httpStatus, options);
  const hasType = headers.some(([name]) => name === "content-type");
  return {
    ...empty,
    kind: "deny",
    httpStatus,
    headers: [
      ...headers,
      ...(contentType && (isMcp || !hasType)
        ? [["content-type", contentType] as const]
        : []),
      ...denialHeaders(check),
    ],
    body,
    isMcp,
    metadata: metadata(check, httpStatus),
  };
}

function denialBody(
  { outcome, facts, decisionId }: Check,
  httpStatus: number,
  { denyFormat }: AnswerOptions,
): { isMcp: boolean; body: string; contentType: string | undefined } {
  const { guard, code, reason = unspecified } = outcome;
  // A notification has no id, so it gets no JSON-RPC answer.
  if (denyFormat === "mcp" && facts?.mcpId !== undefined && facts.mcpMethod) {
    const error = JSON.stringify({
      code: httpStatus,
      message: reason,
      data: { guard, code, decision_id: decisionId },
    });
    return {
      isMcp: true,
      body: `{"jsonrpc":"2.0","id":${facts.mcpId},"error":${error}}`,
      contentType: "application/json",
    };
  }
  return outcome.body === undefined
    ? {
        isMcp: false,
        body: JSON.stringify({
          verdict: "deny",
          guard,
          code,
          reason,
          decision_id: decisionId,
        }),
        contentType: "application/json",
      }
    : { isMcp: false, body: outcome.body, contentType: undefined };
}

const failedGuard = "fail_closed";
const failedReason = "the check could not be completed";
const unspecified = "unspecified";

/** W7: the client learns that we failed, never how. */
function toFailure(check: Check): Answer {
  const outcome: Outcome = {
    verdict: "error",
    enforced: true,
    revision: check.outcome.revision,
    steps: [],
    guard: failedGuard,
    code: failedGuard,
    reason: failedReason,
  };
  const shown = { ...check, outcome };
  return {
    ...empty,
    kind: "failure",
    httpStatus: 500,
    headers: [["content-type", "application/json"], ...denialHeaders(shown)],
    body: denialBody(shown, 500, { denyFormat: "json", stripHeaders: [] }).body,
    metadata: metadata(shown, 500),
  };
}

const decisionIdHeader = `${reservedPrefix}decision-id`;

function denialHeaders({ outcome, decisionId }: Check): NamedValues {
  return [
    [`${reservedPrefix}denial-guard`, shownText(outcome.guard)],
    [`${reservedPrefix}denial-reason`, shownText(outcome.reason)],
    [decisionIdHeader, decisionId],
  ];
}

/** W8: a header is never empty. */
function shownText(text: string | undefined): string {
  return toHeaderValue(text ?? "") || unspecified;
}

/** Our own names and bytes that would break a message are not for guards to send. */
function cleanHeaders(values: NamedValues): NamedValues {
  const ours = new Set(["decision-id", "denial-guard", "denial-reason"]);
  return values
    .map(([name, value]) => [toHeaderName(name), toHeaderValue(value)] as const)
    .filter(([name]) => !ours.has(name.replace(reservedPrefix, "")));
}

function metadata(
  { outcome, decisionId }: Check,
  httpStatus: number,
): Record<string, unknown> {
  return {
    ...outcome.dynamicMetadata,
    verdict: outcome.verdict,
    enforced: outcome.enforced,
    guard: outcome.guard ?? "",
    code: outcome.code ?? "",
    reason: toHeaderValue(outcome.reason ?? ""),
    http_status: httpStatus,
    decision_id: decisionId,
    revision: outcome.revision,
  };
}

const denialStatuses: ReadonlySet<number> = new Set([
  400, 401, 402, 403, 404, 405, 409, 410, 422, 423, 424, 429, 500, 501, 502,
  503, 504,
]);
const redirects: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/** The guard's status where it is one that a denial may have, else 403. */
function toDenialStatus(
  status: number | undefined,
  hasLocation: boolean,
): number {
  const isAllowed =
    status !== undefined &&
    (denialStatuses.has(status) || (hasLocation && redirects.has(status)));
  return isAllowed ? status : 403;
}
