import { describe, expect, test } from "vitest";
import type {
  CheckRecord,
  Outcome,
  PipelineRequest,
} from "../pipeline/verdict.ts";
import { type Checker, createChecker } from "./check.ts";
import type { CheckRequest, Value } from "./check-request.ts";
import type { CheckResponse, HeaderValueOption } from "./check-response.ts";
import { decodeCheckResponse, encodeCheckResponse } from "./codec.ts";
import { toCheckResponse } from "./grpc-answer.ts";
import type { CheckOptions } from "./options.ts";

const options: CheckOptions = {
  onFailure: "deny",
  denyFormat: "json",
  onTruncatedBody: "deny",
  mcpPaths: ["/mcp"],
  excludedPaths: ["/health"],
  stripHeaders: ["authorization", "x-capability"],
};

const allow: Outcome = {
  verdict: "allow",
  enforced: true,
  revision: "sha256:r1",
  steps: [],
};

const deny: Outcome = {
  ...allow,
  verdict: "deny",
  guard: "tool_scope",
  code: "tool_not_allowed",
  reason: "scope check failed",
};

type Bench = {
  readonly checker: Checker;
  readonly asked: PipelineRequest[];
  readonly records: CheckRecord[];
  ask(request: CheckRequest): Promise<CheckResponse>;
};

function bench(
  outcome: Outcome | (() => Outcome | Promise<Outcome>) = allow,
  more: Partial<CheckOptions> = {},
): Bench {
  const asked: PipelineRequest[] = [];
  const records: CheckRecord[] = [];
  const all = { ...options, ...more };
  const checker = createChecker({
    options: all,
    pipeline: {
      revision: "sha256:r1",
      run: (request) => {
        asked.push(request);
        return typeof outcome === "function" ? outcome() : outcome;
      },
    },
    record: (record) => records.push(record),
  });
  return {
    checker,
    asked,
    records,
    ask: async (request) => {
      const answer = await checker.check(() => request, "grpc");
      // Through the wire, so that only what can be sent counts.
      return decodeCheckResponse(
        encodeCheckResponse(toCheckResponse(answer, all)),
      );
    },
  };
}

const get: CheckRequest = {
  attributes: {
    request: {
      http: {
        method: "GET",
        path: "/resource",
        headers: { "x-request-id": "q1" },
      },
    },
  },
};

const mcpToolCall = (messageId?: string): CheckRequest => ({
  attributes: {
    request: {
      http: {
        method: "POST",
        path: "/mcp",
        headers: { "content-type": "application/json" },
        body: `{"jsonrpc":"2.0",${messageId === undefined ? "" : `"id":${messageId},`}"method":"tools/call","params":{"name":"echo"}}`,
      },
    },
  },
});

function values(list: readonly HeaderValueOption[] = []): [string, string][] {
  return list.map(({ header }) => [header.key, header.value]);
}

function plain(value: Value): unknown {
  return value.stringValue || value.numberValue || value.boolValue || "";
}

function metadataOf({ dynamicMetadata }: CheckResponse) {
  return Object.fromEntries(
    Object.entries(dynamicMetadata?.fields ?? {}).map(([key, value]) => [
      key,
      plain(value),
    ]),
  );
}

const id = expect.stringMatching(/^[0-9a-f-]{36}$/);

const failClosed = {
  status: { code: 13 },
  deniedResponse: { status: { code: 500 } },
};

describe("allow", () => {
  test("W1: code 0, the decision id for the client and in metadata and record", async () => {
    const { ask, asked, records } = bench();
    const response = await ask(get);
    expect(response.status.code).toBe(0);
    const [entry] = values(response.okResponse?.responseHeadersToAdd);
    expect(entry).toEqual(["x-portcullis-decision-id", id]);
    expect(asked[0]).toMatchObject({ requestId: "q1", decisionId: entry?.[1] });
    expect(records[0]).toMatchObject({
      decisionId: entry?.[1],
      requestId: "q1",
      transport: "grpc",
      httpStatus: 200,
      method: "GET",
      path: "/resource",
      tool: "http.get.resource",
      outcome: allow,
    });
    expect(metadataOf(response)).toMatchObject({
      verdict: "allow",
      decision_id: entry?.[1],
      http_status: 200,
      revision: "sha256:r1",
    });
  });

  test("W2, W19: credentials and forged headers do not reach the upstream", async () => {
    const request: CheckRequest = {
      attributes: {
        request: {
          http: {
            ...get.attributes?.request?.http,
            headers: {
              "x-portcullis-decision-id": "forged",
              "x-portcullis-subject": "forged",
            },
          },
        },
      },
    };
    const { ask } = bench({
      ...allow,
      headers: [["X-Portcullis-Subject", "sa1"]],
      requestHeadersToRemove: ["Cookie"],
    });
    const response = await ask(request);
    expect(response.okResponse?.headersToRemove).toEqual([
      "x-portcullis-decision-id",
      "authorization",
      "x-capability",
      "cookie",
    ]);
    expect(values(response.okResponse?.headers)).toEqual([
      ["x-portcullis-subject", "sa1"],
    ]);
  });

  test("several values of one name: the first overwrites, the others append", async () => {
    const { ask } = bench({
      ...allow,
      headers: [
        ["x-role", "a"],
        ["x-other", "c"],
        ["x-role", "b"],
      ],
      queryParametersToSet: [["k", "v"]],
      queryParametersToRemove: ["token"],
    });
    const { okResponse } = await ask(get);
    expect(okResponse?.headers.map((option) => option.appendAction)).toEqual([
      2, 2, 0,
    ]);
    expect(okResponse?.queryParametersToSet).toMatchObject([
      { key: "k", value: "v" },
    ]);
    expect(okResponse?.queryParametersToRemove).toEqual(["token"]);
  });

  test("H1: a denial that is not enforced passes, and is recorded as a denial", async () => {
    const { ask, records } = bench({ ...deny, enforced: false });
    const response = await ask(get);
    expect(response.status.code).toBe(0);
    expect(response.deniedResponse ?? null).toBeNull();
    expect(metadataOf(response)).toMatchObject({
      verdict: "deny",
      guard: "tool_scope",
    });
    expect(records[0]).toMatchObject({
      httpStatus: 200,
      outcome: { verdict: "deny", enforced: false },
    });
  });

  test("W18: an excluded path passes without a word, but not without a record", async () => {
    const { ask, asked, records } = bench(deny);
    const response = await ask({
      attributes: { request: { http: { method: "GET", path: "/health" } } },
    });
    expect(response.status.code).toBe(0);
    expect(response.okResponse?.responseHeadersToAdd).toEqual([]);
    expect(asked).toHaveLength(0);
    expect(records).toHaveLength(1);
  });
});

describe("deny", () => {
  test("W3: headers and body name guard and reason", async () => {
    const { ask } = bench({ ...deny, headers: [["x-extra", "1"]] });
    const { status, deniedResponse } = await ask(get);
    expect(status.code).toBe(7);
    expect(deniedResponse?.status.code).toBe(403);
    expect(Object.fromEntries(values(deniedResponse?.headers))).toEqual({
      "content-type": "application/json",
      "x-extra": "1",
      "x-portcullis-denial-guard": "tool_scope",
      "x-portcullis-denial-reason": "scope check failed",
      "x-portcullis-decision-id": id,
    });
    expect(JSON.parse(deniedResponse?.body ?? "")).toEqual({
      verdict: "deny",
      guard: "tool_scope",
      code: "tool_not_allowed",
      reason: "scope check failed",
      decision_id: id,
    });
  });

  test.each([
    [400, 400],
    [401, 401],
    [402, 402],
    [403, 403],
    [404, 404],
    [405, 405],
    [409, 409],
    [410, 410],
    [422, 422],
    [423, 423],
    [424, 424],
    [429, 429],
    [500, 500],
    [501, 501],
    [502, 502],
    [503, 503],
    [504, 504],
    [418, 403],
    [451, 403],
    [999, 403],
    [200, 403],
    [204, 403],
    [0, 403],
    [-1, 403],
    [401.5, 403],
    [302, 403],
    [undefined, 403],
  ])("W4: status %s of a guard goes out as %s", async (httpStatus, want) => {
    const response = await bench({ ...deny, httpStatus }).ask(get);
    expect(response.deniedResponse?.status.code).toBe(want);
    expect(metadataOf(response)["http_status"]).toBe(want);
  });

  test("a redirect goes out with its location", async () => {
    const { ask } = bench({
      ...deny,
      httpStatus: 302,
      headers: [["Location", "https://login.example.com/"]],
    });
    expect((await ask(get)).deniedResponse?.status.code).toBe(302);
  });

  test.each([
    ["a line break", "x\r\nX-Evil: 1", "x X-Evil: 1"],
    ["NUL", "a\u0000b", "a b"],
    ["emoji", "no 🦊", "no 🦊"],
    ["nothing", "", "unspecified"],
    ["blanks", " \t ", "unspecified"],
    ["W9 20 kB", "y".repeat(20_000), "y".repeat(1024)],
    ["W9 20 kB of emoji", "🦊".repeat(5_000), "🦊".repeat(256)],
    [
      "W9 a cut inside a character",
      `a${"é".repeat(1_000)}`,
      `a${"é".repeat(511)}`,
    ],
  ])("W8: reason with %s", async (_, reason, want) => {
    const { ask } = bench({ ...deny, reason });
    const { deniedResponse } = await ask(get);
    const headers = Object.fromEntries(values(deniedResponse?.headers));
    expect(headers["x-portcullis-denial-reason"]).toBe(want);
    expect(JSON.parse(deniedResponse?.body ?? "").reason).toBe(reason);
  });

  test("a guard's own body goes out as it is", async () => {
    const { ask } = bench({
      ...deny,
      body: "<p>no</p>",
      headers: [["content-type", "text/html"]],
    });
    const { deniedResponse } = await ask(get);
    expect(deniedResponse?.body).toBe("<p>no</p>");
    expect(values(deniedResponse?.headers)).toContainEqual([
      "content-type",
      "text/html",
    ]);
  });

  test("a guard cannot speak in our name", async () => {
    const { ask } = bench({
      ...deny,
      headers: [["X-Portcullis-Decision-Id", "mine"]],
    });
    expect(JSON.stringify(await ask(get))).not.toContain("mine");
  });

  test("W10: dynamic metadata has ours beside the guard's", async () => {
    const { ask } = bench({
      ...deny,
      dynamicMetadata: {
        tenant: "t1",
        verdict: "overwritten",
        list: [1, null, { a: true }],
      },
    });
    const response = await ask(get);
    expect(metadataOf(response)).toMatchObject({
      tenant: "t1",
      verdict: "deny",
      guard: "tool_scope",
      code: "tool_not_allowed",
      reason: "scope check failed",
      http_status: 403,
      decision_id: id,
      revision: "sha256:r1",
    });
    expect(
      response.dynamicMetadata?.fields?.["list"]?.listValue?.values,
    ).toHaveLength(3);
  });

  test("a malformed MCP message is refused before any guard", async () => {
    const { ask, asked, records } = bench();
    const response = await ask(mcpToolCall("{}"));
    expect(response).toMatchObject({
      status: { code: 7 },
      deniedResponse: { status: { code: 400 } },
    });
    expect(asked).toHaveLength(0);
    expect(records[0]?.outcome).toMatchObject({
      verdict: "deny",
      guard: "request",
      code: "mcp_malformed",
    });
  });
});

describe("denyFormat: mcp", () => {
  const mcp = { denyFormat: "mcp" } as const;

  test.each(["7", '"abc"', "null", "12345678901234567890"])(
    "T25: a JSON-RPC error with the id %s under HTTP 200",
    async (rpcId) => {
      const { ask, records } = bench(deny, mcp);
      const { status, deniedResponse } = await ask(mcpToolCall(rpcId));
      expect(status.code).toBe(7);
      expect(deniedResponse?.status.code).toBe(200);
      expect(values(deniedResponse?.headers)).toContainEqual([
        "content-type",
        "application/json",
      ]);
      expect(deniedResponse?.body).toContain(`"jsonrpc":"2.0","id":${rpcId},`);
      expect(JSON.parse(deniedResponse?.body ?? "").error).toEqual({
        code: 403,
        message: "scope check failed",
        data: {
          guard: "tool_scope",
          code: "tool_not_allowed",
          decision_id: id,
        },
      });
      expect(records[0]?.httpStatus).toBe(403);
    },
  );

  test.each([
    ["T26 a notification", mcpToolCall()],
    ["a plain request", get],
    ["T15 a message that cannot be read", mcpToolCall("{}")],
  ])("%s gets no JSON-RPC body", async (_, request) => {
    const { deniedResponse } = await bench(deny, mcp).ask(request);
    expect(deniedResponse?.status.code).toBeGreaterThanOrEqual(400);
    expect(deniedResponse?.body).toContain('"verdict":"deny"');
  });
});

describe("failure", () => {
  test.each<[string, CheckRequest]>([
    ["W5 no attributes", {}],
    ["W5 no http", { attributes: { request: {} } }],
    ["W6 no method", { attributes: { request: { http: { path: "/" } } } }],
  ])("%s fails closed without asking the pipeline", async (_, request) => {
    const { ask, asked, records } = bench();
    expect(await ask(request)).toMatchObject(failClosed);
    expect(asked).toHaveLength(0);
    expect(records[0]?.outcome).toMatchObject({
      verdict: "error",
      code: "server_request_error",
    });
  });

  test.each<[string, () => Outcome | Promise<Outcome>]>([
    [
      "throws",
      () => {
        throw new Error("internal: /etc/secret");
      },
    ],
    ["rejects", () => Promise.reject(new Error("internal: /etc/secret"))],
    [
      "reports an error",
      () => ({
        ...allow,
        verdict: "error",
        guard: "dlp",
        code: "eval_limit_error",
        reason: "internal: /etc/secret",
        cause: new Error("internal: /etc/secret"),
      }),
    ],
    [
      "gives a header name that is none",
      () => ({ ...allow, headers: [["internal /etc/secret", "x"]] }),
    ],
  ])("W7: a pipeline that %s fails closed and says nothing", async (_, run) => {
    const { ask, records } = bench(run);
    const response = await ask(get);
    expect(response).toMatchObject(failClosed);
    expect(JSON.stringify(response)).not.toContain("internal");
    expect(
      Object.fromEntries(values(response.deniedResponse?.headers)),
    ).toEqual({
      "content-type": "application/json",
      "x-portcullis-denial-guard": "fail_closed",
      "x-portcullis-denial-reason": "the check could not be completed",
      "x-portcullis-decision-id": id,
    });
    expect(records[0]?.outcome.verdict).toBe("error");
    expect(String(records[0]?.outcome.cause)).toContain("/etc/secret");
  });

  test("W14: deny is a denied_response, defer an error_response", async () => {
    const broken = { ...allow, verdict: "error" } as const;
    const denied = await bench(broken).ask(get);
    expect(denied.deniedResponse?.status.code).toBe(500);
    expect(denied.errorResponse ?? null).toBeNull();
    const deferred = await bench(broken, { onFailure: "defer" }).ask(get);
    expect(deferred.errorResponse?.status.code).toBe(500);
    expect(deferred.deniedResponse ?? null).toBeNull();
    expect(deferred.status.code).toBe(13);
  });

  test("a record that cannot be written fails the check", async () => {
    const checker = createChecker({
      options,
      pipeline: { revision: "r1", run: () => allow },
      record: () => {
        throw new Error("disk full");
      },
    });
    const answer = await checker.check(() => get, "grpc");
    expect(answer.kind).toBe("failure");
  });
});
