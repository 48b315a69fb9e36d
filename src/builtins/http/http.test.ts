import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import {
  afterAll,
  beforeAll,
  beforeEach,
  describe,
  expect,
  test,
} from "vitest";
import {
  type BuiltinContext,
  fromJs,
  RegoObject,
  toJson,
  type Value,
} from "../../engine/builtins/index.ts";
import { maxBodyBytes } from "./exchange.ts";
import { httpBuiltins } from "./index.ts";

const big = gzipSync(Buffer.alloc(maxBodyBytes + 1));
const date = "Thu, 01 Jan 1970 00:00:00 GMT";

const pages: Readonly<Record<string, RequestListener>> = {
  "/echo": (request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk) => chunks.push(chunk));
    request.on("end", () => {
      response.setHeader("Content-Type", "application/json; charset=utf-8");
      response.end(
        JSON.stringify({
          method: request.method,
          headers: request.headers,
          body: Buffer.concat(chunks).toString(),
        }),
      );
    });
  },
  "/text": (_request, response) => response.end('{"a": 1}'),
  "/yaml": (_request, response) =>
    response.setHeader("Content-Type", "application/yaml").end("a: [1, b]"),
  "/broken": (_request, response) =>
    response.setHeader("Content-Type", "application/json").end("{"),
  "/moved": (_request, response) =>
    response.writeHead(302, { Location: "/echo" }).end(),
  "/kept": (_request, response) =>
    response.writeHead(307, { Location: "/echo" }).end(),
  "/away": (_request, response) =>
    response.writeHead(302, { Location: "http://evil.test/" }).end(),
  "/loop": (_request, response) =>
    response.writeHead(302, { Location: "/loop" }).end(),
  "/silent": () => undefined,
  "/endless": (_request, response) => {
    response.write("a");
  },
  "/hangup": (request) => request.socket.destroy(),
  "/gzip": (_request, response) =>
    response.setHeader("Content-Encoding", "gzip").end(gzipSync("packed")),
  "/bomb": (_request, response) =>
    response.setHeader("Content-Encoding", "gzip").end(big),
  "/large": (_request, response) =>
    response.end(Buffer.alloc(maxBodyBytes + 1)),
  "/fresh": (_request, response) =>
    response
      .writeHead(200, { Date: date, "Cache-Control": "max-age=60" })
      .end(`reply ${hits}`),
  "/private": (_request, response) =>
    response
      .writeHead(200, { Date: date, "Cache-Control": "no-store, max-age=60" })
      .end(`reply ${hits}`),
  "/expires": (_request, response) =>
    response
      .writeHead(200, { Expires: "Thu, 01 Jan 1970 00:01:00 GMT" })
      .end(`reply ${hits}`),
  "/tagged": (request, response) =>
    request.headers["if-none-match"] === "v1"
      ? response.writeHead(304, { Etag: "v1" }).end()
      : response.writeHead(200, { Etag: "v1" }).end(`reply ${hits}`),
  "/plain": (_request, response) => response.end(`reply ${hits}`),
  "/flaky": (request, response) =>
    hits < 3 ? request.socket.destroy() : response.end(`reply ${hits}`),
};

let hits = 0;
const server = createServer((request, response) => {
  hits += 1;
  pages[request.url ?? ""]?.(request, response);
});
let origin = "";

beforeAll(async () => {
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});
beforeEach(() => {
  hits = 0;
});

function context(more: Partial<BuiltinContext> = {}): BuiltinContext {
  return {
    now: 0n,
    place: () => ({ file: "a.rego", row: 3, col: 1 }),
    random: (count) => new Uint8Array(count),
    runtime: RegoObject.of([]),
    decisionCache: new Map(),
    policyCache: new Map(),
    network: { allows: (host: string) => host === "127.0.0.1" },
    signal: new AbortController().signal,
    ...more,
  };
}

type Answer = {
  status: string;
  status_code: number;
  body: { method: string; body: string; headers: Record<string, string> };
  raw_body: string;
  headers: Record<string, string[]>;
  error: { code: string; message: string };
};

/** An answer with this test's port as `PORT`. */
async function send(
  path: string,
  more: object = {},
  given = context(),
): Promise<Answer> {
  const request = fromJs({ method: "get", url: origin + path, ...more });
  const value = await httpBuiltins[0]?.run([request], given);
  return JSON.parse(
    toJson(value as Value).replaceAll(origin, "http://127.0.0.1:PORT"),
  );
}

describe("requests", () => {
  test.each([
    [{}, "GET", ""],
    [{ method: "post", body: { a: "<" } }, "POST", '{"a":"\\u003c"}'],
    [{ method: "put", body: 1, raw_body: "raw é" }, "PUT", "raw é"],
    [{ method: "delete" }, "DELETE", ""],
    [{ method: "patch", raw_body: "x" }, "PATCH", "x"],
  ])("%j", async (more, method, body) => {
    const answer = await send("/echo", more);
    expect(answer.body).toMatchObject({ method, body });
    expect(answer).toMatchObject({ status: "200 OK", status_code: 200 });
    expect(answer.headers["content-type"]).toEqual([
      "application/json; charset=utf-8",
    ]);
  });

  test("headers", async () => {
    const headers = { "x-one": "é", Host: "other.test", "user-agent": "me" };
    const { body } = await send("/echo", { headers });
    expect(body.headers).toMatchObject({
      "x-one": Buffer.from("é").toString("latin1"),
      host: "other.test",
      "user-agent": "me",
      "accept-encoding": "gzip",
    });
  });
});

test.each([
  ["/text", {}, null],
  ["/text", { force_json_decode: true }, { a: 1 }],
  ["/text", { force_yaml_decode: true }, { a: 1 }],
  ["/yaml", {}, { a: [1, "b"] }],
  ["/broken", {}, null],
])("the body of %s with %j", async (path, more, body) => {
  expect((await send(path, more)).body).toEqual(body);
});

test("a packed body is unpacked", async () => {
  const { raw_body, headers } = await send("/gzip");
  expect(raw_body).toBe("packed");
  expect(headers).not.toHaveProperty("content-encoding");
});

describe("redirects", () => {
  test("are answers unless they are to be followed", async () => {
    const answer = await send("/moved");
    expect(answer.status).toBe("302 Found");
    expect(answer.headers["location"]).toEqual(["/echo"]);
  });

  test.each([
    ["/moved", "GET", ""],
    ["/kept", "POST", "x"],
  ])("%s", async (path, method, body) => {
    const more = { enable_redirect: true, method: "post", raw_body: "x" };
    expect((await send(path, more)).body).toMatchObject({ method, body });
  });
});

describe("errors", () => {
  const network = "eval_http_send_network_error";
  const internal = "eval_http_send_internal_error";
  const get = (path: string) => `Get "http://127.0.0.1:PORT${path}"`;
  const placed = "a.rego:3: eval_builtin_error: http.send:";
  test.each([
    [
      "/silent",
      { timeout: "50ms" },
      network,
      `${get("/silent")}: context deadline exceeded (Client.Timeout exceeded while awaiting headers)`,
    ],
    [
      "/endless",
      { timeout: 50_000_000 },
      internal,
      `${placed} context deadline exceeded (Client.Timeout or context cancellation while reading body)`,
    ],
    ["/hangup", {}, network, `${get("/hangup")}: EOF`],
    [
      "/large",
      {},
      internal,
      `${placed} response body exceeds ${maxBodyBytes} bytes`,
    ],
    [
      "/bomb",
      {},
      internal,
      `${placed} response body exceeds ${maxBodyBytes} bytes`,
    ],
    [
      "/away",
      { enable_redirect: true },
      network,
      'Get "http://evil.test/": disallowed host: evil.test',
    ],
    [
      "/loop",
      { enable_redirect: true },
      network,
      `${get("/loop")}: stopped after 100 redirects`,
    ],
    [
      "",
      { url: "http://evil.test/" },
      internal,
      `${placed} disallowed host: evil.test`,
    ],
    [
      "",
      { url: "http://127.0.0.1@evil.test/" },
      internal,
      `${placed} disallowed host: evil.test`,
    ],
    [
      "",
      { url: "ftp://127.0.0.1/" },
      network,
      'Get "ftp://127.0.0.1/": unsupported protocol scheme "ftp"',
    ],
    [
      "",
      { url: "http://127.0.0.1:1/" },
      network,
      'Get "http://127.0.0.1:1/": dial tcp 127.0.0.1:1: connect: connection refused',
    ],
    [
      "/text",
      { no_such: 1 },
      internal,
      'a.rego:3: eval_type_error: http.send: operand 1 invalid request parameters(s): {"no_such"}',
    ],
    [
      "/text",
      { tls_ca_cert: "x" },
      internal,
      `${placed} could not append certificates`,
    ],
    [
      "/text",
      { tls_insecure_skip_verify: "true" },
      internal,
      `${placed} strconv.ParseBool: parsing "\\"true\\"": invalid syntax`,
    ],
    [
      "/text",
      { timeout: "1x" },
      internal,
      `${placed} invalid timeout value "1x": time: unknown unit "x" in duration "1x"`,
    ],
    [
      "/text",
      { max_retry_attempts: -1 },
      internal,
      'invalid value -1 for field "max_retry_attempts"',
    ],
    [
      "/text",
      { force_cache: true },
      internal,
      `${placed} 'force_cache' set but 'force_cache_duration_seconds' parameter is missing`,
    ],
  ])("%s %j", async (path, more, code, message) => {
    expect(await send(path, { raise_error: false, ...more })).toEqual({
      status_code: 0,
      error: { code, message },
    });
  });

  test.each([
    ["/silent", { timeout: "50ms" }, "/silent: request timed out"],
    ["/hangup", {}, '/hangup": EOF'],
    ["", { url: "http://evil.test" }, "disallowed host: evil.test"],
    ["", { url: 1 }, '"url" must be a string'],
    ["/text", { raise_error: 1 }, "invalid value for raise_error field"],
  ])("raised: %s %j", async (path, more, message) => {
    await expect(send(path, more)).rejects.toThrow(message);
  });

  test("are tried again as often as asked for", async () => {
    const answer = await send("/flaky", { max_retry_attempts: 2 });
    expect(answer.raw_body).toBe("reply 3");
  });

  test("end with the decision", async () => {
    const signal = AbortSignal.timeout(50);
    await expect(
      send("/silent", { timeout: 0, raise_error: false }, context({ signal })),
    ).rejects.toThrow("context deadline exceeded");
  });
});

describe("caching", () => {
  const second = 1_000_000_000n;
  test.each([
    ["/fresh", { cache: true }, 59n, 1],
    ["/fresh", { cache: true }, 61n, 2],
    ["/fresh", {}, 1n, 2],
    ["/expires", { cache: true }, 59n, 1],
    ["/expires", { cache: true }, 61n, 2],
    ["/private", { cache: true }, 1n, 2],
    ["/plain", { cache: true }, 1n, 2],
    ["/plain", { force_cache: true, force_cache_duration_seconds: 9 }, 8n, 1],
    ["/plain", { force_cache: true, force_cache_duration_seconds: 9 }, 10n, 2],
    ["/private", { force_cache: true, force_cache_duration_seconds: 9 }, 8n, 1],
    ["/tagged", { cache: true }, 1n, 1],
  ])(
    "%s with %j, %i seconds later: reply %i",
    async (path, more, later, reply) => {
      const policyCache = new Map();
      const first = await send(path, more, context({ policyCache }));
      expect(first.raw_body).toBe("reply 1");
      const now = later * second;
      const next = await send(path, more, context({ policyCache, now }));
      expect(next).toMatchObject({
        status_code: 200,
        raw_body: `reply ${reply}`,
      });
    },
  );

  test("ignored headers tell no replies apart", async () => {
    const given = context();
    const more = { cache: true, cache_ignored_headers: ["id"] };
    await send("/fresh", { ...more, headers: { id: "1" } }, given);
    const fresh = context({ policyCache: given.policyCache });
    const next = await send("/fresh", { ...more, headers: { id: "2" } }, fresh);
    expect(next.raw_body).toBe("reply 1");
    expect(hits).toBe(1);
  });

  test("one decision asks once", async () => {
    const given = context();
    await Promise.all([send("/plain", {}, given), send("/plain", {}, given)]);
    expect(hits).toBe(1);
  });
});
