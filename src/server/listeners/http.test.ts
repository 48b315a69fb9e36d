import { request } from "node:http";
import { connect } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { createChecker } from "../ext-authz/check.ts";
import type { CheckOptions } from "../ext-authz/options.ts";
import type {
  CheckRecord,
  Outcome,
  PipelineRequest,
} from "../pipeline/verdict.ts";
import { createHttpListener, type HttpOptions } from "./http.ts";
import type { Listener } from "./listener.ts";

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

const deny: Outcome = {
  ...allow,
  verdict: "deny",
  guard: "tool_scope",
  code: "not_allowed",
  reason: "scope check failed",
};

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) {
    await cleanup();
  }
});

type Run = (request: PipelineRequest) => Outcome | Promise<Outcome>;

type Started = {
  readonly listener: Listener;
  readonly address: string;
  readonly records: CheckRecord[];
  /** The last input document that the pipeline saw. */
  readonly input: () => Record<string, never>;
};

async function start(
  run: Run = () => allow,
  more: Partial<HttpOptions & CheckOptions> = {},
): Promise<Started> {
  const records: CheckRecord[] = [];
  let input: Uint8Array = new Uint8Array();
  const checker = createChecker({
    options: { ...options, ...more },
    pipeline: {
      revision: "r1",
      run: (asked) => {
        input = asked.input;
        return run(asked);
      },
    },
    record: (record) => records.push(record),
  });
  const listener = createHttpListener({
    listen: "127.0.0.1:0",
    checker,
    pathPrefix: "/ext_authz",
    maxBodyBytes: 1024,
    ...more,
  });
  const address = await listener.start();
  cleanups.push(() => listener.close(500));
  return {
    listener,
    address,
    records,
    input: () => JSON.parse(Buffer.from(input).toString()),
  };
}

type Sent = {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Record<string, string | string[]>;
  readonly body?: string | Buffer;
};

type Got = {
  readonly status: number;
  readonly headers: Record<string, string | string[] | undefined>;
  readonly body: string;
};

function send(address: string, sent: Sent = {}): Promise<Got> {
  const { method = "GET", path = "/ext_authz/resource", headers = {} } = sent;
  return new Promise((resolve, reject) => {
    const outgoing = request(
      `http://${address}`,
      { method, path, headers, agent: false },
      (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("end", () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: Buffer.concat(chunks).toString(),
          }),
        );
      },
    );
    outgoing.on("error", reject);
    outgoing.end(sent.body);
  });
}

describe("ext_authz in HTTP mode", () => {
  test("W20: 200 lets the request pass, with the guards' headers", async () => {
    const { address, records } = await start(() => ({
      ...allow,
      headers: [
        ["x-subject", "sa1"],
        ["x-role", "a"],
        ["x-role", "b"],
      ],
      requestHeadersToRemove: ["Cookie"],
    }));
    const got = await send(address, {
      headers: { "x-portcullis-decision-id": "forged" },
    });
    expect(got.status).toBe(200);
    expect(got.body).toBe("");
    expect(got.headers["x-subject"]).toBe("sa1");
    expect(got.headers["x-role"]).toBe("a, b");
    expect(got.headers["x-portcullis-decision-id"]).toBe(
      records[0]?.decisionId,
    );
    expect(got.headers["x-envoy-auth-headers-to-remove"]).toBe(
      "x-portcullis-decision-id, authorization, cookie",
    );
  });

  test("W20: a denial answers with status, headers and body", async () => {
    const { address, records } = await start(() => ({
      ...deny,
      httpStatus: 429,
      headers: [["retry-after", "5"]],
    }));
    const got = await send(address);
    expect(got.status).toBe(429);
    expect(got.headers).toMatchObject({
      "content-type": "application/json",
      "retry-after": "5",
      "x-portcullis-denial-guard": "tool_scope",
      "x-portcullis-denial-reason": "scope check failed",
    });
    expect(JSON.parse(got.body)).toEqual({
      verdict: "deny",
      guard: "tool_scope",
      code: "not_allowed",
      reason: "scope check failed",
      decision_id: records[0]?.decisionId,
    });
  });

  test("W21: a failure of ours is a 5xx, whose cause stays inside", async () => {
    const { address, records } = await start(() => {
      throw new Error("secret detail");
    });
    const got = await send(address);
    expect(got.status).toBe(500);
    expect(JSON.stringify(got)).not.toContain("secret detail");
    expect(got.headers["x-portcullis-denial-guard"]).toBe("fail_closed");
    expect(records[0]?.outcome.cause).toEqual(new Error("secret detail"));
  });

  test("W21: a denial is never a 5xx, which Envoy would take for an error", async () => {
    const { address } = await start(() => ({ ...deny, httpStatus: 503 }));
    expect((await send(address)).status).toBe(403);
  });

  test.each([
    { path: "/ext_authz/a/b?x=1", raw: "/a/b", wire: "/a/b?x=1" },
    { path: "/ext_authz", raw: "/", wire: "/" },
    { path: "/ext_authz?x=1", raw: "/", wire: "/?x=1" },
    {
      path: "/ext_authz/ext_authz/a",
      raw: "/ext_authz/a",
      wire: "/ext_authz/a",
    },
    { path: "/ext_authzed/a", raw: "/ext_authzed/a", wire: "/ext_authzed/a" },
    { path: "/other", raw: "/other", wire: "/other" },
  ])("the path prefix is cut off $path", async ({ path, raw, wire }) => {
    const { address, input } = await start();
    await send(address, { path });
    expect(input()).toMatchObject({
      path: { raw },
      attributes: { request: { http: { path: wire } } },
    });
  });

  test("the input document is that of gRPC mode", async () => {
    const { address, input } = await start();
    await send(address, {
      method: "PUT",
      path: "/ext_authz/things/1?a=b",
      headers: {
        Host: "svc.example.com",
        "Content-Type": "application/json",
        "X-Dup": ["a", "b"],
        "x-name": Buffer.from("Zoë").toString("latin1"),
      },
      // As bytes: with a text, Node's client would send the headers as UTF-8.
      body: Buffer.from('{"big":12345678901234567890.50,"a":"ü"}'),
    });
    expect(input()).toMatchObject({
      attributes: {
        request: {
          http: {
            method: "PUT",
            path: "/things/1?a=b",
            host: "svc.example.com",
            protocol: "HTTP/1.1",
            scheme: "http",
            size: 40,
            body: '{"big":12345678901234567890.50,"a":"ü"}',
            headers: {
              ":method": "PUT",
              ":path": "/things/1?a=b",
              ":authority": "svc.example.com",
              "content-type": "application/json",
              "x-dup": "a,b",
              "x-name": "Zoë",
            },
          },
        },
      },
      parsed_path: ["things", "1"],
      parsed_query: { a: ["b"] },
      parsed_body: { a: "ü" },
      truncated_body: false,
    });
  });

  test("a body of other bytes than UTF-8 arrives as raw body", async () => {
    const { address, input } = await start();
    await send(address, { method: "POST", body: Buffer.from([0xff, 0x00]) });
    expect(input()).toMatchObject({
      attributes: { request: { http: { rawBody: "/wA=" } } },
    });
  });

  test("T18: a body over the limit counts as truncated", async () => {
    const { address, records } = await start();
    const body = "x".repeat(100_000);
    const got = await send(address, { method: "POST", body });
    expect(got.status).toBe(403);
    expect(records[0]?.outcome.code).toBe("body_truncated");
    expect((await send(address)).status).toBe(200);
  });

  test("a chunked body is read", async () => {
    const { address, input } = await start();
    await send(address, {
      method: "POST",
      headers: {
        "transfer-encoding": "chunked",
        "content-type": "application/json",
      },
      body: "[1]",
    });
    expect(input()).toMatchObject({ parsed_body: [1] });
  });

  test("a verdict that HTTP mode cannot carry fails closed", async () => {
    const { address } = await start(() => ({
      ...allow,
      queryParametersToRemove: ["token"],
    }));
    expect((await send(address)).status).toBe(500);
  });

  test("W8: a reason with line breaks and emoji is one clean header", async () => {
    const reason = "no\r\nX-Evil: 1\u0000 🦊";
    const { address } = await start(() => ({ ...deny, reason }));
    const got = await send(address);
    const header = String(got.headers["x-portcullis-denial-reason"]);
    expect(Buffer.from(header, "latin1").toString()).toBe("no X-Evil: 1  🦊");
    expect(got.headers["x-evil"]).toBeUndefined();
    expect(JSON.parse(got.body)).toMatchObject({ reason });
  });

  test("what is no HTTP is refused, the server lives", async () => {
    const { address } = await start();
    const [host = "", port = ""] = address.split(":");
    const answer = await new Promise<string>((resolve, reject) => {
      const socket = connect(Number(port), host, () =>
        socket.write("nonsense\r\n\r\n"),
      );
      socket.on("data", (bytes) => resolve(bytes.toString()));
      socket.on("error", reject);
      cleanups.push(() => socket.destroy());
    });
    expect(answer).toContain("400");
    expect((await send(address)).status).toBe(200);
  });

  test("O7: what is under way when the listener closes is answered", async () => {
    let finish: (outcome: Outcome) => void = () => undefined;
    let seen: () => void = () => undefined;
    const asked = new Promise<void>((resolve) => {
      seen = resolve;
    });
    const { address, listener } = await start(() => {
      seen();
      return new Promise((resolve) => {
        finish = resolve;
      });
    });
    const answer = send(address);
    await asked;
    const closed = listener.close(5_000);
    finish(allow);
    expect((await answer).status).toBe(200);
    await closed;
    await expect(send(address)).rejects.toThrow();
  });

  test("O6: plaintext beyond loopback is refused", async () => {
    await expect(
      start(() => allow, { listen: "0.0.0.0:0" }),
    ).rejects.toMatchObject({ code: "server_config_error" });
  });
});
