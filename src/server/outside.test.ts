import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { createServer as createHttpServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createServer, parseConfig, type Server } from "./index.ts";

// A service of the world outside, asked by a guard.
const asked: string[] = [];
const service = createHttpServer((request, response) => {
  asked.push(request.url ?? "");
  if (request.url === "/slow") {
    return;
  }
  response.setHeader("content-type", "application/json");
  response.end(JSON.stringify({ allowed: request.url === "/good" }));
});

let port = 0;
beforeAll(async () => {
  await new Promise<void>((resolve) => {
    service.listen(0, "127.0.0.1", resolve);
  });
  ({ port } = service.address() as AddressInfo);
});

afterAll(() => {
  service.closeAllConnections();
  service.close();
});

const guard = () => `package guards.outside

verdict := {"allowed": answer.body.allowed}

answer := http.send({
	"method": "GET",
	"url": sprintf("http://127.0.0.1:${port}%s", [input.attributes.request.http.path]),
})
`;

function sourceWith(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), "portcullis-outside-"));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return folder;
}

type Running = {
  readonly server: Server;
  readonly folder: string;
  ask(path: string): Promise<Response>;
  log(): readonly Record<string, unknown>[];
};

async function serve(allowNet: string, deadlineMs = 5_000): Promise<Running> {
  const folder = sourceWith({
    "guards/pipeline.yaml": `pipeline:
  - guard: outside
    limits: { deadlineMs: ${deadlineMs} }
`,
    "guards/outside/guard.yaml":
      "name: outside\nversion: 1.0.0\ndescription: asks a service\n",
    "guards/outside/guard.rego": guard(),
    "policies/README.md": "",
  });
  const decisions = join(folder, "decisions.log");
  const config = parseConfig(
    `bundle: { source: ${JSON.stringify(folder)}, watch: false }
grpc: { listen: off }
http: { listen: "127.0.0.1:0" }
admin: { listen: off }
capabilities: { allowNet: ${allowNet} }
decisionLog: { file: ${JSON.stringify(decisions)}, ndBuiltinCache: true }
`,
    "portcullis.yaml",
  );
  const server = await createServer(config, { log: { write: () => {} } });
  const { http } = await server.start();
  return {
    server,
    folder,
    ask: (path) => fetch(`http://${http?.replace("http://", "")}${path}`),
    log: () =>
      readFileSync(decisions, "utf8")
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line)),
  };
}

describe("a guard that asks a service", () => {
  test("waits for it, and the log keeps what it answered", async () => {
    const running = await serve("[127.0.0.1]");
    const good = await running.ask("/good");
    const bad = await running.ask("/bad");
    await running.server.close();
    expect([good.status, bad.status]).toEqual([200, 403]);
    const [first] = running.log();
    const cache = first?.["nd_builtin_cache"] as Record<string, object>;
    expect(Object.keys(cache)).toEqual(["http.send"]);
    expect(Object.values(cache["http.send"] ?? {})).toMatchObject([
      { status_code: 200, body: { allowed: true } },
    ]);
  });

  test("reaches nobody whom the configuration does not name", async () => {
    const running = await serve("[example.com]");
    const before = asked.length;
    const answer = await running.ask("/good");
    await running.server.close();
    expect(answer.status).toBe(403);
    expect(answer.headers.get("x-portcullis-denial-guard")).toBe("outside");
    expect(asked).toHaveLength(before);
  });

  test("does not hold up others, and is denied when its time is up", async () => {
    // Long enough for the good answer on a machine that is busy otherwise.
    const running = await serve("[127.0.0.1]", 4_000);
    const begin = performance.now();
    const slow = running.ask("/slow");
    const good = await running.ask("/good");
    expect(good.status).toBe(200);
    const denied = await slow;
    const took = performance.now() - begin;
    await running.server.close();
    expect(denied.status).toBe(500);
    expect(took).toBeGreaterThan(3_900);
  });
});
