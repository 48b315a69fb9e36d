import { mkdtempSync, writeFileSync } from "node:fs";
import { createServer as createPlain } from "node:http";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TLSSocket } from "node:tls";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  type Authority,
  createAuthority,
  type Identity,
} from "../../../test/support/certificates.ts";
import {
  type BuiltinContext,
  fromJs,
  RegoObject,
  toJs,
} from "../../engine/builtins/index.ts";
import { httpBuiltins } from "./index.ts";

const folder = mkdtempSync(join(tmpdir(), "portcullis-https-"));
let authority: Authority;
let client: Identity;
let server: Server;
let origin = "";

beforeAll(async () => {
  authority = await createAuthority("test authority");
  const names = [{ type: "dns", value: "localhost" }] as const;
  const own = await authority.issue([...names]);
  client = await authority.issue([...names]);
  server = createServer(
    {
      ...own,
      ca: authority.cert,
      requestCert: true,
      rejectUnauthorized: false,
    },
    (request, response) => {
      const { authorized } = request.socket as TLSSocket;
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify({ authorized }));
    },
  );
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  origin = `https://localhost:${(server.address() as AddressInfo).port}/`;
});

afterAll(() => {
  server.closeAllConnections();
  server.close();
});

function context(): BuiltinContext {
  return {
    now: 0n,
    random: (count) => new Uint8Array(count),
    place: () => undefined,
    runtime: RegoObject.of([]),
    decisionCache: new Map(),
    policyCache: new Map(),
    network: { allows: (host) => host === "localhost" || host === "" },
    signal: new AbortController().signal,
  };
}

type Reply = {
  readonly status_code: number;
  readonly body: unknown;
  readonly error?: { readonly message: string };
};

async function send(request: object): Promise<Reply> {
  const [httpSend] = httpBuiltins;
  const value = await httpSend?.run(
    [fromJs({ method: "GET", raise_error: false, ...request })],
    context(),
  );
  return toJs(value ?? null) as Reply;
}

describe("TLS", () => {
  test("trusts the authority that the request names, and only then", async () => {
    const trusted = await send({ url: origin, tls_ca_cert: authority.cert });
    expect(trusted).toMatchObject({
      status_code: 200,
      body: { authorized: false },
    });
    const stranger = await send({ url: origin });
    expect(stranger.status_code).toBe(0);
    expect(stranger.error?.message).toContain("certificate");
  });

  test("shows its own certificate, from text or from files", async () => {
    const cert = join(folder, "client.pem");
    const key = join(folder, "client.key");
    const ca = join(folder, "ca.pem");
    writeFileSync(cert, client.cert);
    writeFileSync(key, client.key);
    writeFileSync(ca, authority.cert);
    const ways = [
      {
        tls_ca_cert: authority.cert,
        tls_client_cert: client.cert,
        tls_client_key: client.key,
      },
      {
        tls_ca_cert_file: ca,
        tls_client_cert_file: cert,
        tls_client_key_file: key,
      },
    ];
    for (const way of ways) {
      expect(await send({ url: origin, ...way })).toMatchObject({
        status_code: 200,
        body: { authorized: true },
      });
    }
  });

  test("takes any certificate only when it is told to", async () => {
    const reply = await send({ url: origin, tls_insecure_skip_verify: true });
    expect(reply.status_code).toBe(200);
  });

  test("a name that the certificate has not is refused", async () => {
    const reply = await send({
      url: origin,
      tls_ca_cert: authority.cert,
      tls_server_name: "other.test",
    });
    expect(reply.status_code).toBe(0);
  });
});

test("a unix socket", async () => {
  const path = join(folder, "server.sock");
  const plain = createPlain((request, response) =>
    response.end(JSON.stringify({ path: request.url })),
  );
  await new Promise<void>((resolve) => {
    plain.listen(path, resolve);
  });
  const reply = await send({
    url: `unix://localhost/asked?socket=${encodeURIComponent(path)}`,
    force_json_decode: true,
  });
  plain.closeAllConnections();
  plain.close();
  expect(reply).toMatchObject({ status_code: 200, body: { path: "/asked" } });
});
