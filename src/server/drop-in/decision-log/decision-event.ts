import type { ActiveBundle } from "../documents.ts";

/** What a decision was, as its log tells it. Documents are JSON texts. */
export type DecisionInfo = {
  readonly decisionId: string;
  readonly path?: string | undefined;
  readonly query?: string | undefined;
  readonly input?: string | undefined;
  readonly result?: string | undefined;
  readonly error?: EventError | undefined;
  readonly ndBuiltinCache?: string | undefined;
  /** The client's address. */
  readonly requestedBy?: string | undefined;
  readonly requestId?: number | undefined;
  /** Headers of the request that the configuration names. */
  readonly headers?: Readonly<Record<string, readonly string[]>> | undefined;
  readonly custom?: string | undefined;
  readonly timestamp: Date;
  /** By OPA's names. */
  readonly metrics: ReadonlyMap<string, number>;
};

/** An error: the text that people read, and OPA's JSON of it. */
export type EventError = { readonly text: string; readonly json: string };

/** The members of an event in OPA's order, as JSON texts. */
export type DecisionEvent = ReadonlyMap<string, string>;

/** The event that masks and `drop` see: it has neither metrics nor error yet. */
export function toEvent(
  info: DecisionInfo,
  labels: Readonly<Record<string, string>>,
  bundles: ReadonlyMap<string, ActiveBundle>,
): DecisionEvent {
  return members([
    ["labels", JSON.stringify(labels)],
    ["decision_id", JSON.stringify(info.decisionId)],
    ["bundles", bundles.size > 0 ? bundlesJson(bundles) : undefined],
    ["path", text(info.path)],
    ["query", text(info.query)],
    ["input", info.input],
    ["result", info.result],
    ["nd_builtin_cache", info.ndBuiltinCache],
    ["requested_by", text(info.requestedBy)],
    ["timestamp", JSON.stringify(info.timestamp.toISOString())],
    ["req_id", info.requestId ? String(info.requestId) : undefined],
    ["custom", info.custom],
  ]);
}

/** The event with what masks do not see. */
export function finishEvent(
  event: DecisionEvent,
  { error, headers, metrics }: DecisionInfo,
): DecisionEvent {
  const rest = new Map(event);
  const context = headers && JSON.stringify({ http: { headers } });
  const complete = [
    ...[...rest].filter(([name]) => !lateNames.has(name)),
    ["error", error?.json],
    ...[...rest].filter(([name]) => lateNames.has(name)),
    ["metrics", JSON.stringify(Object.fromEntries(sorted(metrics)))],
    ["request_context", context],
  ] as const;
  return members(complete);
}

// They stand behind the error.
const lateNames: ReadonlySet<string> = new Set([
  "requested_by",
  "timestamp",
  "req_id",
  "custom",
]);

function members(
  all: readonly (readonly [string, string | undefined])[],
): DecisionEvent {
  return new Map(
    all.filter(
      (member): member is readonly [string, string] => member[1] !== undefined,
    ),
  );
}

/** A text; an empty one is left out. */
function text(value: string | undefined): string | undefined {
  return value ? JSON.stringify(value) : undefined;
}

function bundlesJson(bundles: ReadonlyMap<string, ActiveBundle>): string {
  const shown = [...bundles].map(([name, { revision }]) => [
    name,
    revision === "" ? {} : { revision },
  ]);
  return JSON.stringify(Object.fromEntries(shown));
}

function sorted(metrics: ReadonlyMap<string, number>) {
  return [...metrics].sort(([a], [b]) => (a < b ? -1 : 1));
}

/** The event as one JSON object. */
export function eventJson(event: DecisionEvent): string {
  const shown = [...event].map(
    ([name, json]) => `${JSON.stringify(name)}:${json}`,
  );
  return `{${shown.join(",")}}`;
}
