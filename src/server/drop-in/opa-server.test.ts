import { mkdtempSync, writeFileSync } from "node:fs";
import {
  Agent,
  createServer,
  type IncomingMessage,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { Client, credentials, type ServiceError } from "@grpc/grpc-js";
import { afterEach, expect, test } from "vitest";
import {
  digestOf,
  startFakeRegistry,
} from "../../../test/support/fake-registry.ts";
import { fetchAnswer } from "../../../test/support/http-client.ts";
import { waitFor } from "../../../test/support/process.ts";
import { writeArchive } from "../../bundle/index.ts";
import { fromJs, type RegoObject } from "../../engine/index.ts";
import type { CheckRequest } from "../ext-authz/check-request.ts";
import type { CheckResponse } from "../ext-authz/check-response.ts";
import { decodeCheckResponse, encodeCheckRequest } from "../ext-authz/codec.ts";
import { readOpaConfig } from "../opa-config/opa-config.ts";
import { type Documents, noDocuments } from "./documents.ts";
import { createOpaServer, type LogLevel } from "./opa-server.ts";
import type { RestOptions } from "./rest/rest-listener.ts";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) {
    await cleanup();
  }
});

type Asked = { readonly path: string; readonly body: Buffer };

/** A control plane: it has one bundle, and keeps what it is sent. */
async function startService(bundle: Uint8Array, revision: string) {
  const asked: Asked[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) {
      chunks.push(chunk as Buffer);
    }
    asked.push({ path: request.url ?? "", body: Buffer.concat(chunks) });
    const isBundle = request.url === "/bundles/authz.tar.gz";
    response.setHeader("ETag", `"${revision}"`);
    response.statusCode =
      request.headers.authorization === "Bearer t" ? 200 : 401;
    response.end(isBundle ? bundle : "");
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", () => resolve());
  });
  cleanups.push(() => server.close());
  const { port } = server.address() as AddressInfo;
  return { asked, url: `http://127.0.0.1:${port}` };
}

async function start(
  config: object,
  documents: Partial<Documents> = {},
  rest: Partial<RestOptions> = {},
  logLevel?: LogLevel,
) {
  const file = join(mkdtempSync(join(tmpdir(), "portcullis-run-")), "opa.json");
  writeFileSync(file, JSON.stringify(config));
  const lines: string[] = [];
  const server = await createOpaServer({
    config: readOpaConfig({ file, set: [], setFile: [], environment: {} }),
    documents: { ...noDocuments, ...documents },
    listeners: [
      {
        addr: "127.0.0.1:0",
        authentication: "off",
        authorization: "off",
        tls: undefined,
        unixSocketPerm: "755",
        isDiagnostic: false,
        ...rest,
      },
    ],
    regoVersion: 1,
    builtins: [],
    network: { allows: () => true },
    environment: {},
    log: { write: (line) => lines.push(line) },
    logLevel,
  });
  const [api = "", grpc = ""] = await server.start();
  let isClosed = false;
  const close = async () => {
    if (!isClosed) {
      isClosed = true;
      await server.close(1_000);
    }
  };
  cleanups.push(close);
  return { close, grpc, lines, url: `http://${api}` };
}

const policy = `package app

allow if input.parsed_path == ["a"]

decision := {"allowed": true, "headers": {"x-a": "1"}, "dynamic_metadata": {"a": 1}}
`;

test("the log names its level as OPA's does, and has none below the least", async () => {
  const config = { nonsense: true, decision_logs: { console: true } };
  const usual = await start(config);
  expect(usual.lines.map((line) => JSON.parse(line))).toMatchObject([
    { level: "warn", msg: expect.stringContaining('"nonsense"') },
  ]);
  const quiet = await start(config, {}, {}, "error");
  await fetchAnswer(`${quiet.url}/v1/data`);
  expect(quiet.lines.map((line) => JSON.parse(line))).toMatchObject([
    { level: "info", msg: "Decision Log" },
  ]);
});

function ask(address: string, api: "v2" | "v3"): Promise<CheckResponse> {
  const client = new Client(address, credentials.createInsecure());
  cleanups.push(() => client.close());
  const request: CheckRequest = {
    attributes: { request: { http: { method: "GET", path: "/a" } } },
  };
  return new Promise((resolve, reject) => {
    client.makeUnaryRequest(
      `/envoy.service.auth.${api}.Authorization/Check`,
      encodeCheckRequest,
      decodeCheckResponse,
      request,
      (error: ServiceError | null, answer?: CheckResponse) =>
        error || !answer ? reject(error) : resolve(answer),
    );
  });
}

test("a bundle, decision log and status go between it and a service", async () => {
  const bundle = await writeArchive([
    { name: "app/p.rego", path: "/app/p.rego", bytes: Buffer.from(policy) },
    {
      name: ".manifest",
      path: "/.manifest",
      bytes: Buffer.from('{"revision":"r1","roots":["app"]}'),
    },
  ]);
  const service = await startService(bundle, "1");
  const { close, lines, url } = await start({
    services: {
      control: { url: service.url, credentials: { bearer: { token: "t" } } },
    },
    bundles: { authz: { resource: "bundles/authz.tar.gz" } },
    decision_logs: {
      service: "control",
      reporting: { min_delay_seconds: 1, max_delay_seconds: 1 },
    },
    status: { service: "control", console: true },
  });
  await waitFor(
    "the bundle",
    async () => (await fetchAnswer(`${url}/health?bundles`)).status === 200,
  );
  const answer = await fetchAnswer(`${url}/v1/data/app/allow?provenance`, {
    method: "POST",
    body: '{"input":{"parsed_path":["a"]}}',
  });
  const { decision_id: id, provenance, result } = JSON.parse(answer.body);
  expect(result).toBe(true);
  expect(provenance.bundles).toStrictEqual({ authz: { revision: "r1" } });
  const owned = await fetchAnswer(`${url}/v1/data/app/x`, {
    method: "PUT",
    body: "1",
  });
  expect(owned.body).toContain('path app/x is owned by bundle \\"authz\\"');
  await close();
  const upload = service.asked.find(({ path }) => path === "/logs");
  const events = JSON.parse(gunzipSync(upload?.body ?? "").toString());
  expect(events).toMatchObject([
    {
      decision_id: id,
      bundles: { authz: { revision: "r1" } },
      path: "app/allow",
      input: { parsed_path: ["a"] },
      result: true,
    },
  ]);
  const status = service.asked.find(({ path }) => path === "/status");
  expect(JSON.parse(String(status?.body)).bundles.authz).toMatchObject({
    name: "authz",
    active_revision: "r1",
  });
  expect(lines.some((line) => line.includes('"msg":"Status Log"'))).toBe(true);
});

test("rules where data lies are refused, in OPA's words", async () => {
  const data = fromJs({ app: { allow: true } }) as RegoObject;
  await expect(
    start({}, { modules: { "p.rego": policy }, data }),
  ).rejects.toThrow(
    "p.rego:3:1: rego_compile_error: conflicting rule for data path app/allow found",
  );
  const bundle = await writeArchive([
    { name: "p.rego", path: "/p.rego", bytes: Buffer.from(policy) },
    {
      name: "data.json",
      path: "/data.json",
      bytes: Buffer.from('{"app":{"allow":true}}'),
    },
  ]);
  const service = await startService(bundle, "1");
  const { lines } = await start({
    services: {
      control: { url: service.url, credentials: { bearer: { token: "t" } } },
    },
    bundles: { authz: { resource: "bundles/authz.tar.gz" } },
  });
  expect(lines.join("")).toContain(
    "conflicting rule for data path app/allow found",
  );
});

test("bundles that were kept are in force without their service, whatever one needs of another", async () => {
  const archives: Readonly<Record<string, string>> = {
    "/bundles/app": "package app\n\nx := data.lib.twice(2)\n",
    "/bundles/lib": "package lib\n\ntwice(n) := n * 2\n",
  };
  const server = createServer(async (request, response) => {
    const text = archives[request.url ?? ""] ?? "";
    const root = request.url?.split("/").at(-1);
    response.end(
      await writeArchive([
        fileOf("p.rego", text),
        fileOf(".manifest", JSON.stringify({ roots: [root] })),
      ]),
    );
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", () => resolve());
  });
  const { port } = server.address() as AddressInfo;
  const config = {
    services: { control: { url: `http://127.0.0.1:${port}` } },
    bundles: { app: { persist: true }, lib: { persist: true } },
    persistence_directory: mkdtempSync(join(tmpdir(), "portcullis-run-")),
  };
  const decided = async (url: string) =>
    JSON.parse((await fetchAnswer(`${url}/v1/data/app/x`)).body).result;
  const first = await start(config);
  await waitFor("both", async () => (await decided(first.url)) === 4);
  await first.close();
  server.closeAllConnections();
  server.close();
  const second = await start(config);
  expect(await decided(second.url)).toBe(4);
  expect((await fetchAnswer(`${second.url}/health?bundles`)).status).toBe(200);
});

test("a bundle comes from a registry, by its service's host and credentials", async () => {
  const registry = await startFakeRegistry();
  cleanups.push(() => registry.close());
  registry.user = "ada:secret";
  const archive = await writeArchive([
    fileOf("p.rego", "package app\n\nx := 1\n"),
  ]);
  const layer = {
    mediaType: "application/vnd.oci.image.layer.v1.tar+gzip",
    digest: digestOf(archive),
    size: archive.length,
  };
  const type = "application/vnd.oci.image.manifest.v1+json";
  const manifest = Buffer.from(
    JSON.stringify({ schemaVersion: 2, mediaType: type, layers: [layer] }),
  );
  const blob = { type: layer.mediaType, bytes: Buffer.from(archive) };
  registry.content.set(layer.digest, blob);
  registry.content.set(digestOf(manifest), { type, bytes: manifest });
  registry.content.set("1", { type, bytes: manifest });
  const { lines, url } = await start({
    services: {
      hub: {
        url: `http://127.0.0.1:${registry.port}`,
        type: "oci",
        credentials: { bearer: { scheme: "Basic", token: "ada:secret" } },
      },
    },
    bundles: { app: { resource: "ghcr.io/team/guards:1" } },
  });
  expect(lines.filter((line) => line.includes("failed"))).toStrictEqual([]);
  const { body } = await fetchAnswer(`${url}/v1/data/app/x`);
  expect(JSON.parse(body)).toMatchObject({ result: 1 });
});

test("Envoy's checks are answered in both versions of its API", async () => {
  const { grpc, lines } = await start(
    {
      decision_logs: { console: true },
      plugins: {
        envoy_ext_authz_grpc: { addr: "127.0.0.1:0", path: "app/decision" },
      },
    },
    { modules: { "p.rego": policy } },
  );
  const v3 = await ask(grpc, "v3");
  expect(v3.okResponse?.headers).toMatchObject([
    { header: { key: "x-a", value: "1" } },
  ]);
  expect(Object.keys(v3.dynamicMetadata?.fields ?? {}).sort()).toStrictEqual([
    "a",
    "decision_id",
  ]);
  const v2 = await ask(grpc, "v2");
  expect(v2.okResponse?.headers).toHaveLength(1);
  expect(v2.dynamicMetadata).toBeFalsy();
  const events = lines.map((line) => JSON.parse(line));
  expect(events.map(({ path }) => path)).toStrictEqual([
    "app/decision",
    "app/decision",
  ]);
  expect(events[1].input.version[1][1].value).toBe("v2");
});

test("masks and drop decide what is logged", async () => {
  const { lines, url } = await start(
    { decision_logs: { console: true } },
    {
      modules: {
        "log.rego": `package system.log

mask contains "/input/secret"

drop if input.input.quiet
`,
      },
    },
  );
  for (const input of ['{"secret":1,"a":2}', '{"quiet":true}']) {
    await fetchAnswer(`${url}/v1/data/x`, {
      method: "POST",
      body: `{"input":${input}}`,
    });
  }
  const events = lines.map((line) => JSON.parse(line));
  expect(events).toHaveLength(1);
  expect(events[0]).toMatchObject({
    erased: ["/input/secret"],
    input: { a: 2 },
  });
  expect(events[0].input).not.toHaveProperty("secret");
});

test.each([
  ["/v1/data//secret", 307, "/v1/data/secret"],
  ["/v1/data/a/../secret?pretty=true", 307, "/v1/data/secret?pretty=true"],
  ["//v1/data/secret/", 307, "/v1/data/secret/"],
  ["/v1/data/secret/", 301, "/v1/data/secret"],
  ["/v1/policies/", 301, "/v1/policies"],
])(
  "%s is answered by its plain form, whatever the method",
  async (path, status, location) => {
    const { url } = await start({});
    for (const method of ["GET", "PUT", "DELETE"]) {
      const answer = await fetchAnswer(`${url}${path}`, {
        method,
        ...(method === "PUT" && { body: "{}" }),
      });
      expect(answer.status).toBe(status);
      expect(answer.headers["location"]).toBe(location);
    }
    const { body } = await fetchAnswer(`${url}/v1/data/secret`);
    expect(JSON.parse(body)).not.toHaveProperty("result");
  },
);

test("a path that cannot be read is the client's fault", async () => {
  const { url } = await start({});
  const answer = await fetchAnswer(`${url}/v1/policies/%zz`, {
    method: "DELETE",
  });
  expect(answer.status).toBe(400);
});

test("a policy decides who may use the API, by token", async () => {
  const { url } = await start(
    {},
    {
      modules: {
        "authz.rego": `package system.authz

allow := {"allowed": true} if input.identity == "good"

allow := {"allowed": false, "reason": "go away"} if input.identity == "bad"
`,
      },
    },
    { authentication: "token", authorization: "basic" },
  );
  const asked = (token: string) =>
    fetchAnswer(`${url}/v1/data/x`, {
      headers: { authorization: `Bearer ${token}` },
    });
  expect((await asked("good")).status).toBe(200);
  const refused = await asked("bad");
  expect(refused.status).toBe(401);
  expect(JSON.parse(refused.body)).toStrictEqual({
    code: "unauthorized",
    message: "go away",
  });
  expect((await asked("other")).status).toBe(500);
  const metrics = await fetchAnswer(`${url}/metrics`, {
    headers: { authorization: "Bearer good" },
  });
  const counts = metrics.body.match(
    /^http_request_duration_seconds_count.*$/gm,
  );
  expect(counts?.sort()).toStrictEqual([
    'http_request_duration_seconds_count{code="200",handler="authz",method="get"} 1',
    'http_request_duration_seconds_count{code="200",handler="v1/data",method="get"} 1',
    'http_request_duration_seconds_count{code="401",handler="authz",method="get"} 1',
    'http_request_duration_seconds_count{code="500",handler="authz",method="get"} 1',
  ]);
});

/** A server whose answers wait until they are let go. */
async function startGate() {
  const waiting: ServerResponse[] = [];
  const requests: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    requests.push(request);
    waiting.push(response);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", () => resolve());
  });
  cleanups.push(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { requests, waiting, url: `http://127.0.0.1:${port}` };
}

test("a query stays compiled when only data changes", async () => {
  const { url } = await start(
    {},
    { modules: { "p.rego": "package app\n\nx := data.n + 1\n" } },
  );
  const put = (n: number) =>
    fetchAnswer(`${url}/v1/data/n`, { method: "PUT", body: String(n) });
  const metered = async () =>
    JSON.parse((await fetchAnswer(`${url}/v1/data/app/x?metrics`)).body);
  await put(1);
  expect(await metered()).toMatchObject({
    result: 2,
    metrics: { counter_server_query_cache_hit: 0 },
  });
  await put(2);
  const { metrics, result } = await metered();
  expect(result).toBe(3);
  expect(metrics).toMatchObject({ counter_server_query_cache_hit: 1 });
  expect(metrics).not.toHaveProperty("timer_rego_query_compile_ns");
});

test("a server that holds its answers is asked at once again, and left without a fault", async () => {
  const gate = await startGate();
  const bundle = await writeArchive([
    { name: "p.rego", path: "/p.rego", bytes: Buffer.from(policy) },
  ]);
  const { close, lines } = await startWith(gate, bundle);
  await waitFor("a second request", async () => gate.waiting.length === 2);
  expect(gate.requests[1]?.headers).toMatchObject({
    "if-none-match": '"1"',
    prefer: expect.stringContaining("wait=600"),
  });
  await close();
  expect(lines.filter((line) => line.includes("failed"))).toStrictEqual([]);
});

/** A server whose first bundle has come from a control plane that can wait. */
async function startWith(
  gate: Awaited<ReturnType<typeof startGate>>,
  bundle: Uint8Array,
) {
  const started = start({
    services: { control: { url: gate.url } },
    bundles: {
      authz: {
        service: "control",
        resource: "b.tar.gz",
        // Without long polling the second request would not come in this test.
        polling: {
          min_delay_seconds: 3_000,
          max_delay_seconds: 3_600,
          long_polling_timeout_seconds: 600,
        },
      },
    },
  });
  await waitFor("the first request", async () => gate.waiting.length === 1);
  give(gate, 1, bundle);
  return started;
}

/** Answers a request of the gate, the first by 1, with a bundle of that ETag. */
function give(
  { waiting }: Awaited<ReturnType<typeof startGate>>,
  number: number,
  bundle: Uint8Array,
): void {
  const type = "application/vnd.openpolicyagent.bundles";
  waiting[number - 1]
    ?.writeHead(200, { etag: `"${number}"`, "content-type": type })
    .end(bundle);
}

const fileOf = (name: string, text: string) => ({
  name,
  path: `/${name}`,
  bytes: Buffer.from(text),
});

test("a delta bundle changes the data, and one that has no place asks for a snapshot", async () => {
  const gate = await startGate();
  const manifest = (revision: string) =>
    fileOf(".manifest", JSON.stringify({ revision, roots: ["app", "n"] }));
  const snapshot = await writeArchive([
    manifest("r1"),
    fileOf("p.rego", "package app\n\nx := data.n.list\n"),
    fileOf("data.json", '{"n":{"list":[1]}}'),
  ]);
  const delta = async (revision: string, data: readonly object[]) =>
    writeArchive([
      manifest(revision),
      fileOf("patch.json", JSON.stringify({ data })),
    ]);
  const { lines, url } = await startWith(gate, snapshot);
  const shown = async () =>
    JSON.parse((await fetchAnswer(`${url}/v1/data/app/x?provenance`)).body);
  await waitFor("a second request", async () => gate.waiting.length === 2);
  expect(await shown()).toMatchObject({ result: [1] });
  expect(gate.requests.map(({ headers }) => headers["prefer"])).toEqual([
    "modes=snapshot",
    "modes=snapshot,delta;wait=600",
  ]);
  const changes = [
    { op: "upsert", path: "/n/list/-", value: 2 },
    { op: "upsert", path: "/n/new/deep", value: 1.5 },
    { op: "remove", path: "/n/list/0" },
  ];
  give(gate, 2, await delta("r2", changes));
  await waitFor("a third request", async () => gate.waiting.length === 3);
  expect(await shown()).toMatchObject({
    result: [2],
    provenance: { bundles: { authz: { revision: "r2" } } },
  });
  expect(gate.requests[2]?.headers["if-none-match"]).toBe('"2"');
  give(gate, 3, await delta("r3", [{ op: "remove", path: "/n/none" }]));
  await waitFor("a fourth request", async () => gate.waiting.length === 4);
  expect(gate.requests[3]?.headers).not.toHaveProperty("if-none-match");
  expect(gate.requests[3]?.headers["prefer"]).toBe("modes=snapshot");
  expect(await shown()).toMatchObject({ result: [2] });
  expect(lines.join("")).toContain("storage_not_found_error");
});

test("a server that is closed finishes what is under way, and ends its connection", async () => {
  const gate = await startGate();
  const slow = `package app

x := http.send({"method": "GET", "url": "${gate.url}"}).status_code
`;
  const { close, url } = await start({}, { modules: { "p.rego": slow } });
  const agent = new Agent({ keepAlive: true });
  cleanups.push(() => agent.destroy());
  const asked = fetchAnswer(`${url}/v1/data/app/x`, { agent });
  await waitFor("the request", async () => gate.waiting.length === 1);
  const closed = close();
  gate.waiting[0]?.end();
  const { body, headers } = await asked;
  expect(JSON.parse(body)).toStrictEqual({ result: 200 });
  expect(headers["connection"]).toBe("close");
  await closed;
});
