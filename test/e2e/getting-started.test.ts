import { cpSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { envoyBinary } from "../support/envoy-binary.ts";
import { walkThrough } from "../support/getting-started.ts";
import { fetchAnswer, mcpHeaders, toolCall } from "../support/http-client.ts";
import { type Stack, startStack } from "../support/stack.ts";

describe.skipIf(envoyBinary() === undefined)(
  "docs/getting-started.md behind real Envoy",
  () => {
    let stack: Stack;
    beforeAll(async () => {
      const { folder: written } = walkThrough();
      stack = await startStack({
        example: "grpc",
        prepare: (folder) => {
          rmSync(join(folder, "guards"), { recursive: true });
          rmSync(join(folder, "policies"), { recursive: true });
          cpSync(join(written, "guards"), join(folder, "guards"), {
            recursive: true,
          });
        },
      });
    });
    afterAll(async () => {
      await stack.close();
    });

    test("a listed method passes, another is denied by the guard's name", async () => {
      expect((await fetchAnswer(`${stack.url}/mailbox`)).status).toBe(200);
      const { headers, status } = await fetchAnswer(`${stack.url}/mailbox`, {
        method: "DELETE",
      });
      expect(status).toBe(403);
      expect(headers["x-portcullis-denial-guard"]).toBe("method_scope");
      expect(headers["x-portcullis-denial-reason"]).toContain("DELETE");
    });

    test("a tool that deletes is denied", async () => {
      const call = (tool: string) =>
        fetchAnswer(`${stack.url}/mcp`, {
          method: "POST",
          headers: mcpHeaders,
          body: toolCall(tool, {}),
        });
      expect((await call("list_mailboxes")).status).toBe(200);
      expect((await call("delete_mailbox")).status).toBe(403);
    });
  },
);
