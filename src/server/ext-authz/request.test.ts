import { describe, expect, test } from "vitest";
import { PolicyError } from "../../engine/index.ts";
import type { CheckRequest, Struct } from "./check-request.ts";
import { createRequestReader } from "./request.ts";
import type { ReadRequest } from "./request-facts.ts";

const options = {
  mcpPaths: ["/mcp", "/**/mcp"],
  excludedPaths: ["/health"],
  onTruncatedBody: "deny",
} as const;

const read = createRequestReader(options);

type Http = NonNullable<
  NonNullable<NonNullable<CheckRequest["attributes"]>["request"]>["http"]
>;

function http(parts: Http): CheckRequest {
  return { attributes: { request: { http: { method: "GET", ...parts } } } };
}

function inputOf(reading: ReadRequest) {
  if (reading.kind !== "judged") {
    throw new Error(`not judged: ${JSON.stringify(reading)}`);
  }
  return JSON.parse(Buffer.from(reading.input).toString());
}

function codeOf(reading: ReadRequest): string {
  return reading.kind === "refused" ? reading.refusal.code : reading.kind;
}

const json = { "content-type": "application/json" };

function mcp(body: string, parts: Http = {}, path = "/mcp"): CheckRequest {
  return http({ method: "POST", path, headers: json, body, ...parts });
}

const call = (name = "echo", id: unknown = 7) =>
  JSON.stringify({
    jsonrpc: "2.0",
    id,
    method: "tools/call",
    params: { name, arguments: { a: 1 } },
  });

describe("what is no HTTP request", () => {
  test.each<[string, CheckRequest]>([
    ["W5 no attributes", {}],
    ["W5 no request", { attributes: {} }],
    ["W5 no http", { attributes: { request: {} } }],
    ["W6 no method", http({ method: "" })],
    ["W6 blank in the method", http({ method: "G ET" })],
    ["W6 line break in the method", http({ method: "GET\n" })],
    ["W6 control character in the method", http({ method: "GET\u0085" })],
  ])("%s fails", (_, request) => {
    expect(() => read(request)).toThrow(PolicyError);
  });

  test("W6: get works like GET", () => {
    const reading = read(http({ method: "get", path: "/a" }));
    expect(inputOf(reading).tool_id).toBe("http.get.a");
  });
});

describe("paths", () => {
  test.each([
    ["/admin.list", "http.get.admin%2Elist"],
    ["/a//b/", "http.get.a.b"],
    ["/", "http.get"],
    ["/x?y=1", "http.get.x"],
    ["/ü", "http.get.%C3%BC"],
    ["/%C3%BC", "http.get.%C3%BC"],
    ["/a%2Fb", "http.get.a%2Fb"],
  ])("W17: the tool id of %s is %s", (path, id) => {
    const reading = read(http({ path }));
    expect(inputOf(reading).tool_id).toBe(id);
    expect(reading.facts.tool).toBe(id);
  });

  test.each([
    ["/a/b", "/a/b", ["a", "b"]],
    ["//a/../b/./c//?", "/b/c/", ["b", "c"]],
    ["/%61%2e%2E/b", "/a../b", ["a..", "b"]],
    ["/a/%2e%2e/b", "/b", ["b"]],
    ["/a%2fb", "/a%2Fb", ["a/b"]],
    ["/a\\..\\b", "/b", ["b"]],
    ["/..", "/", []],
    ["", "/", []],
    ["/ü", "/%C3%BC", ["ü"]],
    ["/a b", "/a%20b", ["a b"]],
  ])("%j is normalised to %s", (path, normalised, segments) => {
    expect(inputOf(read(http({ path }))).path).toEqual({
      raw: path.split("?")[0],
      normalised,
      segments,
    });
  });

  test("W17: path and query are split at the first question mark", () => {
    const input = inputOf(read(http({ path: "/x?y=1&z=a?b" })));
    expect(input.path.raw).toBe("/x");
    expect(input.parsed_query).toEqual({ y: ["1"], z: ["a?b"] });
  });

  test.each([
    ["/health", "excluded"],
    ["/health?x=1", "excluded"],
    ["/health/../secret", "judged"],
    ["/healthz", "judged"],
    ["//health", "judged"],
    ["/health/", "judged"],
    ["/%68ealth", "judged"],
    ["/x/../health", "judged"],
    ["/HEALTH", "judged"],
  ])("W18: %s is %s", (path, kind) => {
    expect(read(http({ path })).kind).toBe(kind);
  });
});

describe("MCP requests", () => {
  test("a call is shown with its parts, numbers as they were written", () => {
    const body =
      '{"jsonrpc":"2.0","id":1.50,"method":"tools/call","params":{"name":"pay","arguments":{"amount":1e400}}}';
    const reading = read(
      mcp(body, {
        headers: {
          ...json,
          "mcp-session-id": "s1",
          "mcp-protocol-version": "2025-11-25",
        },
      }),
    );
    const text =
      reading.kind === "judged" ? Buffer.from(reading.input).toString() : "";
    expect(text).toContain(
      '"mcp":{"jsonrpc":"2.0","method":"tools/call","id":1.50,"tool":"pay","arguments":{"amount":1e400},"params":{"name":"pay","arguments":{"amount":1e400}},"session_id":"s1","protocol_version":"2025-11-25","batch":false}',
    );
    expect(text).toContain(`"parsed_body":${body}`);
    expect(reading.facts).toMatchObject({
      tool: "pay",
      mcpMethod: "tools/call",
      mcpId: "1.50",
    });
  });

  test.each<[string, CheckRequest, string]>([
    [
      "T12 duplicate key",
      mcp(call().replace('"name"', '"name":"get-sum","name"')),
      "mcp_malformed",
    ],
    [
      "T12 duplicate key behind an escape",
      mcp(call().replace('"name"', '"n\\u0061me":"get-sum","name"')),
      "mcp_malformed",
    ],
    [
      "T12 duplicate key deep inside",
      mcp(call().replace('{"a":1}', '{"x":[{"b":1,"b":2}]}')),
      "mcp_malformed",
    ],
    [
      "T12 twin key of other case",
      mcp(call().replace('"name"', '"Name":"get-sum","name"')),
      "mcp_malformed",
    ],
    [
      "T12 twin key by the long s",
      mcp(call().replace('"params"', '"param\u017f":{},"params"')),
      "mcp_malformed",
    ],
    [
      "T13 Name in place of name",
      mcp(call().replace('"name"', '"Name"')),
      "mcp_malformed",
    ],
    [
      "T13 no name",
      mcp('{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{}}'),
      "mcp_malformed",
    ],
    [
      "T13 name is a number",
      mcp(call().replace('"echo"', "7")),
      "mcp_malformed",
    ],
    [
      "T13 params is an array",
      mcp('{"jsonrpc":"2.0","id":1,"method":"tools/call","params":["echo"]}'),
      "mcp_malformed",
    ],
    [
      "T13 arguments is an array",
      mcp(call().replace('{"a":1}', "[1]")),
      "mcp_malformed",
    ],
    ["T14 batch", mcp(`[${call("get-sum")},${call()}]`), "mcp_batch"],
    ["T14 batch of one", mcp(` [${call()}]`), "mcp_batch"],
    ["T15 cut off", mcp(call().slice(0, -2)), "mcp_malformed"],
    ["T15 something after it", mcp(`${call()}x`), "mcp_malformed"],
    ["T15 two messages", mcp(`${call()}\n${call()}`), "mcp_malformed"],
    ["T16 byte order mark", mcp(`\uFEFF${call()}`), "mcp_malformed"],
    [
      "T16 byte order mark in bytes",
      mcp("", { rawBody: Buffer.from(`\uFEFF${call()}`) }),
      "mcp_malformed",
    ],
    [
      "T16 UTF-16",
      mcp("", { rawBody: Buffer.from(call(), "utf16le") }),
      "mcp_malformed",
    ],
    [
      "T16 invalid UTF-8",
      mcp("", {
        rawBody: Buffer.from(call().replace("echo", "ech\xff"), "latin1"),
      }),
      "mcp_malformed",
    ],
    [
      "T16 lone surrogate",
      mcp(call().replace("echo", "ech\\ud800")),
      "mcp_malformed",
    ],
    [
      "T16 deep nesting",
      mcp("[".repeat(10_000) + "]".repeat(10_000)),
      "mcp_malformed",
    ],
    [
      "T16 deep nesting in arguments",
      mcp(call().replace("1}", `${"[".repeat(10_000)}${"]".repeat(10_000)}}`)),
      "mcp_malformed",
    ],
    ["not an object", mcp('"tools/call"'), "mcp_malformed"],
    ["no jsonrpc", mcp('{"id":1,"method":"ping"}'), "mcp_malformed"],
    [
      "jsonrpc 1.0",
      mcp('{"jsonrpc":"1.0","id":1,"method":"ping"}'),
      "mcp_malformed",
    ],
    ["id is an object", mcp(call("echo", {})), "mcp_malformed"],
    ["id is true", mcp(call("echo", true)), "mcp_malformed"],
    ["no method", mcp('{"jsonrpc":"2.0","id":1}'), "mcp_malformed"],
    [
      "T17 text/plain",
      mcp(call(), { headers: { "content-type": "text/plain" } }),
      "mcp_content_type",
    ],
    [
      "T17 two types",
      mcp(call(), {
        headers: { "content-type": "text/plain, application/json" },
      }),
      "mcp_content_type",
    ],
    [
      "T17 other charset",
      mcp(call(), {
        headers: { "content-type": "application/json; charset=utf-7" },
      }),
      "mcp_content_type",
    ],
    ["T17 no type", mcp(call(), { headers: {} }), "mcp_content_type"],
    [
      "T17 gzip",
      mcp(call(), { headers: { ...json, "content-encoding": "gzip" } }),
      "mcp_content_encoding",
    ],
    [
      "T18 partial by header",
      mcp(call(), {
        headers: { ...json, "x-envoy-auth-partial-body": "true" },
      }),
      "body_truncated",
    ],
    ["T18, D6 partial by size", mcp(call(), { size: 9_000 }), "body_truncated"],
    [
      "T18 partial by content-length",
      mcp(call(), { headers: { ...json, "content-length": "9000" } }),
      "body_truncated",
    ],
    ["T20 empty body", mcp(""), "mcp_empty_body"],
    [
      "T21 no prompt name",
      mcp('{"jsonrpc":"2.0","id":1,"method":"prompts/get","params":{}}'),
      "mcp_malformed",
    ],
    [
      "T21 no uri",
      mcp(
        '{"jsonrpc":"2.0","id":1,"method":"resources/read","params":{"name":"x"}}',
      ),
      "mcp_malformed",
    ],
  ])("%s is refused", (_, request, code) => {
    expect(codeOf(read(request))).toBe(code);
  });

  test.each([
    [
      "a charset of UTF-8",
      mcp(call(), {
        headers: { "content-type": 'Application/JSON; charset="UTF-8"' },
      }),
    ],
    ["bytes", mcp("", { rawBody: Buffer.from(call()) })],
    [
      "identity encoding",
      mcp(call(), { headers: { ...json, "content-encoding": "identity" } }),
    ],
    ["white space around", mcp(` \n${call()}\r\n`)],
    ["a pair of surrogates", mcp(call().replace("echo", "\\ud83d\\ude00"))],
    ["a null id", mcp(call("echo", null))],
    ["an unknown size", mcp(call(), { size: -1 })],
    [
      "a notification",
      mcp('{"jsonrpc":"2.0","method":"notifications/initialized"}'),
    ],
    ["an answer of the client", mcp('{"jsonrpc":"2.0","id":1,"result":{}}')],
    ["T22 a long tool name", mcp(call("a".repeat(200)))],
    ["T11 odd tool names, as they are", mcp(call("ad\u200bd "))],
  ])("%s is judged", (_, request) => {
    expect(inputOf(read(request)).mcp).toMatchObject({ jsonrpc: "2.0" });
  });

  test.each(["GET", "DELETE", "HEAD"])(
    "T8, T9: %s without a body is no message and is judged",
    (method) => {
      const input = inputOf(read(http({ method, path: "/mcp" })));
      expect(input).not.toHaveProperty("mcp");
    },
  );

  test.each([
    ["/mcp", "mcp_batch"],
    ["/a/b/mcp", "mcp_batch"],
    ["/mcp/", "mcp_batch"],
    ["/MCP", "mcp_batch"],
    ["//mcp", "mcp_batch"],
    ["/x/../mcp", "mcp_batch"],
    ["/%6dcp?x=1", "mcp_batch"],
    ["/mcp2", "judged"],
    ["/mcp/x", "judged"],
    ["/", "judged"],
  ])("a batch on %s: %s", (path, want) => {
    expect(codeOf(read(mcp("[]", {}, path)))).toBe(want);
  });

  test("a route can say that it is MCP, or that it is not", () => {
    const route = (on: string, path: string): CheckRequest => ({
      attributes: {
        ...mcp("[]", {}, path).attributes,
        contextExtensions: { mcp: on },
      },
    });
    expect(codeOf(read(route("on", "/x")))).toBe("mcp_batch");
    expect(codeOf(read(route("off", "/mcp")))).toBe("judged");
  });

  test("elsewhere a clean JSON-RPC body is read, and nothing is refused", () => {
    expect(inputOf(read(mcp(call(), {}, "/rpc"))).mcp.tool).toBe("echo");
    const twins = call().replace('"name"', '"name":"get-sum","name"');
    expect(inputOf(read(mcp(twins, {}, "/rpc")))).not.toHaveProperty("mcp");
  });
});

describe("T27: the message in Envoy's metadata", () => {
  const struct = (method: string, name: string, id = 7): Struct => ({
    fields: {
      method: { stringValue: method },
      id: { numberValue: id },
      params: {
        structValue: { fields: { name: { stringValue: name } } },
      },
    },
  });
  const withMetadata = (body: string, fields: Struct): CheckRequest => ({
    attributes: {
      ...mcp(body, {}, "/any").attributes,
      metadataContext: { filterMetadata: { mcp_proxy: fields } },
    },
  });

  test.each([
    ["agrees", withMetadata(call(), struct("tools/call", "echo")), "judged"],
    [
      "other tool",
      withMetadata(call(), struct("tools/call", "get-sum")),
      "mcp_metadata_mismatch",
    ],
    [
      "other method",
      withMetadata(call(), struct("prompts/get", "echo")),
      "mcp_metadata_mismatch",
    ],
    [
      "other id",
      withMetadata(call(), struct("tools/call", "echo", 8)),
      "mcp_metadata_mismatch",
    ],
    [
      "body is a batch",
      withMetadata("[]", struct("tools/call", "echo")),
      "mcp_batch",
    ],
  ])("%s", (_, request, want) => {
    expect(codeOf(read(request))).toBe(want);
  });

  test("is enough where the body was not sent", () => {
    const input = inputOf(read(withMetadata("", struct("tools/call", "echo"))));
    expect(input.mcp).toMatchObject({
      method: "tools/call",
      tool: "echo",
      id: 7,
    });
  });
});

describe("truncated bodies", () => {
  const cut = (extension?: string): CheckRequest => ({
    attributes: {
      ...http({
        method: "POST",
        path: "/upload",
        body: '{"a":',
        headers: json,
        size: 900,
      }).attributes,
      ...(extension ? { contextExtensions: { body: extension } } : {}),
    },
  });

  test("T18: are denied", () => {
    expect(codeOf(read(cut()))).toBe("body_truncated");
  });

  test("pass where the route or the configuration gives up inspection", () => {
    const allowing = createRequestReader({
      ...options,
      onTruncatedBody: "allow",
    });
    for (const reading of [read(cut("ignore")), allowing(cut())]) {
      expect(inputOf(reading)).toMatchObject({
        parsed_body: null,
        truncated_body: true,
      });
    }
  });

  test("a body that was not sent at all is not a truncated one", () => {
    const request = http({
      method: "POST",
      path: "/upload",
      headers: { ...json, "content-length": "900" },
      size: 900,
    });
    expect(inputOf(read(request)).truncated_body).toBe(false);
  });
});

describe("headers", () => {
  test("raw headers are joined, shown, and used", () => {
    const raw = (key: string, value: string) => ({
      key,
      rawValue: Buffer.from(value),
    });
    const reading = read(
      http({
        method: "POST",
        path: "/mcp",
        headerMap: {
          headers: [
            raw("content-type", "application/json"),
            raw("x-dup", "a"),
            raw("x-dup", "b"),
            raw("cookie", "a=1"),
            raw("cookie", "b=2"),
            raw("X-Request-Id", "r1"),
          ],
        },
        body: call(),
      }),
    );
    const input = inputOf(reading);
    expect(input.attributes.request.http.headers).toMatchObject({
      "x-dup": "a,b",
      cookie: "a=1; b=2",
    });
    expect(input.attributes.request.http.headerMap.headers).toHaveLength(6);
    expect(input.mcp.tool).toBe("echo");
    expect(reading.facts.requestId).toBe("r1");
  });

  test("names of JavaScript's own do no harm", () => {
    const headers = JSON.parse('{"__proto__":"x","constructor":"y"}');
    const input = inputOf(read(http({ path: "/a?__proto__=1", headers })));
    expect(JSON.stringify(input.attributes.request.http.headers)).toBe(
      '{"__proto__":"x","constructor":"y"}',
    );
    expect(JSON.stringify(input.parsed_query)).toBe('{"__proto__":["1"]}');
  });

  test.each([
    ["00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", true],
    ["00-00000000000000000000000000000000-b7ad6b7169203331-01", false],
    ["00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01", false],
    ["ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", false],
    ["junk", false],
    ["", false],
  ])("O3: traceparent %j is kept: %s", (traceparent, isKept) => {
    const { facts } = read(http({ path: "/", headers: { traceparent } }));
    expect(facts.traceparent).toBe(isKept ? traceparent : undefined);
  });
});
