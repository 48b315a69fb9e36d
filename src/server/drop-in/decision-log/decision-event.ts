import type { ActiveBundle } from "../documents.ts";
import { metricsJson } from "../json-text.ts";

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

/** The members of an event by name, as JSON texts. */
export type DecisionEvent = ReadonlyMap<string, string>;

/** The names of all members that an event may have, as OPA orders them. */
export const eventOrder = [
  "labels",
  "decision_id",
  "bundles",
  "path",
  "query",
  "input",
  "result",
  "nd_builtin_cache",
  "erased",
  "masked",
  "error",
  "requested_by",
  "timestamp",
  "req_id",
  "custom",
  "metrics",
  "request_context",
] as const;

/** The event that masks and `drop` see: it has neither metrics nor error yet. */
export function toEvent(
  info: DecisionInfo,
  labels: Readonly<Record<string, string>>,
  bundles: ReadonlyMap<string, ActiveBundle>,
): DecisionEvent {
  const event = new Map<string, string>();
  const add = (name: string, json: string | undefined): void => {
    if (json !== undefined) {
      event.set(name, json);
    }
  };
  add("labels", JSON.stringify(labels));
  add("decision_id", JSON.stringify(info.decisionId));
  add("bundles", bundles.size > 0 ? bundlesJson(bundles) : undefined);
  add("path", text(info.path));
  add("query", text(info.query));
  add("input", info.input);
  add("result", info.result);
  add("nd_builtin_cache", info.ndBuiltinCache);
  add("requested_by", text(info.requestedBy));
  add("timestamp", JSON.stringify(info.timestamp.toISOString()));
  add("req_id", info.requestId ? String(info.requestId) : undefined);
  add("custom", info.custom);
  return event;
}

/** The event with what masks do not see. */
export function finishEvent(
  event: DecisionEvent,
  { error, headers, metrics }: DecisionInfo,
): DecisionEvent {
  const complete = new Map(event);
  if (error) {
    complete.set("error", error.json);
  }
  complete.set("metrics", metricsJson(metrics));
  if (headers) {
    complete.set("request_context", JSON.stringify({ http: { headers } }));
  }
  return complete;
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

/** The event as one JSON object. */
export function eventJson(event: DecisionEvent): string {
  return membersJson(event, eventOrder);
}

/** Members as one JSON object, in an order that has all their names. */
export function membersJson(
  members: DecisionEvent,
  order: readonly string[],
): string {
  let json = "";
  for (const name of order) {
    const value = members.get(name);
    if (value !== undefined) {
      json += `${json === "" ? "{" : ","}"${name}":${value}`;
    }
  }
  return json === "" ? "{}" : `${json}}`;
}
