import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Echo } from "../support/echo-upstream.ts";
import { envoyBinary } from "../support/envoy-binary.ts";
import { fetchAnswer, mcpHeaders, toolCall } from "../support/http-client.ts";
import { type Stack, startStack } from "../support/stack.ts";

describe.skipIf(envoyBinary() === undefined)(
  "HTTP mode behind real Envoy",
  () => {
    let stack: Stack;
    beforeAll(async () => {
      stack = await startStack({ example: "http" });
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

    test("W20: an allowed call passes", async () => {
      const answer = await call(toolCall("echo", { message: "hello" }));
      expect(answer.status).toBe(200);
      expect((JSON.parse(answer.body) as Echo).path).toBe("/mcp");
    });

    test("W20: a denial comes with status, body and headers", async () => {
      const answer = await call(toolCall("delete_everything", {}));
      expect(answer.status).toBe(403);
      expect(answer.headers["x-portcullis-denial-guard"]).toBe("tool_scope");
      expect(JSON.parse(answer.body)).toMatchObject({ guard: "tool_scope" });
    });

    test("W20: dlp judges the body", async () => {
      const answer = await call(
        toolCall("echo", { message: "AKIAIOSFODNN7EXAMPLE" }),
      );
      expect(answer.status).toBe(403);
      expect(answer.headers["x-portcullis-denial-guard"]).toBe("dlp");
    });

    test("T19: a body over the cap gets 413", async () => {
      const answer = await call(
        toolCall("echo", { message: "x".repeat(70_000) }),
      );
      expect(answer.status).toBe(413);
    });

    test("W19: a decision id of the client is not forwarded as ours", async () => {
      const answer = await call(toolCall("echo", {}), {
        "x-portcullis-decision-id": "forged",
      });
      expect(answer.body).not.toContain("forged");
    });

    test("W21: without our answer the request is refused", async () => {
      await stack.portcullis.stop();
      const before = stack.upstream.count();
      const answer = await call(toolCall("echo", {}));
      expect(answer.status).toBe(403);
      expect(stack.upstream.count()).toBe(before);
    });
  },
);
