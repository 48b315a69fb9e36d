import { mkdtempSync, readdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { archiveOf, guardTexts, secret } from "../support/bundles.ts";
import { commandLine } from "../support/command-line.ts";
import { fetchAnswer } from "../support/http-client.ts";
import {
  always,
  type LoopbackServer,
  startLoopback,
} from "../support/loopback-server.ts";
import {
  freePort,
  type Program,
  startProgram,
  waitFor,
} from "../support/process.ts";

/** A server, and the revision that it has in force. */
type Serving = {
  readonly program: Program;
  revision(): Promise<string | undefined>;
};

describe("two servers that share one cache folder", () => {
  const folder = mkdtempSync(join(tmpdir(), "portcullis-shared-"));
  const running: Serving[] = [];
  let registry: LoopbackServer;

  beforeAll(async () => {
    registry = await startLoopback(always(503));
  });
  afterAll(async () => {
    await Promise.all(running.map(({ program }) => program.stop()));
    await registry.close();
  });

  async function serve(): Promise<Serving> {
    const admin = await freePort();
    const config = join(folder, `${admin}.yaml`);
    writeFileSync(
      config,
      `bundle:
  source: "http://127.0.0.1:${registry.port}/b"
  signature: { keys: { ours: { key: ${secret}, algorithm: HS256 } } }
  remote: { allowPlaintext: true }
  polling: { minMs: 10, maxMs: 20 }
  cache: ${join(folder, "cache")}
activation: { cacheFolder: ${join(folder, "cache")}, history: 3 }
grpc: { listen: "off" }
http: { listen: "off" }
admin: { listen: 127.0.0.1:${admin} }
`,
    );
    const program = startProgram(process.execPath, [
      ...[commandLine, "serve", "--config", config],
    ]);
    const revision = async (): Promise<string | undefined> => {
      try {
        const { body } = await fetchAnswer(
          `http://127.0.0.1:${admin}/revisions`,
        );
        return JSON.parse(body)[0]?.revision;
      } catch {
        return undefined;
      }
    };
    const one = { program, revision };
    running.push(one);
    return one;
  }

  /** Waits until all have the same in force, which `before` was not. */
  async function agreeOn(servers: readonly Serving[], before?: string) {
    let agreed: string | undefined;
    await waitFor(
      "the servers to agree",
      async () => {
        const found = await Promise.all(servers.map((one) => one.revision()));
        [agreed] = found;
        return (
          agreed !== undefined &&
          agreed !== before &&
          found.every((one) => one === agreed)
        );
      },
      60_000,
    );
    return agreed;
  }

  test("follow their source, and a third starts from what they kept", async () => {
    const bundle = (round: number) =>
      archiveOf(guardTexts(`round ${round}`), { keyid: "ours" });
    registry.handle(always(200, await bundle(0)));
    const servers = await Promise.all([serve(), serve()]);
    let revision = await agreeOn(servers);
    for (let round = 1; round <= 6; round += 1) {
      registry.handle(always(200, await bundle(round)));
      revision = await agreeOn(servers, revision);
    }
    registry.handle(always(503));
    expect(await agreeOn([await serve()])).toBe(revision);
    const codes = await Promise.all(
      running.map(({ program }) => program.stop()),
    );
    expect(codes).toEqual([0, 0, 0]);
    const output = running.map(({ program }) => program.output()).join("");
    expect(output).not.toMatch(/damaged|not whole|cannot be kept|EEXIST/);
    const kept = readdirSync(join(folder, "cache"));
    expect(kept.filter((name) => name.endsWith(".bundle"))).toHaveLength(1);
    // Nothing that was written beside is left behind.
    expect(
      kept.filter((name) => !/\.(bundle|module|json)$/.test(name)),
    ).toEqual([]);
  }, 120_000);
});
