import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { type ClientHttp2Session, connect } from "node:http2";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  Client,
  type ClientOptions,
  credentials,
  type ServiceError,
  status,
} from "@grpc/grpc-js";
import { afterEach, describe, expect, test } from "vitest";
import { createAuthority } from "../../../test/support/certificates.ts";
import { createChecker } from "../ext-authz/check.ts";
import type { CheckRequest } from "../ext-authz/check-request.ts";
import type { CheckResponse } from "../ext-authz/check-response.ts";
import { encodeCheckRequest } from "../ext-authz/codec.ts";
import type { CheckOptions } from "../ext-authz/options.ts";
import type { CheckRecord, Outcome } from "../pipeline/verdict.ts";
import {
  authorizationService,
  createGrpcListener,
  type GrpcListener,
  type GrpcOptions,
} from "./grpc.ts";

const options: CheckOptions = {
  onFailure: "deny",
  denyFormat: "json",
  onTruncatedBody: "deny",
  mcpPaths: ["/mcp", "/**/mcp"],
  excludedPaths: ["/health"],
  stripHeaders: ["authorization"],
};

const allow: Outcome = {
  verdict: "allow",
  enforced: true,
  revision: "r1",
  steps: [],
};

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) {
    await cleanup();
  }
});

type Started = {
  readonly listener: GrpcListener;
  readonly address: string;
  readonly records: CheckRecord[];
};

async function start(
  outcome: Outcome | (() => Promise<Outcome>) = allow,
  more: Partial<GrpcOptions> = {},
): Promise<Started> {
  const records: CheckRecord[] = [];
  const checker = createChecker({
    options,
    pipeline: {
      revision: "r1",
      run: () => (typeof outcome === "function" ? outcome() : outcome),
    },
    record: (record) => records.push(record),
  });
  const listener = createGrpcListener({
    listen: "127.0.0.1:0",
    checker,
    onFailure: "deny",
    maxMessageBytes: 4 * 1024 * 1024,
    reflection: false,
    ...more,
  });
  const address = await listener.start();
  cleanups.push(() => listener.close(1_000));
  return { listener, address, records };
}

function open(
  address: string,
  channel = credentials.createInsecure(),
  clientOptions: ClientOptions = {},
): Client {
  const client = new Client(address, channel, clientOptions);
  cleanups.push(() => client.close());
  return client;
}

function call<T>(
  client: Client,
  method: { path: string; decode: (bytes: Buffer) => T },
  request: Buffer,
): Promise<T> {
  return new Promise((resolve, reject) => {
    client.makeUnaryRequest(
      method.path,
      (bytes: Buffer) => bytes,
      method.decode,
      request,
      { deadline: Date.now() + 10_000 },
      (error, response) => (error ? reject(error) : resolve(response as T)),
    );
  });
}

const check = (client: Client, request: CheckRequest): Promise<CheckResponse> =>
  call(
    client,
    {
      path: authorizationService.Check.path,
      decode: authorizationService.Check.responseDeserialize,
    },
    encodeCheckRequest(request),
  );

const get = (path: string): CheckRequest => ({
  attributes: { request: { http: { method: "GET", path } } },
});

describe("ext_authz over gRPC", () => {
  test("W1: an allowed check has code 0 and the decision id", async () => {
    const { address, records } = await start();
    const response = await check(open(address), get("/resource"));
    expect(response.status.code).toBe(0);
    const header = response.okResponse?.responseHeadersToAdd[0]?.header;
    expect(header?.key).toBe("x-portcullis-decision-id");
    expect(header?.value).toBe(records[0]?.decisionId);
    expect(records).toHaveLength(1);
  });

  test("W3: a denial has code 7 and its status", async () => {
    const { address } = await start({
      ...allow,
      verdict: "deny",
      guard: "tool_scope",
      reason: "scope check failed",
    });
    const response = await check(open(address), get("/resource"));
    expect(response.status.code).toBe(7);
    expect(response.deniedResponse?.status.code).toBe(403);
  });

  test("W15: a message over the limit is RESOURCE_EXHAUSTED, the server lives", async () => {
    const { address, records } = await start(allow, {
      maxMessageBytes: 64 * 1024,
    });
    const client = open(address);
    const large: CheckRequest = {
      attributes: {
        request: {
          http: { method: "POST", path: "/", body: "x".repeat(70_000) },
        },
      },
    };
    await expect(check(client, large)).rejects.toMatchObject({
      code: status.RESOURCE_EXHAUSTED,
    });
    expect(records).toHaveLength(0);
    expect((await check(client, get("/"))).status.code).toBe(0);
  });

  test("bytes that are no CheckRequest fail closed", async () => {
    const { address, records } = await start();
    const response = await call(
      open(address),
      {
        path: authorizationService.Check.path,
        decode: authorizationService.Check.responseDeserialize,
      },
      Buffer.from([0x0a, 0xff, 0xff, 0xff, 0x7f]),
    );
    expect(response.status.code).toBe(13);
    expect(response.deniedResponse?.status.code).toBe(500);
    expect(records[0]?.outcome.verdict).toBe("error");
  });

  test("W16: 64 checks at once are all answered, each with an id of its own", async () => {
    const { address, records } = await start();
    const client = open(address);
    const answers = await Promise.all(
      Array.from({ length: 64 }, (_, index) => check(client, get(`/${index}`))),
    );
    expect(answers.every((answer) => answer.status.code === 0)).toBe(true);
    expect(new Set(records.map((record) => record.decisionId)).size).toBe(64);
  });

  test("W22: grpc.health.v1 follows setServing", async () => {
    const { address, listener } = await start();
    const health = {
      path: "/grpc.health.v1.Health/Check",
      // HealthCheckResponse.status = 1; 1 is SERVING, 2 is NOT_SERVING.
      decode: (bytes: Buffer) => bytes[1],
    };
    const client = open(address);
    expect(await call(client, health, Buffer.alloc(0))).toBe(2);
    listener.setServing(true);
    expect(await call(client, health, Buffer.alloc(0))).toBe(1);
  });

  test.each([true, false])(
    "reflection is there on request: %s",
    async (reflection) => {
      const { address } = await start(allow, { reflection });
      const stream = open(address).makeBidiStreamRequest(
        "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
        (bytes: Buffer) => bytes,
        (bytes: Buffer) => bytes,
      );
      const answered = new Promise<string>((resolve, reject) => {
        stream.on("data", (bytes: Buffer) => resolve(bytes.toString("latin1")));
        stream.on("error", reject);
      });
      // ServerReflectionRequest.list_services = 7.
      stream.write(Buffer.from([0x3a, 0x00]));
      stream.end();
      if (reflection) {
        expect(await answered).toContain("envoy.service.auth.v3.Authorization");
      } else {
        await expect(answered).rejects.toMatchObject({
          code: status.UNIMPLEMENTED,
        });
      }
    },
  );

  test("a Unix domain socket works, also over the file of a killed server", async () => {
    const folder = mkdtempSync(join(tmpdir(), "portcullis-socket-"));
    cleanups.push(() => rmSync(folder, { recursive: true, force: true }));
    const path = join(folder, "grpc.sock");
    const listenAndDie = `require("net").createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, "SIGKILL"))`;
    spawnSync(process.execPath, ["-e", listenAndDie]);
    expect(existsSync(path)).toBe(true);
    const { address } = await start(allow, { listen: `unix:${path}` });
    const response = await check(open(address), get("/"));
    expect(response.status.code).toBe(0);
  });

  test("the connection's window is wide enough for thousands of checks", async () => {
    const { address } = await start();
    const session: ClientHttp2Session = connect(`http://${address}`);
    cleanups.push(() => session.destroy());
    await new Promise((resolve) => session.once("remoteSettings", resolve));
    await expect
      .poll(() => session.state.remoteWindowSize ?? 0, { timeout: 20_000 })
      .toBeGreaterThan(15 * 1024 * 1024);
  });

  test("O7: what is under way when the listener closes is answered", async () => {
    let finish: (outcome: Outcome) => void = () => undefined;
    let arrived = () => {};
    const underWay = new Promise<void>((resolve) => {
      arrived = resolve;
    });
    const { address, listener } = await start(
      () =>
        new Promise((resolve) => {
          finish = resolve;
          arrived();
        }),
    );
    const client = open(address);
    const answer = check(client, get("/"));
    await underWay;
    const closed = listener.close(5_000);
    finish(allow);
    expect((await answer).status.code).toBe(0);
    await closed;
    await expect(check(open(address), get("/"))).rejects.toMatchObject({
      code: status.UNAVAILABLE,
    });
  });

  test("O6: plaintext beyond loopback is refused", async () => {
    await expect(start(allow, { listen: "0.0.0.0:0" })).rejects.toMatchObject({
      code: "server_config_error",
    });
    const { address } = await start(allow, {
      listen: "0.0.0.0:0",
      allowPlaintext: true,
    });
    expect(address).toMatch(/^0\.0\.0\.0:\d+$/);
  });

  test("O6: with a client CA a client without a certificate is refused", async () => {
    const authority = await createAuthority("clients");
    const server = await authority.issue([{ type: "dns", value: "localhost" }]);
    const clientKeys = await authority.issue([
      { type: "url", value: "spiffe://td/ns/a/sa/b" },
    ]);
    const ca = Buffer.from(authority.cert);
    const { address } = await start(allow, {
      tls: {
        cert: Buffer.from(server.cert),
        key: Buffer.from(server.key),
        clientCa: ca,
      },
    });
    const name = { "grpc.ssl_target_name_override": "localhost" };
    const stranger = open(address, credentials.createSsl(ca), name);
    await expect(check(stranger, get("/"))).rejects.toMatchObject({
      code: status.UNAVAILABLE,
    } satisfies Partial<ServiceError>);
    const known = open(
      address,
      credentials.createSsl(
        ca,
        Buffer.from(clientKeys.key),
        Buffer.from(clientKeys.cert),
      ),
      name,
    );
    expect((await check(known, get("/"))).status.code).toBe(0);
  });
});
