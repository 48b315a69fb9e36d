import { once } from "node:events";
import { mkdtempSync, writeFileSync } from "node:fs";
import { createServer as createProxy } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  afterAll,
  afterEach,
  beforeAll,
  describe,
  expect,
  test,
  vi,
} from "vitest";
import {
  type BundleSource,
  createBundleSource,
} from "../../src/bundle/index.ts";
import {
  archiveOf,
  bundleSettings,
  guardTexts,
  secret,
} from "../support/bundles.ts";
import { type Authority, createAuthority } from "../support/certificates.ts";
import {
  always,
  type Handler,
  type LoopbackServer,
  startLoopback,
} from "../support/loopback-server.ts";
import { watchEvents } from "../support/source-events.ts";

const claims = { keyid: "ours" };
const folder = mkdtempSync(join(tmpdir(), "portcullis-https-"));

let authority: Authority;
let server: LoopbackServer;
let plain: LoopbackServer;
let one: Uint8Array;
let two: Uint8Array;
const open: BundleSource[] = [];

beforeAll(async () => {
  authority = await createAuthority("bundles");
  const own = await authority.issue([
    { type: "ip", value: "127.0.0.1" },
    { type: "dns", value: "bundles.test" },
  ]);
  const client = await authority.issue([{ type: "dns", value: "client" }]);
  for (const [name, text] of Object.entries({
    "ca.pem": authority.cert,
    "client.pem": client.cert,
    "client.key": client.key,
    token: "the-token\n",
    password: "the-password\n",
  })) {
    writeFileSync(join(folder, name), text);
  }
  server = await startLoopback(always(503), {
    ...own,
    ca: authority.cert,
    requestCert: true,
    rejectUnauthorized: false,
  });
  plain = await startLoopback(always(503));
  one = await archiveOf(guardTexts("one"), claims);
  two = await archiveOf(guardTexts("two"), claims);
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((source) => source.close()));
});
afterAll(async () => {
  await Promise.all([server.close(), plain.close()]);
});

const file = (name: string) => join(folder, name);

type Wanted = {
  readonly url?: string;
  /** Settings of `remote`, beside `ca`. */
  readonly remote?: string;
  readonly polling?: string;
  readonly ca?: string;
  readonly cache?: string;
};

/** A source of the TLS server, or of another address. */
function sourceOf({
  url,
  remote = "",
  polling = "",
  ca = "ca.pem",
  cache,
}: Wanted = {}): BundleSource {
  const source = createBundleSource(
    bundleSettings(
      [
        `source: "${url ?? `https://127.0.0.1:${server.port}/b.tar.gz?sig=hidden`}"`,
        `signature: { keys: { ours: { key: ${secret}, algorithm: HS256 } } }`,
        `remote: { ca: ${file(ca)}, ${remote} }`,
        `polling: { minMs: 10, maxMs: 20, ${polling} }`,
        ...(cache === undefined ? [] : [`cache: ${cache}`]),
      ].join("\n"),
    ),
  );
  open.push(source);
  return source;
}

/** Serves a bundle by its ETag, as a web server does. */
const tagged =
  (archive: Uint8Array, etag: string, type = "application/gzip"): Handler =>
  (request, response) => {
    const same = request.headers["if-none-match"] === etag;
    always(same ? 304 : 200, same ? "" : archive, {
      etag,
      "content-type": type,
    })(request, response);
  };

test("a bundle is fetched once, told when it changes, and the faults between", async () => {
  server.handle(tagged(one, '"1"'));
  const source = sourceOf();
  const first = await source.load();
  expect(first).toMatchObject({
    from: `https://127.0.0.1:${server.port}/b.tar.gz`,
    signedBy: "ours",
    outdated: undefined,
  });
  const { events, until } = await watchEvents(source);
  await until("unchanged");
  server.handle(always(503));
  await until("the server answered 503 Service Unavailable");
  server.handle(tagged(one.subarray(0, 300), '"cut"'));
  await until("unexpected EOF");
  server.handle(tagged(two, '"2"'));
  const wanted = (await readAlone(two)).digest;
  await until(wanted);
  expect(events).not.toContain(first.digest);
  expect(events.join()).not.toContain("hidden");
});

async function readAlone(archive: Uint8Array) {
  const path = file(`${archive.length}-${open.length}.tar.gz`);
  writeFileSync(path, archive);
  return createBundleSource(bundleSettings(`{ source: ${path} }`)).load();
}

describe("what is asked", () => {
  let round = 0;
  const asked = async (wanted: Wanted) => {
    const heads: Record<string, unknown>[] = [];
    // A request of the round before may still be on its way.
    round += 1;
    const path = `/asked/${round}`;
    server.handle((request, response) => {
      const socket = request.socket as unknown as { authorized?: boolean };
      if (request.url === path) {
        heads.push({ ...request.headers, authorized: socket.authorized });
      }
      tagged(
        one,
        '"1"',
        "application/vnd.openpolicyagent.bundles",
      )(request, response);
    });
    const url = `https://127.0.0.1:${server.port}${path}`;
    const source = sourceOf({ url, ...wanted });
    await source.load();
    const { until } = await watchEvents(source);
    await until("unchanged");
    return heads;
  };

  test.each([
    {
      note: "nothing",
      remote: "",
      want: { prefer: "modes=snapshot", authorized: false },
    },
    {
      note: "a bearer token",
      remote: `tokenFile: ${file("token")}`,
      want: { authorization: "Bearer the-token" },
    },
    {
      note: "a user",
      remote: `username: ada, passwordFile: ${file("password")}`,
      want: {
        authorization: `Basic ${Buffer.from("ada:the-password").toString("base64")}`,
      },
    },
    {
      note: "a client certificate",
      remote: `cert: ${file("client.pem")}, key: ${file("client.key")}`,
      want: { authorized: true },
    },
  ])("$note", async ({ remote, want }) => {
    const [first] = await asked({ remote });
    expect(first).toMatchObject(want);
  });

  test("to wait, once there is something to wait beside", async () => {
    const heads = await asked({ polling: "longPollMs: 2500" });
    expect(heads.map(({ prefer }) => prefer).slice(0, 2)).toEqual([
      "modes=snapshot",
      "modes=snapshot,delta;wait=3",
    ]);
    expect(heads[1]?.["if-none-match"]).toBe('"1"');
  });
});

describe("connections", () => {
  /** Notes how often each connection asks. */
  const counted = (then: (count: number) => Handler) => {
    const counts = new Map<object, number>();
    const handler: Handler = (request, response) => {
      const count = (counts.get(request.socket) ?? 0) + 1;
      counts.set(request.socket, count);
      then(count)(request, response);
    };
    return { counts, handler };
  };

  test("one is kept for all requests", async () => {
    const { counts, handler } = counted(() => tagged(one, '"1"'));
    server.handle(handler);
    const source = sourceOf();
    await source.load();
    const { events, until } = await watchEvents(source);
    await until("unchanged");
    expect(new Set(events)).toEqual(new Set(["unchanged"]));
    expect(counts.size).toBe(1);
  });

  test("one that the server has closed meanwhile is no fault", async () => {
    const hangUp: Handler = ({ socket }) => socket.destroy();
    const { counts, handler } = counted((count) =>
      count === 1 ? tagged(one, '"1"') : hangUp,
    );
    server.handle(handler);
    const source = sourceOf();
    await source.load();
    const { events, until } = await watchEvents(source);
    await until("unchanged");
    expect(new Set(events)).toEqual(new Set(["unchanged"]));
    expect([...counts.values()].slice(0, 2)).toEqual([2, 1]);
  });

  test("HTTPS_PROXY is gone through, to the end of TLS behind it", async () => {
    const asked: string[] = [];
    const proxy = createProxy();
    proxy.on("connect", ({ url, headers }, socket: Socket) => {
      asked.push(`${url} ${headers["proxy-authorization"]}`);
      const onward = connect(server.port, "127.0.0.1", () => {
        socket.write("HTTP/1.1 200 Connection established\r\n\r\n");
        onward.pipe(socket).pipe(onward);
      });
      onward.on("error", () => socket.destroy());
      socket.on("error", () => onward.destroy());
    });
    proxy.listen(0, "127.0.0.1");
    await once(proxy, "listening");
    const { port } = proxy.address() as AddressInfo;
    vi.stubEnv("HTTPS_PROXY", `http://u:p@127.0.0.1:${port}`);
    try {
      server.handle(tagged(one, '"1"'));
      const source = sourceOf({ url: "https://bundles.test/b.tar.gz" });
      expect(await source.load()).toMatchObject({
        from: "https://bundles.test/b.tar.gz",
      });
      expect(asked).toEqual([
        `bundles.test:443 Basic ${Buffer.from("u:p").toString("base64")}`,
      ]);
    } finally {
      vi.unstubAllEnvs();
      proxy.closeAllConnections();
      proxy.close();
    }
  });
});

describe("a fault is told, and the address without its query", () => {
  const cut: Handler = (_request, response) => {
    response.writeHead(200, { "content-length": "1000" });
    response.write("begun", () => response.destroy());
  };
  const stuck: Handler = (_request, response) => {
    response.writeHead(200);
    response.write("begun");
  };
  const to = (location: string) => always(302, "", { location });

  test.each<{ note: string; handler?: Handler; wanted?: Wanted; want: string }>(
    [
      {
        note: "another status",
        handler: always(404),
        want: "the server answered 404 Not Found",
      },
      {
        note: "304, though nothing is known",
        handler: always(304),
        want: "the server answered 304 Not Modified",
      },
      {
        note: "no archive",
        handler: always(200, "<html>"),
        want: "incorrect header check",
      },
      {
        note: "a body that is cut",
        handler: cut,
        want: "the answer was cut off",
      },
      {
        note: "a body without end",
        handler: stuck,
        wanted: { remote: "timeoutMs: 100" },
        want: "no whole answer within 100 ms",
      },
      {
        note: "no answer",
        handler: () => {},
        wanted: { remote: "timeoutMs: 100" },
        want: "no whole answer within 100 ms",
      },
      {
        note: "too much",
        handler: always(200, Buffer.alloc(5000)),
        wanted: { remote: "maxBytes: 1024" },
        want: "the answer has more than 1024 bytes",
      },
      {
        note: "a redirect that leaves https",
        handler: to("http://127.0.0.1/b"),
        want: "the redirect to http://127.0.0.1 leaves https",
      },
      {
        note: "the same where http is allowed",
        handler: to("http://127.0.0.1/b"),
        wanted: { remote: "allowPlaintext: true" },
        want: "leaves https",
      },
      {
        note: "a redirect to another scheme",
        handler: to("file:///etc/passwd"),
        want: "leaves https",
      },
      {
        note: "redirects without end",
        handler: to("/again"),
        want: "more than 5 redirects",
      },
      {
        note: "nobody there",
        wanted: { url: "https://127.0.0.1:1/b?sig=hidden" },
        want: "ECONNREFUSED",
      },
      {
        note: "http that is not allowed",
        wanted: { url: "http://127.0.0.1:1/b" },
        want: "plain http is refused",
      },
    ],
  )("$note", async ({ handler, wanted, want }) => {
    server.handle(handler ?? always(200));
    const fault = await sourceOf(wanted)
      .load()
      .catch((error: unknown) => error);
    expect(fault).toMatchObject({
      code: "bundle_load_error",
      rawMessage: expect.stringContaining(want),
    });
    expect(String(fault)).not.toContain("hidden");
  });

  test("a server that another authority vouches for", async () => {
    const stranger = await createAuthority("stranger");
    writeFileSync(file("stranger.pem"), stranger.cert);
    const source = sourceOf({ ca: "stranger.pem" });
    await expect(source.load()).rejects.toThrow(/certificate/);
  });
});

test("a redirect to another host takes neither token nor certificate along", async () => {
  const seen: unknown[] = [];
  const own = await authority.issue([
    { type: "ip", value: "127.0.0.1" },
    { type: "dns", value: "bundles.test" },
  ]);
  const elsewhere = await startLoopback(
    (request, response) => {
      const socket = request.socket as unknown as { authorized: boolean };
      seen.push(request.headers.authorization, socket.authorized);
      always(200, one)(request, response);
    },
    {
      ...own,
      ca: authority.cert,
      requestCert: true,
      rejectUnauthorized: false,
    },
  );
  server.handle(
    always(307, "", { location: `https://127.0.0.1:${elsewhere.port}/x` }),
  );
  const remote = `tokenFile: ${file("token")}, cert: ${file("client.pem")}, key: ${file("client.key")}`;
  const { signedBy } = await sourceOf({ remote }).load();
  await elsewhere.close();
  expect(signedBy).toBe("ours");
  expect(seen).toEqual([undefined, false]);
});

test("plain http is spoken where it is allowed", async () => {
  plain.handle(tagged(one, '"1"'));
  const url = `http://127.0.0.1:${plain.port}/b`;
  const source = sourceOf({ url, remote: "allowPlaintext: true" });
  expect(await source.load()).toMatchObject({ from: url });
});
