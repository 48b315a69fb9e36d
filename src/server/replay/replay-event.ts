import {
  type JsonMembers,
  jsonOf,
  readMembers,
  textOf,
} from "./json-members.ts";
import type { JsonDocument } from "./json-splitter.ts";

/** Where an event stands in the logs. */
export type EventPlace = { readonly file: string; readonly line: number };

/** What all events have. */
type Logged = {
  /** What few events are asked for is read when they are. */
  readonly members: JsonMembers;
  /** What nondeterministic builtins answered, as JSON text. */
  readonly ndBuiltinCache: string | undefined;
};

/** What OPA logged of one decision about a document or a query. */
export type DocumentEvent = Logged & {
  readonly kind: "document";
  readonly target: Target;
  /** JSON text; undefined when the decision had none. */
  readonly input: Buffer | undefined;
  /** JSON text; undefined when the decision was. */
  readonly result: Buffer | undefined;
  /** The text of the error that the decision ended with. */
  readonly error: string | undefined;
  /** Pointers to what was erased from the event or masked in it. */
  readonly hidden: readonly string[];
};

/** A document by its path, as `authz/allow`, or a query. */
export type Target = {
  readonly kind: "path" | "query";
  readonly text: string;
  /** Tells it from all others. */
  readonly key: string;
};

/** What Portcullis logged of one check. */
export type RecordEvent = Logged & {
  readonly kind: "record";
  /** The input document; only logs that were asked to have it. */
  readonly input: Buffer | undefined;
  readonly verdict: string;
  readonly guard: string | undefined;
  readonly code: string | undefined;
  readonly reason: string | undefined;
};

/** A request as Envoy sent it, with the answer it got where that was kept. */
export type CheckEvent = Logged & {
  readonly kind: "check";
  /** CheckRequest, protobuf-JSON. */
  readonly request: unknown;
  /** CheckResponse, protobuf-JSON. */
  readonly response: unknown;
  /** Pointers to what was taken out of it. */
  readonly hidden: readonly string[];
};

export type ReplayEvent = DocumentEvent | RecordEvent | CheckEvent;

/** What a document of a log says; undefined for one that is no event: programs log other things too. */
export type EventReader = (document: JsonDocument) => ReplayEvent | undefined;

/** A reader that knows the targets it has met. */
export function createEventReader(): EventReader {
  const targetOf = createTargetReader();
  return ({ bytes, members }) => {
    if (members.has("attributes")) {
      return checkEvent(members, jsonOf(bytes), undefined);
    }
    const request = members.get("request");
    if (request !== undefined && readMembers(request)?.has("attributes")) {
      const response = members.get("response");
      return checkEvent(members, jsonOf(request), response && jsonOf(response));
    }
    if (members.has("verdict") && members.has("guards")) {
      return recordEvent(members);
    }
    return members.has("decision_id")
      ? documentEvent(members, targetOf(members))
      : undefined;
  };
}

/** The id of an event's decision; empty where it has none. */
export function idOf({ members }: ReplayEvent): string {
  return textOf(members.get("decision_id")) ?? "";
}

/** When an event was logged, RFC 3339. */
export function timeOf({ members }: ReplayEvent): string | undefined {
  return textOf(members.get("timestamp") ?? members.get("time"));
}

// A log has few paths, unless clients choose them.
const mostKnown = 1_000;

function createTargetReader(): (members: JsonMembers) => Target {
  const known = new Map<string, Target>();
  return (members) => {
    const query = members.get("query")?.toString("latin1");
    const written = query ?? `/${members.get("path")?.toString("latin1")}`;
    let target = known.get(written);
    if (target === undefined) {
      target = readTarget(members);
      if (known.size < mostKnown) {
        known.set(written, target);
      }
    }
    return target;
  };
}

function readTarget(members: JsonMembers): Target {
  const query = textOf(members.get("query"));
  if (query !== undefined) {
    return { kind: "query", text: query, key: `query ${query}` };
  }
  const path = textOf(members.get("path")) ?? "";
  const text = path.split("/").filter(Boolean).join("/");
  return { kind: "path", text, key: `path ${text}` };
}

function checkEvent(
  members: JsonMembers,
  request: unknown,
  response: unknown,
): CheckEvent {
  const hidden = pointers(members.get("masked"));
  return { kind: "check", ...shared(members), request, response, hidden };
}

function recordEvent(members: JsonMembers): RecordEvent {
  return {
    kind: "record",
    ...shared(members),
    input: members.get("input"),
    verdict: textOf(members.get("verdict")) ?? "",
    guard: textOf(members.get("guard")),
    code: textOf(members.get("code")),
    reason: textOf(members.get("reason")),
  };
}

function documentEvent(members: JsonMembers, target: Target): DocumentEvent {
  return {
    kind: "document",
    ...shared(members),
    target,
    input: members.get("input"),
    result: members.get("result"),
    error: errorText(members.get("error")),
    hidden: [
      ...pointers(members.get("erased")),
      ...pointers(members.get("masked")),
    ],
  };
}

function shared(members: JsonMembers): Logged {
  const ndBuiltinCache = members.get("nd_builtin_cache")?.toString();
  return { members, ndBuiltinCache };
}

function errorText(bytes: Buffer | undefined): string | undefined {
  const error = bytes && jsonOf(bytes);
  if (error === undefined || error === null) {
    return undefined;
  }
  const message = (error as { readonly message?: unknown }).message;
  return typeof message === "string" ? message : JSON.stringify(error);
}

function pointers(bytes: Buffer | undefined): readonly string[] {
  const list = bytes && jsonOf(bytes);
  return Array.isArray(list) ? list.map(String) : [];
}
