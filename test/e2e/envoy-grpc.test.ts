import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Echo } from "../support/echo-upstream.ts";
import { envoyBinary } from "../support/envoy-binary.ts";
import { fetchAnswer, mcpHeaders, toolCall } from "../support/http-client.ts";
import { waitFor } from "../support/process.ts";
import { type Stack, startStack } from "../support/stack.ts";

const missing = envoyBinary() === undefined;

describe.skipIf(missing)("gRPC mode behind real Envoy", () => {
  let stack: Stack;
  beforeAll(async () => {
    stack = await startStack({ example: "grpc" });
  }, 60_000);
  afterAll(async () => {
    await stack?.close();
  });

  const call = (body: string, headers = {}) =>
    fetchAnswer(`${stack.url}/mcp`, {
      method: "POST",
      headers: { ...mcpHeaders, ...headers },
      body,
    });

  test("W1: an allowed call reaches the upstream, the client gets the decision id", async () => {
    const answer = await call(toolCall("echo", { message: "hello" }));
    expect(answer.status).toBe(200);
    expect(answer.headers["x-portcullis-decision-id"]).toMatch(
      /^[0-9a-f-]{36}$/,
    );
    expect((JSON.parse(answer.body) as Echo).path).toBe("/mcp");
  });

  test("W1: a plain GET that an http rule allows", async () => {
    expect((await fetchAnswer(`${stack.url}/resource`)).status).toBe(200);
  });

  test("W3: a tool_scope denial names guard and reason", async () => {
    const before = stack.upstream.count();
    const answer = await call(toolCall("delete_everything", {}));
    expect(answer.status).toBe(403);
    expect(answer.headers["x-portcullis-denial-guard"]).toBe("tool_scope");
    expect(answer.headers["x-portcullis-denial-reason"]).toContain(
      "delete_everything",
    );
    expect(JSON.parse(answer.body)).toMatchObject({
      verdict: "deny",
      guard: "tool_scope",
      code: "tool_not_allowed",
      decision_id: answer.headers["x-portcullis-decision-id"],
    });
    expect(stack.upstream.count()).toBe(before);
  });

  test("D1: a secret is denied and appears nowhere", async () => {
    const secret = "AKIAIOSFODNN7EXAMPLE";
    const answer = await call(toolCall("echo", { message: secret }));
    expect(answer.status).toBe(403);
    expect(answer.headers["x-portcullis-denial-guard"]).toBe("dlp");
    expect(JSON.stringify(answer)).not.toContain(secret);
    expect(stack.portcullis.output()).not.toContain(secret);
    expect(stack.envoy.output()).not.toContain(secret);
  });

  test("D4: a JSON-escaped secret is seen unescaped", async () => {
    const body = toolCall("echo", { message: "@" }).replace(
      "@",
      "\\u0041KIAIOSFODNN7EXAMPLE",
    );
    expect((await call(body)).headers["x-portcullis-denial-guard"]).toBe("dlp");
  });

  test.each([
    {
      note: "T12 duplicate key",
      body: toolCall("echo", {}).replace('"name"', '"name":"get-sum","name"'),
    },
    { note: "T14 batch", body: `[${toolCall("echo", {})}]` },
    { note: "T15 truncated JSON", body: toolCall("echo", {}).slice(0, -2) },
    { note: "T16 byte order mark", body: `\uFEFF${toolCall("echo", {})}` },
    {
      note: "T16 deep nesting",
      body: `${"[".repeat(10_000)}${"]".repeat(10_000)}`,
    },
    { note: "T20 empty body", body: "" },
  ])("malformed MCP is denied: $note", async ({ body }) => {
    const before = stack.upstream.count();
    const answer = await call(body);
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.status).toBeLessThan(501);
    expect(stack.upstream.count()).toBe(before);
  });

  test("T16: invalid UTF-8 is denied", async () => {
    const body = Buffer.concat([
      Buffer.from(
        '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo","arguments":{"a":"',
      ),
      Buffer.from([0xff, 0xfe]),
      Buffer.from('"}}}'),
    ]);
    const before = stack.upstream.count();
    const answer = await fetchAnswer(`${stack.url}/mcp`, {
      method: "POST",
      headers: mcpHeaders,
      body,
    });
    expect(answer.status).not.toBe(200);
    expect(stack.upstream.count()).toBe(before);
  });

  test("T17: another content type or encoding is denied on an MCP path", async () => {
    const text = await call(toolCall("echo", {}), {
      "content-type": "text/plain",
    });
    const gzip = await call(toolCall("echo", {}), {
      "content-encoding": "gzip",
    });
    expect(text.status).not.toBe(200);
    expect(gzip.status).not.toBe(200);
  });

  test("T19: a body over the cap gets 413 from Envoy", async () => {
    const answer = await call(
      toolCall("echo", { message: "x".repeat(70_000) }),
    );
    expect(answer.status).toBe(413);
  });

  test("W10: Envoy's access log prints the verdict as dynamic metadata", async () => {
    await call(toolCall("another_tool", {}));
    await waitFor("the access log", () =>
      stack.envoy.output().includes('"guard":"tool_scope"'),
    );
    expect(stack.envoy.output()).toContain('"verdict":"deny"');
  });

  test("W19: a decision id of the client never reaches the upstream", async () => {
    const answer = await call(toolCall("echo", {}), {
      "x-portcullis-decision-id": "forged",
    });
    expect(answer.status).toBe(200);
    expect(answer.body).not.toContain("forged");
    expect(answer.headers["x-portcullis-decision-id"]).not.toBe("forged");
  });

  test("P11, T28: a guard edited under load: no failed request, one of two revisions", async () => {
    const { edit, load } = await import("./reload-under-load.ts");
    const answers = load(stack);
    await edit(stack);
    const seen = await answers;
    expect(seen.length).toBeGreaterThan(20);
    const outcomes = new Set(
      seen.map(({ status, guard }) => `${status} ${guard}`),
    );
    expect(outcomes).toEqual(new Set(["200 ", "403 tool_scope"]));
    expect(seen.at(-1)?.status).toBe(403);
  });
});

describe.skipIf(missing)("what Envoy does without our answer", () => {
  const setUp = async (failureModeAllow: boolean): Promise<Stack> =>
    startStack({
      example: "grpc",
      editEnvoy: (yaml) =>
        yaml.replace(
          "failure_mode_allow: false",
          `failure_mode_allow: ${failureModeAllow}\n                      failure_mode_allow_header_add: true`,
        ),
    });

  test("W11: the server is killed: 403, the upstream is not reached", async () => {
    const stack = await setUp(false);
    try {
      await stack.portcullis.stop();
      const answer = await fetchAnswer(`${stack.url}/resource`);
      expect(answer.status).toBe(403);
      expect(stack.upstream.count()).toBe(0);
    } finally {
      await stack.close();
    }
  });

  test("W12: failure_mode_allow lets the request pass, marked", async () => {
    const stack = await setUp(true);
    try {
      await stack.portcullis.stop();
      const answer = await fetchAnswer(`${stack.url}/resource`);
      expect(answer.status).toBe(200);
      expect((JSON.parse(answer.body) as Echo).headers).toMatchObject({
        "x-envoy-auth-failure-mode-allowed": "true",
      });
    } finally {
      await stack.close();
    }
  });

  test("W13: a server slower than Envoy's timeout is a 403; afterwards all is well", async () => {
    const stack = await setUp(false);
    try {
      stack.portcullis.signal("SIGSTOP");
      const slow = await fetchAnswer(`${stack.url}/resource`);
      stack.portcullis.signal("SIGCONT");
      expect(slow.status).toBe(403);
      await waitFor("an answer", async () => {
        const answer = await fetchAnswer(`${stack.url}/resource`);
        return answer.status === 200;
      });
    } finally {
      await stack.close();
    }
  });
});
