import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { create, fromJson, toBinary } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { describe, expect, test } from "vitest";
import { toProtoJson } from "../../../test/support/check-response-json.ts";
import {
  canonicalJson,
  type ExactJson,
  parseExactJson,
  stringifyExactJson,
} from "../../../test/support/exact-json.ts";
import { PolicyError, RegoObject } from "../../engine/index.ts";
import {
  decodeCheckRequest,
  decodeCheckResponse,
  encodeCheckRequest,
  encodeCheckResponse,
} from "../ext-authz/codec.ts";
import { fromProtoJson } from "../ext-authz/proto-json.ts";
import { toGrpcMethods } from "../ext-authz/strict/grpc-body.ts";
import type { StrictAnswer } from "../ext-authz/strict/strict-check.ts";
import { createCheckPlugin } from "./check-plugin.ts";
import { createConsoleSink } from "./decision-log/console-sink.ts";
import { createDecisionLogger } from "./decision-log/decision-logger.ts";
import { noDocuments } from "./documents.ts";
import {
  createSnapshot,
  type DecisionQuery,
  type Snapshot,
} from "./snapshot.ts";

const folder = "../shared/parity/recorded";

type Recording = {
  readonly policy: string;
  readonly config: {
    readonly path?: string;
    readonly query?: string;
    readonly "dry-run"?: boolean;
    readonly "skip-request-body-parse"?: boolean;
    readonly "proto-descriptor"?: boolean;
  };
  readonly proto_descriptor?: unknown;
  readonly request: unknown;
  readonly decision_logged: boolean;
  readonly input?: ExactJson;
  readonly result?: ExactJson;
  readonly result_present: boolean;
  readonly log_error?: string;
  readonly log_other?: Readonly<Record<string, ExactJson>>;
  readonly log_keys?: readonly string[];
  readonly log_metrics_keys?: readonly string[];
  readonly response?: ExactJson;
  readonly grpc_error?: { readonly code: number; readonly message: string };
  readonly start_error?: string;
};

type Replayed = {
  readonly answer: StrictAnswer;
  readonly events: readonly Readonly<Record<string, ExactJson>>[];
};

const compileTimer = "timer_rego_query_compile_ns";

/** What a server with the recording's policy and configuration does. */
async function replay(recording: Recording): Promise<Replayed> {
  const decision = decisionOf(recording);
  const snapshot = await load(recording, decision);
  const lines: string[] = [];
  const sink = createConsoleSink({ write: (line) => lines.push(line) });
  const check = createCheckPlugin({
    input: {
      skipBody: recording.config["skip-request-body-parse"] === true,
      grpc: recording.config["proto-descriptor"]
        ? toGrpcMethods(descriptorSet(recording.proto_descriptor))
        : undefined,
    },
    dryRun: recording.config["dry-run"] === true,
    decision,
    current: () => snapshot,
    logger: createDecisionLogger({
      labels: { id: "1", version: "1" },
      sinks: [sink],
      onFailed: (message) => expect.fail(message),
    }),
    ndBuiltinCache: false,
    observe: () => {},
    countError: () => {},
  });
  // Whether it was the first request that its server judged.
  const isFirst = recording.log_metrics_keys?.includes(compileTimer) ?? false;
  snapshot.compileTime = isFirst ? 1 : undefined;
  const bytes = encodeCheckRequest(fromProtoJson(recording.request));
  const answer = await check(decodeCheckRequest(bytes), { api: "v3" });
  await sink.close();
  const events = lines.map(
    (line) => parseExactJson(line) as Replayed["events"][number],
  );
  return { answer, events };
}

function decisionOf({ config }: Recording): DecisionQuery {
  return config.query === undefined
    ? { kind: "path", path: config.path ?? "envoy/authz/allow" }
    : { kind: "query", query: config.query };
}

const snapshots = new Map<string, Promise<Snapshot>>();

/** Many recordings have one policy. */
function load(recording: Recording, check: DecisionQuery): Promise<Snapshot> {
  const key = JSON.stringify([recording.policy, check]);
  const known = snapshots.get(key) ?? loadAnew(recording, check);
  snapshots.set(key, known);
  return known;
}

function loadAnew(
  recording: Recording,
  check: DecisionQuery,
): Promise<Snapshot> {
  const documents = {
    ...noDocuments,
    modules: { "policy.rego": recording.policy },
  };
  const options = {
    fixed: {
      check,
      mask: "system/log/mask",
      drop: "system/log/drop",
      authorization: "system/authz/allow",
    },
    regoVersion: 1,
    builtins: [],
    surroundings: { runtime: RegoObject.of([]) },
    onPrint: () => {},
  } as const;
  return createSnapshot(documents, options);
}

function descriptorSet(json: unknown): Uint8Array {
  return toBinary(
    FileDescriptorSetSchema,
    json === undefined
      ? create(FileDescriptorSetSchema)
      : fromJson(FileDescriptorSetSchema, json as never),
  );
}

/** One text for all orders that mean the same: values of one name keep theirs. */
function comparable(value: ExactJson): string {
  return canonicalJson(inOrder(value));
}

const headerLists = ["headers", "responseHeadersToAdd", "queryParametersToSet"];

function inOrder(value: ExactJson): ExactJson {
  if (Array.isArray(value)) {
    return value.map(inOrder);
  }
  if (typeof value === "string") {
    // A lone surrogate is written as U+FFFD.
    return Buffer.from(value, "utf8").toString("utf8");
  }
  if (!isObject(value)) {
    return value;
  }
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [
      name,
      headerLists.includes(name) && Array.isArray(member)
        ? (member as readonly ExactJson[]).toSorted(byName)
        : inOrder(member),
    ]),
  );
}

function isObject(
  value: ExactJson,
): value is { readonly [key: string]: ExactJson } {
  return value !== null && typeof value === "object" && !("text" in value);
}

function byName(a: ExactJson, b: ExactJson): number {
  return nameOf(a) < nameOf(b) ? -1 : 1;
}

/** The name of a header or a query parameter. */
function nameOf(value: ExactJson): string {
  const { header, key } = value as { header?: { key: string }; key?: string };
  return header?.key ?? key ?? "";
}

function answered({ answer }: Replayed): string {
  if (answer.kind === "error") {
    return JSON.stringify({ code: 2, message: answer.message });
  }
  const wire = encodeCheckResponse(answer.response);
  const json = parseExactJson(toProtoJson(decodeCheckResponse(wire)));
  return comparable(withoutId(json));
}

function wanted({ grpc_error: error, response = null }: Recording): string {
  return error
    ? JSON.stringify({ code: error.code, message: error.message })
    : comparable(response);
}

const uuid = /[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}/g;

function withoutId(value: ExactJson): ExactJson {
  return parseExactJson(
    stringifyExactJson(value).replace(uuid, "<decision_id>"),
  );
}

/** The parts of a log event that do not differ from one run to the next. */
function logged(event: Replayed["events"][number] | undefined) {
  const { error, input, result, ...others } = event ?? {};
  const keys = Object.keys(event ?? {}).sort();
  return {
    input: comparable(input ?? null),
    result: result === undefined ? undefined : comparable(result),
    error,
    keys,
    metrics: Object.keys((others["metrics"] as object) ?? {}).sort(),
    path: others["path"],
    query: others["query"],
  };
}

function wantedLog(recording: Recording) {
  const { input = null, result, result_present: isThere } = recording;
  return {
    input: comparable(input),
    result: isThere ? comparable(result ?? null) : undefined,
    error: recording.log_error,
    keys: recording.log_keys,
    metrics: recording.log_metrics_keys,
    path: recording.log_other?.["path"],
    query: recording.log_other?.["query"],
  };
}

const names = existsSync(folder) ? readdirSync(folder).sort() : [];

describe.skipIf(names.length === 0)(
  "checks end as opa-envoy-plugin's do (recordings in ../shared/parity)",
  () => {
    test.each(names)("%s", async (name) => {
      const text = readFileSync(join(folder, name), "utf8");
      const plain = JSON.parse(text) as Recording;
      // Documents keep the spelling of their numbers.
      const exact = parseExactJson(text) as unknown as Recording;
      const recording = {
        ...plain,
        ...(exact.input !== undefined && { input: exact.input }),
        ...(exact.result !== undefined && { result: exact.result }),
        ...(exact.response !== undefined && { response: exact.response }),
      };
      if (plain.start_error !== undefined) {
        const fault = await replay(recording).catch(PolicyError.from);
        expect(fault).toBeInstanceOf(PolicyError);
        const { code, location, rawMessage } = fault as PolicyError;
        expect(plain.start_error).toContain(
          `${location?.file}:${location?.row}: ${code}: ${rawMessage}`,
        );
        return;
      }
      const replayed = await replay(recording);
      expect(answered(replayed)).toBe(wanted(recording));
      expect(replayed.events).toHaveLength(plain.decision_logged ? 1 : 0);
      expect(logged(replayed.events[0])).toStrictEqual(wantedLog(recording));
    });
  },
);
