import {
  cpSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { commandLine, runOwn } from "../support/command-line.ts";
import { fetchAnswer } from "../support/http-client.ts";
import {
  freePort,
  type Program,
  startProgram,
  waitFor,
} from "../support/process.ts";

describe("P12: a broken edit", () => {
  const folder = mkdtempSync(join(tmpdir(), "portcullis-reload-"));
  const guard = join(folder, "guards/tool_scope/guard.rego");
  let server: Program;
  let http: number;
  let admin: number;

  beforeAll(async () => {
    cpSync("guards", join(folder, "guards"), { recursive: true });
    cpSync("policies", join(folder, "policies"), { recursive: true });
    [http, admin] = await Promise.all([freePort(), freePort()]);
    const config = join(folder, "portcullis.yaml");
    writeFileSync(
      config,
      `bundle: { source: ${folder} }\ngrpc: { listen: "off" }\nhttp: { listen: 127.0.0.1:${http} }\nadmin: { listen: 127.0.0.1:${admin} }\n`,
    );
    server = startProgram(process.execPath, [
      commandLine,
      "serve",
      "--config",
      config,
    ]);
    await waitFor("the server", async () => (await isReady()) === 200);
  });
  afterAll(async () => {
    await server.stop();
  });

  const ask = (path: string) => fetchAnswer(`http://127.0.0.1:${admin}${path}`);
  const isReady = async (): Promise<number> => {
    try {
      return (await ask("/readyz")).status;
    } catch {
      return 0;
    }
  };
  const verdict = async (): Promise<number> => {
    const answer = await fetchAnswer(`http://127.0.0.1:${http}/mcp`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"rm"}}',
    });
    return answer.status;
  };

  test("keeps the old revision, says file:row:col, counts, stays ready", async () => {
    expect(await verdict()).toBe(403);
    const sound = readFileSync(guard, "utf8");
    writeFileSync(guard, `${sound}\nbroken if {\n\tinput.x ==\n}\n`);
    const row = sound.split("\n").length + 3;
    await waitFor("the failed reload", async () =>
      (await ask("/metrics")).body.includes(
        'portcullis_reloads_total{result="failed"} 1',
      ),
    );
    expect(server.output()).toContain("guards/tool_scope/guard.rego");
    expect(server.output()).toContain(`"row":${row}`);
    expect(await isReady()).toBe(200);
    expect(await verdict()).toBe(403);
    writeFileSync(guard, sound);
  });
});

describe("a source that `build` has made one file of", () => {
  const folder = mkdtempSync(join(tmpdir(), "portcullis-archive-"));
  const archive = join(folder, "bundle.tar.gz");
  let server: Program;
  let admin: number;

  const build = (revision: string) =>
    runOwn(["build", ".", "-r", revision, "-o", join(folder, "next.tar.gz")]);
  const ask = async (path: string): Promise<string> =>
    (await fetchAnswer(`http://127.0.0.1:${admin}${path}`)).body;

  beforeAll(async () => {
    admin = await freePort();
    expect(build("one").status).toBe(0);
    renameSync(join(folder, "next.tar.gz"), archive);
    const config = join(folder, "portcullis.yaml");
    writeFileSync(
      config,
      `bundle: { source: ${archive} }\ngrpc: { listen: "off" }\nhttp: { listen: "off" }\nadmin: { listen: 127.0.0.1:${admin} }\n`,
    );
    server = startProgram(process.execPath, [
      commandLine,
      "serve",
      "--config",
      config,
    ]);
    await waitFor("the server", async () => {
      try {
        return (await ask("/readyz")).includes('"ready":true');
      } catch {
        return false;
      }
    });
  });
  afterAll(async () => {
    await server.stop();
  });

  test("is served, and a file that is no bundle keeps the one in force", async () => {
    const before = await ask("/readyz");
    writeFileSync(archive, "no bundle");
    await waitFor("the failed reload", async () =>
      (await ask("/metrics")).includes(
        'portcullis_reloads_total{result="failed"} 1',
      ),
    );
    expect(await ask("/readyz")).toContain(
      (JSON.parse(before) as { revision: string }).revision,
    );
    expect(server.output()).toContain("bundle_load_error");
  });
});
