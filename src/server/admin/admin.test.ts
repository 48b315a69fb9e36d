import { afterEach, beforeEach, expect, test } from "vitest";
import type { GuardMode } from "../../bundle/index.ts";
import { PolicyError } from "../../engine/index.ts";
import type { Listener } from "../listeners/listener.ts";
import type { CheckRecord } from "../pipeline/verdict.ts";
import { createAdminListener } from "./admin.ts";
import { createMetrics } from "./metrics.ts";

const metrics = createMetrics();
let ready = false;
let modes: Record<string, GuardMode>;
let listener: Listener;
let address: string;

beforeEach(async () => {
  ready = false;
  modes = { dlp: "enforce" };
  listener = createAdminListener(
    { listen: "127.0.0.1:0" },
    {
      metrics,
      status: () => ({ ready, revision: ready ? "abc" : undefined }),
      modes: () => modes,
      setMode: (guard, mode) => {
        modes[guard] = mode ?? "enforce";
      },
      revisions: () => [],
      compared: () => undefined,
      rolledBack: () => [],
      undoRollback: async () => ({ from: "bbb", to: "ccc" }),
      rollBack: (to) => {
        if (to === undefined) {
          throw new PolicyError("server_request_error", "there is none");
        }
        return { from: "b", to, reason: "asked" };
      },
    },
  );
  address = await listener.start();
});

afterEach(async () => {
  await listener.close(0);
});

async function call(path: string, init: RequestInit = {}) {
  const answer = await fetch(`http://${address}${path}`, init);
  return { status: answer.status, body: await answer.text() };
}

test("W22: healthz is 200, readyz 503 until a revision is loaded", async () => {
  expect((await call("/healthz")).status).toBe(200);
  expect((await call("/readyz")).status).toBe(503);
  ready = true;
  expect(await call("/readyz")).toEqual({
    status: 200,
    body: '{"ready":true,"revision":"abc"}\n',
  });
});

test("W23: metrics count requests, decisions, latency, errors and reloads", async () => {
  const outcome = {
    verdict: "deny",
    enforced: true,
    revision: "abc",
    guard: "tool_scope",
    steps: [
      { guard: "dlp", verdict: "deny", mode: "monitor", ms: 1 },
      {
        guard: "identity",
        verdict: "error",
        code: "eval_limit_error",
        mode: "monitor",
        ms: 1,
      },
    ],
  } as const;
  metrics.observe({
    transport: "grpc",
    ms: 2,
    outcome,
  } as unknown as CheckRecord);
  metrics.reloaded("failed");
  const { status, body } = await call("/metrics");
  expect(status).toBe(200);
  for (const line of [
    'portcullis_requests_total{transport="grpc"} 1',
    'portcullis_decisions_total{verdict="deny",guard="tool_scope",enforced="true"} 1',
    'portcullis_monitor_denies_total{guard="dlp"} 1',
    'portcullis_errors_total{guard="identity",code="eval_limit_error"} 1',
    'portcullis_check_duration_seconds_bucket{le="0.0025",transport="grpc"} 1',
    'portcullis_reloads_total{result="failed"} 1',
    "portcullis_sandbox_memories ",
  ]) {
    expect(body).toContain(line);
  }
});

test.each([
  {
    note: "set",
    method: "PUT",
    path: "/modes/dlp",
    body: '{"mode":"monitor"}',
    status: 200,
    want: "monitor",
  },
  {
    note: "taken back",
    method: "DELETE",
    path: "/modes/dlp",
    status: 200,
    want: "enforce",
  },
  {
    note: "an unknown word",
    method: "PUT",
    path: "/modes/dlp",
    body: '{"mode":"maybe"}',
    status: 400,
    want: "enforce",
  },
  {
    note: "no JSON",
    method: "PUT",
    path: "/modes/dlp",
    body: "monitor",
    status: 400,
    want: "enforce",
  },
  {
    note: "too long",
    method: "PUT",
    path: "/modes/dlp",
    body: " ".repeat(2_000),
    status: 400,
    want: "enforce",
  },
  {
    note: "an unknown guard",
    method: "PUT",
    path: "/modes/constructor",
    body: '{"mode":"off"}',
    status: 404,
    want: "enforce",
  },
  {
    note: "another method",
    method: "POST",
    path: "/modes/dlp",
    body: "",
    status: 405,
    want: "enforce",
  },
  {
    note: "from a browser's page",
    method: "PUT",
    path: "/modes/dlp",
    body: '{"mode":"off"}',
    origin: "http://evil.example",
    status: 403,
    want: "enforce",
  },
])(
  "H4: a mode at run time: $note",
  async ({ method, path, body, origin, status, want }) => {
    const answer = await call(path, {
      method,
      ...(body === undefined ? {} : { body }),
      ...(origin === undefined ? {} : { headers: { origin } }),
    });
    expect(answer.status).toBe(status);
    expect(modes["dlp"]).toBe(want);
  },
);

test.each([
  {
    note: "to a digest",
    body: '{"to":"abcdef"}',
    status: 200,
    want: '{"from":"b","to":"abcdef","reason":"asked"}\n',
  },
  {
    note: "without an earlier revision",
    body: "",
    status: 409,
    want: '{"error":"there is none"}\n',
  },
  { note: "to no digest", body: '{"to":"x"}', status: 400 },
  { note: "no JSON", body: "abcdef", status: 400 },
  { note: "too long", body: " ".repeat(2_000), status: 400 },
  { note: "another method", method: "PUT", body: "", status: 405 },
  {
    note: "from a browser's page",
    body: "",
    headers: { origin: "http://evil.example" },
    status: 403,
  },
])(
  "rollback: $note",
  async ({ body, headers = {}, method = "POST", status, want }) => {
    const answer = await call("/rollback", { method, body, headers });
    expect(answer.status).toBe(status);
    expect(answer.body).toBe(want ?? answer.body);
  },
);

test.each([
  { path: "/nothing", method: "GET", status: 404 },
  { path: "/healthz", method: "POST", status: 405 },
])("$method $path is $status", async ({ path, method, status }) => {
  expect((await call(path, { method })).status).toBe(status);
});

test("O6: the admin listener does not leave the loopback interface by itself", () => {
  expect(() =>
    createAdminListener({ listen: "0.0.0.0:0" }, {} as never),
  ).toThrow(
    new PolicyError(
      "server_config_error",
      "plaintext on `0.0.0.0:0` is open to the network; configure `tls` or write `allowPlaintext: true`",
    ),
  );
});

test("a port in use is a configuration fault", async () => {
  const second = createAdminListener({ listen: address }, {} as never);
  await expect(second.start()).rejects.toMatchObject({
    code: "server_config_error",
  });
});
