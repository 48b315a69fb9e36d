import { randomUUID } from "node:crypto";
import {
  conflictsWithData,
  hasDataIn,
  isArray,
  PolicyError,
  parseJson,
  RegoObject,
  toJson,
  type Value,
} from "../../../engine/index.ts";
import { nanosecondsSince } from "../../elapsed.ts";
import { evaluationText } from "../../ext-authz/strict/strict-check.ts";
import { pathText } from "../data-path.ts";
import {
  changeData,
  type DataOperation,
  makeDirectories,
  readData,
} from "../data-update.ts";
import type { DecisionInfo } from "../decision-log/decision-event.ts";
import type { Documents } from "../documents.ts";
import { errorJson } from "../error-json.ts";
import { metricsJson, objectJson } from "../json-text.ts";
import type { Answered, QueryOptions } from "../queries.ts";
import type { Snapshot } from "../snapshot.ts";
import {
  ApiFault,
  countedErrors,
  invalid,
  noContent,
  ok,
  type RestAnswer,
  toApiFault,
} from "./answer.ts";
import type { ApiContext, Handler } from "./api.ts";
import { explainMode, explanationJson } from "./explanation.ts";
import { checkPathScope } from "./ownership.ts";
import { provenanceJson } from "./provenance.ts";
import {
  isPretty,
  isSet,
  lastValue,
  type RestRequest,
  refPath,
  storePath,
  streamFault,
} from "./request.ts";

const malformed = "contains malformed input document: ";

/** `GET /v1/data/…`: the input, if any, is a parameter. */
export const getData: Handler = async (request, rest, context) => {
  const text = lastValue(request, "input");
  const input = text === undefined ? undefined : await parseParameter(text);
  return answerData({ request, rest, context, input, warning: false });
};

async function parseParameter(text: string): Promise<Value> {
  try {
    return parseJson(text);
  } catch {
    throw invalid(`parameter ${malformed}${await streamFault(text)}`);
  }
}

/** `POST /v1/data/…`: the input is the member `input` of the body. */
export const postData: Handler = async (request, rest, context) => {
  const body = await request.body.value(`body ${malformed}`);
  if (body !== undefined && body !== null && !(body instanceof RegoObject)) {
    throw invalid(
      `body ${malformed}json: cannot unmarshal ${jsonKind(body)} into Go value of type types.alias`,
    );
  }
  const given = body?.get("input");
  // Go has no other word for nothing.
  const input = given === null ? undefined : given;
  return answerData({
    request,
    rest,
    context,
    input,
    warning: input === undefined,
  });
};

/** The kind of a document as Go's JSON decoder names it. */
function jsonKind(value: Value): string {
  switch (typeof value) {
    case "string":
      return "string";
    case "boolean":
      return "bool";
    default:
      return isArray(value) ? "array" : "number";
  }
}

type Asked = {
  readonly request: RestRequest;
  readonly rest: string;
  readonly context: ApiContext;
  readonly input: Value | undefined;
  readonly warning: boolean;
};

const inputMissing = JSON.stringify({
  code: "api_usage_warning",
  message: "'input' key missing from the request",
});

async function answerData(asked: Asked): Promise<RestAnswer> {
  const { request, rest, warning } = asked;
  const mode = explainMode(request);
  const decided = await decideAt(asked, refPath(rest), {
    path: rest,
    strict: isSet(request, "strict-builtin-errors"),
    trace: mode !== undefined,
  });
  // As OPA: of what has no value only the whole trace is shown.
  const isExplained = decided.result !== undefined || mode === "full";
  const isMeasured = isSet(request, "metrics") || isSet(request, "instrument");
  const { bundles } = decided.snapshot.documents;
  return ok(
    objectJson([
      ["decision_id", decided.id && JSON.stringify(decided.id)],
      [
        "provenance",
        isSet(request, "provenance") ? provenanceJson(bundles) : undefined,
      ],
      [
        "explanation",
        mode && isExplained
          ? explanationJson(decided.trace, mode, request)
          : undefined,
      ],
      ["metrics", isMeasured ? metricsJson(decided.metrics) : undefined],
      ["result", decided.result],
      ["warning", warning ? inputMissing : undefined],
    ]),
    isPretty(request),
  );
}

type Decided = {
  /** JSON text; undefined where the document is. */
  readonly result: string | undefined;
  /** What decided; another one may be in force by now. */
  readonly snapshot: Snapshot;
  readonly id: string | undefined;
  readonly metrics: ReadonlyMap<string, number>;
  readonly trace: Answered["trace"];
};

type DecideOptions = Pick<QueryOptions, "strict" | "trace"> & {
  readonly path: string;
};

/** Decides and logs; what fails is logged, too. */
async function decideAt(
  { context, input, request }: Asked,
  segments: readonly string[],
  { path, ...options }: DecideOptions,
): Promise<Decided> {
  const started = performance.now();
  const snapshot = context.store.current;
  const id = context.log && randomUUID();
  const quoted = segments.find((segment) => segment.includes('"'));
  const given = input === undefined ? undefined : toJson(input);
  const info = { request, context, id, path, input: given };
  try {
    if (quoted !== undefined) {
      throw new ApiFault(
        500,
        "internal_error",
        `invalid_parameter: invalid path: invalid ref term '${quoted}'`,
      );
    }
    const answered = await snapshot.queries.ask(segments, {
      input: given === undefined ? undefined : Buffer.from(given),
      ...options,
    });
    const metrics = new Map([
      ...answered.metrics,
      ["timer_rego_input_parse_ns", 0] as const,
      ["timer_server_handler_ns", nanosecondsSince(started)] as const,
    ]);
    const [value] = answered.values;
    const result = value === undefined ? undefined : toJson(value);
    await log({ ...info, metrics, result, answered }, snapshot);
    return { result, snapshot, id, metrics, trace: answered.trace };
  } catch (error) {
    const metrics = new Map([
      ["timer_server_handler_ns", nanosecondsSince(started)],
    ]);
    await log({ ...info, metrics, error }, snapshot);
    throw error;
  }
}

type Logged = {
  readonly request: RestRequest;
  readonly context: ApiContext;
  readonly id: string | undefined;
  readonly path: string;
  /** JSON texts. */
  readonly input: string | undefined;
  readonly result?: string | undefined;
  readonly metrics: ReadonlyMap<string, number>;
  readonly answered?: Answered;
  readonly error?: unknown;
};

async function log(logged: Logged, snapshot: Snapshot): Promise<void> {
  const { answered, context, error, id, input, request, result } = logged;
  if (context.log === undefined || id === undefined) {
    return;
  }
  await context.log(
    {
      decisionId: id,
      path: logged.path,
      input,
      result,
      error: error === undefined ? undefined : eventError(error),
      ndBuiltinCache: context.ndBuiltinCache
        ? answered?.ndBuiltinCache
        : undefined,
      requestedBy: request.client,
      requestId: request.id,
      headers: loggedHeaders(request, context.loggedHeaders),
      timestamp: new Date(),
      metrics: logged.metrics,
    },
    snapshot,
  );
}

function eventError(thrown: unknown): DecisionInfo["error"] {
  if (thrown instanceof PolicyError) {
    return { text: evaluationText(thrown), json: errorJson(thrown) };
  }
  const { code, message } = toApiFault(thrown);
  return {
    text: `${code}: ${message}`,
    json: JSON.stringify({ code, message }),
  };
}

function loggedHeaders(
  { headers }: RestRequest,
  names: readonly string[],
): Readonly<Record<string, readonly string[]>> | undefined {
  const found = names.flatMap((name) => {
    const value = headers[name.toLowerCase()];
    return value === undefined ? [] : [[name, [value]] as const];
  });
  return found.length > 0 ? Object.fromEntries(found) : undefined;
}

/** `POST /v0/data/…`: the body is the input, the answer the document alone. */
export const postDataV0: Handler = (request, rest, context) =>
  answerV0(request, rest, context);

/** `POST /`: the same of the default decision. */
export const postRoot: Handler = (request, _rest, context) =>
  answerV0(request, context.defaultDecision, context);

async function answerV0(
  request: RestRequest,
  rest: string,
  context: ApiContext,
): Promise<RestAnswer> {
  const given = await request.body.value(
    `unexpected parse error for input: body ${malformed}`,
  );
  const input = given ?? null;
  const asked = { request, rest, context, input, warning: false };
  const segments = refPath(rest);
  const { result, snapshot } = await decideAt(asked, segments, {
    path: rest,
  });
  if (result === undefined) {
    const { rules } = snapshot.queries;
    const word = rules.some(({ path }) => holds(path, segments))
      ? "undefined"
      : "missing";
    throw new ApiFault(
      404,
      "undefined_document",
      `document ${word}: ${pathText(segments)}`,
    );
  }
  return ok(result, isPretty(request));
}

/** Whether a rule's document is the one at a path, or holds it. */
function holds(rule: readonly string[], path: readonly string[]): boolean {
  return rule.every((segment, at) => path[at] === segment);
}

/** `PUT /v1/data/…`: creates or replaces a document. */
export const putData: Handler = async (request, rest, context) => {
  const started = performance.now();
  const value = await requiredBody(request);
  const path = storePath(rest);
  let isKept = false;
  await context.store.change((documents) => {
    checkPathScope(documents, path);
    const isThere = readData(documents.data, path) !== undefined;
    isKept = isThere && request.headers["if-none-match"] === "*";
    if (isKept) {
      return documents;
    }
    const data = isThere
      ? documents.data
      : makeDirectories(documents.data, path.slice(0, -1));
    return changed(documents, data, [{ op: "add", path, value }], context);
  });
  return isKept ? noContent(304) : done(request, started);
};

/** `PATCH /v1/data/…`: JSON Patch, all of it or nothing. */
export const patchData: Handler = async (request, rest, context) => {
  const started = performance.now();
  const operations = readPatch(await requiredBody(request), rest);
  await context.store.change((documents) => {
    for (const { path } of operations) {
      checkPathScope(documents, path);
    }
    return changed(documents, documents.data, operations, context);
  });
  return done(request, started);
};

/** `DELETE /v1/data/…`. */
export const deleteData: Handler = async (request, rest, context) => {
  const started = performance.now();
  const path = storePath(rest);
  await context.store.change((documents) => {
    checkPathScope(documents, path);
    const data = changeData(documents.data, {
      op: "remove",
      path,
      value: null,
    });
    return { ...documents, data };
  });
  return done(request, started);
};

async function requiredBody(request: RestRequest): Promise<Value> {
  const { text } = request.body;
  try {
    return parseJson(text);
  } catch {
    throw invalid(text.trim() === "" ? "EOF" : await streamFault(text));
  }
}

function changed(
  documents: Documents,
  start: RegoObject,
  operations: readonly DataOperation[],
  context: ApiContext,
): Documents {
  const data = operations.reduce(changeData, start);
  const { places } = context.store.current.queries;
  const conflicts = conflictsWithData(places, hasDataIn(data));
  if (conflicts.length > 0) {
    throw invalid(countedErrors(conflicts));
  }
  return { ...documents, data };
}

function readPatch(body: Value, root: string): readonly DataOperation[] {
  if (!isArray(body)) {
    throw invalid(
      "json: cannot unmarshal object into Go value of type []types.PatchV1",
    );
  }
  return body.map((one) => {
    const member = (name: string) =>
      one instanceof RegoObject ? (one.get(name) ?? null) : null;
    const op = member("op");
    if (op !== "add" && op !== "remove" && op !== "replace") {
      throw invalid(`bad patch operation: ${op ?? ""}`);
    }
    const path = [...storePath(root), ...pointer(String(member("path") ?? ""))];
    return { op, path, value: member("value") };
  });
}

/** The segments of a JSON pointer. */
function pointer(path: string): readonly string[] {
  return storePath(path).map((segment) =>
    segment.replaceAll("~1", "/").replaceAll("~0", "~"),
  );
}

function done(request: RestRequest, started: number): RestAnswer {
  if (!isSet(request, "metrics")) {
    return noContent();
  }
  const metrics = new Map([
    ["timer_rego_input_parse_ns", 0],
    ["timer_server_handler_ns", nanosecondsSince(started)],
  ]);
  return ok(objectJson([["metrics", metricsJson(metrics)]]));
}
