import { randomBytes } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createBundleSource } from "../../src/bundle/index.ts";
import { PolicyError } from "../../src/engine/index.ts";
import {
  archiveOf,
  bundleSettings,
  guardTexts,
  secret,
} from "../support/bundles.ts";
import {
  always,
  type LoopbackServer,
  startLoopback,
} from "../support/loopback-server.ts";
import { startProgram, waitFor } from "../support/process.ts";
import { watchEvents } from "../support/source-events.ts";

const claims = { keyid: "ours" };
let server: LoopbackServer;
let one: Uint8Array;
let two: Uint8Array;

beforeAll(async () => {
  server = await startLoopback(always(503));
  one = await archiveOf(guardTexts("one"), claims);
  two = await archiveOf(guardTexts("two"), claims);
});
afterAll(() => server.close());

const newFolder = () => mkdtempSync(join(tmpdir(), "portcullis-cache-"));

function settingsOf(cache: string, key = secret): string {
  return [
    `source: "http://127.0.0.1:${server.port}/b"`,
    `signature: { keys: { ours: { key: ${key}, algorithm: HS256 } } }`,
    "remote: { allowPlaintext: true }",
    "polling: { minMs: 10, maxMs: 20 }",
    `cache: ${cache}`,
  ].join("\n");
}

function sourceOf(cache: string, key = secret) {
  return createBundleSource(bundleSettings(settingsOf(cache, key)));
}

/** A cache that holds the first bundle. */
async function filledCache() {
  const cache = newFolder();
  server.handle(always(200, one, { etag: '"1"' }));
  const source = sourceOf(cache);
  const fetched = await source.load();
  expect(await source.keep(fetched)).toBeUndefined();
  return { cache, digest: fetched.digest };
}

describe("a start with a copy in the cache", () => {
  test("and the server down serves the copy and says so, then follows the server", async () => {
    const { cache, digest } = await filledCache();
    server.handle(always(503));
    const source = sourceOf(cache);
    const fetched = await source.load();
    expect(fetched).toMatchObject({ digest, signedBy: "ours" });
    expect(fetched.outdated?.rawMessage).toMatch(
      /the server answered 503 .*; the copy kept at \d{4}-\d\d-\d\dT.* is used$/,
    );
    const { events, until } = await watchEvents(source);
    await until("503");
    server.handle(always(304));
    await until("unchanged");
    server.handle(always(200, two));
    await until((await sourceOf(newFolder()).load()).digest);
    await source.close();
    expect(events).not.toContain(digest);
  });

  test("and the server holding the same takes nothing over the network", async () => {
    const { cache, digest } = await filledCache();
    server.handle((request, response) => {
      const isKnown = request.headers["if-none-match"] === '"1"';
      always(isKnown ? 304 : 500)(request, response);
    });
    const fetched = await sourceOf(cache).load();
    expect(fetched).toMatchObject({ digest, outdated: undefined });
  });

  test("and the server holding what is not signed serves the copy", async () => {
    const { cache, digest } = await filledCache();
    server.handle(always(200, await archiveOf(guardTexts("two"))));
    const fetched = await sourceOf(cache).load();
    expect(fetched.digest).toBe(digest);
    expect(fetched.outdated?.rawMessage).toContain(
      "bundle missing .signatures.json file",
    );
  });

  test("finds it by `lastKept` when what came cannot be used", async () => {
    const { cache, digest } = await filledCache();
    server.handle(always(200, two));
    const source = sourceOf(cache);
    const fetched = await source.load();
    const why = new PolicyError("rego_parse_error", "unexpected token");
    expect(fetched.digest).not.toBe(digest);
    expect(await source.lastKept(why)).toMatchObject({
      digest,
      outdated: { code: "rego_parse_error" },
    });
  });
});

test("an earlier bundle that is back in force is kept again", async () => {
  const { cache, digest } = await filledCache();
  const source = sourceOf(cache);
  const first = await source.load();
  server.handle(always(200, two));
  const second = await source.load();
  await source.keep(second);
  await source.keep(first);
  server.handle(always(503));
  expect((await sourceOf(cache).load()).digest).toBe(digest);
  expect(second.digest).not.toBe(digest);
});

test("addresses that differ in their query have a copy each, and their query is not in it", async () => {
  const cache = newFolder();
  const at = (query: string) =>
    createBundleSource(
      bundleSettings(settingsOf(cache).replace('/b"', `/b?${query}"`)),
    );
  const digests: string[] = [];
  for (const [query, archive] of [
    ["one-secret", one] as const,
    ["two", two] as const,
  ]) {
    server.handle(always(200, archive));
    const source = at(query);
    const fetched = await source.load();
    await source.keep(fetched);
    digests.push(fetched.digest);
  }
  server.handle(always(503));
  expect((await at("one-secret").load()).digest).toBe(digests[0]);
  expect((await at("two").load()).digest).toBe(digests[1]);
  const names = readdirSync(cache);
  expect(names).toHaveLength(2);
  for (const name of names) {
    expect(readFileSync(join(cache, name), "latin1")).not.toContain("secret");
  }
});

test("what is to be forgotten is given again", async () => {
  server.handle(always(200, one, { etag: '"1"' }));
  const source = sourceOf(newFolder());
  const { digest } = await source.load();
  server.handle((request, response) => {
    const isKnown = request.headers["if-none-match"] === '"1"';
    always(isKnown ? 304 : 200, isKnown ? "" : one, { etag: '"1"' })(
      request,
      response,
    );
  });
  const { events, until } = await watchEvents(source);
  await until("unchanged");
  expect(events).not.toContain(digest);
  source.forget();
  await until(digest);
  await source.close();
});

describe("a copy that cannot be used is no copy", () => {
  const fileIn = (cache: string) =>
    join(cache, readdirSync(cache)[0] as string);

  test.each([
    {
      note: "a flipped bit in the archive",
      damage: (bytes: Buffer) => {
        bytes.writeUInt8(
          bytes.readUInt8(bytes.length - 9) ^ 1,
          bytes.length - 9,
        );
        return bytes;
      },
    },
    { note: "cut", damage: (bytes: Buffer) => bytes.subarray(0, -7) },
    { note: "empty", damage: () => Buffer.alloc(0) },
    {
      note: "of another source",
      damage: (bytes: Buffer) =>
        Buffer.from(
          bytes.toString("latin1").replace(/"source":"./, '"source":"x'),
          "latin1",
        ),
    },
    {
      note: "another line",
      damage: (bytes: Buffer) => Buffer.concat([Buffer.from("null\n"), bytes]),
    },
  ])("$note", async ({ damage }) => {
    const { cache, digest } = await filledCache();
    const file = fileIn(cache);
    writeFileSync(file, damage(readFileSync(file)));
    server.handle(always(503));
    await expect(sourceOf(cache).load()).rejects.toThrow(
      /503 Service Unavailable; and of the cache: the copy in the cache is damaged/,
    );
    server.handle(always(200, one));
    expect(await sourceOf(cache).load()).toMatchObject({
      digest,
      outdated: undefined,
    });
  });

  test("signed by a key that is no longer one", async () => {
    const { cache } = await filledCache();
    server.handle(always(503));
    await expect(sourceOf(cache, "another").load()).rejects.toThrow(
      /and of the cache: bundle .*: failed to verify JWT signature/,
    );
  });
});

test("keeping that cannot even begin is told", async () => {
  const file = join(newFolder(), "file");
  writeFileSync(file, "");
  server.handle(always(200, one));
  const source = sourceOf(file);
  const fault = await source.keep(await source.load());
  expect(fault?.rawMessage).toMatch(
    /^the bundle http.* cannot be kept: EEXIST/,
  );
});

test("a disk that is full in the middle leaves what was kept, and nothing else", async () => {
  const { cache, digest } = await filledCache();
  const large = { "guards/one/data.json": JSON.stringify(randomBytes(20_000)) };
  const texts = { ...guardTexts("two"), ...large };
  server.handle(always(200, await archiveOf(texts, claims)));
  // A limit on the size of files stands for the full disk.
  const program = startProgram("bash", [
    "-c",
    'ulimit -f 4; exec "$0" --input-type=module --eval "$1"',
    process.execPath,
    `
    import { bundleShape, createBundleSource, readSettings } from "${resolve("dist/src/bundle/index.js")}";
    const text = ${JSON.stringify(settingsOf(cache))};
    const source = createBundleSource(readSettings(bundleShape, { text, file: "", code: "server_config_error" }));
    const fetched = await source.load();
    console.log((await source.keep(fetched)).rawMessage, fetched.signedBy, "end");
    `,
  ]);
  await waitFor("the program", () => program.output().includes("end"));
  await program.stop();
  expect(program.output()).toMatch(/cannot be kept: EFBIG.* ours end/);
  expect(readdirSync(cache)).toHaveLength(1);
  server.handle(always(503));
  expect((await sourceOf(cache).load()).digest).toBe(digest);
});

test("two processes' writes do not mix", async () => {
  const cache = newFolder();
  const kept: string[] = [];
  for (const archive of [one, two]) {
    server.handle(always(200, archive));
    const source = sourceOf(cache);
    const fetched = await source.load();
    kept.push(fetched.digest);
    await Promise.all(Array.from({ length: 5 }, () => source.keep(fetched)));
  }
  expect(readdirSync(cache)).toHaveLength(1);
  server.handle(always(503));
  expect((await sourceOf(cache).load()).digest).toBe(kept[1]);
});
