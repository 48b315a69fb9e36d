import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  type Authority,
  createAuthority,
  writeServerFiles,
} from "../support/certificates.ts";
import { envoyBinary } from "../support/envoy-binary.ts";
import { fetchAnswer, mcpHeaders, toolCall } from "../support/http-client.ts";
import { type Stack, startStack } from "../support/stack.ts";

const account = (name: string) => ({
  type: "url" as const,
  value: `spiffe://cluster.local/ns/default/sa/${name}`,
});

describe.skipIf(envoyBinary() === undefined)(
  "mTLS with SPIFFE certificates",
  () => {
    let stack: Stack;
    let authority: Authority;
    beforeAll(async () => {
      authority = await createAuthority("clients");
      const server = await authority.issue([
        { type: "dns", value: "localhost" },
      ]);
      stack = await startStack({
        example: "mtls",
        prepare: (folder) =>
          writeServerFiles(join(folder, "certificates"), server, authority),
      });
    }, 60_000);
    afterAll(async () => {
      await stack?.close();
    });

    const callAs = async (
      names: Parameters<Authority["issue"]>[0],
      tool: string,
      path = "/mcp-server1/mcp",
      headers = {},
    ) =>
      fetchAnswer(`${stack.url}${path}`, {
        method: "POST",
        headers: { ...mcpHeaders, ...headers },
        body: toolCall(tool, {}),
        ca: authority.cert,
        servername: "localhost",
        ...(await authority.issue(names)),
      });

    test.each([
      {
        note: "T1",
        name: "sa1",
        tool: "add",
        path: "/mcp-server1/mcp",
        want: 200,
      },
      {
        note: "T2",
        name: "sa2",
        tool: "add",
        path: "/mcp-server1/mcp",
        want: 403,
      },
      {
        note: "T3",
        name: "sa2",
        tool: "subtract",
        path: "/mcp-server1/mcp",
        want: 200,
      },
      {
        note: "T4",
        name: "sa2",
        tool: "read_wiki_structure",
        path: "/mcp-server2/mcp",
        want: 200,
      },
      {
        note: "T4",
        name: "sa1",
        tool: "read_wiki_structure",
        path: "/mcp-server2/mcp",
        want: 403,
      },
      {
        note: "T5",
        name: "sa2",
        tool: "ask_question",
        path: "/mcp-server2/mcp",
        want: 403,
      },
    ])("$note: $name calls $tool", async ({ name, tool, path, want }) => {
      expect((await callAs([account(name)], tool, path)).status).toBe(want);
    });

    test("I1: the subject is verified, and only its hash is in the log", async () => {
      await callAs([account("sa1")], "add");
      const line = stack.portcullis
        .output()
        .split("\n")
        .findLast((text) => text.includes('"verdict":"allow"'));
      expect(line).toBeDefined();
      expect(line).not.toContain("spiffe://");
    });

    test("I7: a header does not outrank the certificate", async () => {
      const answer = await callAs([account("sa2")], "add", "/mcp-server1/mcp", {
        authorization: "Bearer abc",
        "x-agent-id": "sa1",
      });
      expect(answer.status).toBe(403);
    });

    test("I9: another trust domain is denied by identity", async () => {
      const other = {
        type: "url" as const,
        value: "spiffe://other/ns/default/sa/sa1",
      };
      const answer = await callAs([other], "add");
      expect(answer.headers["x-portcullis-denial-guard"]).toBe("identity");
    });

    test("I9: of two URIs the first alone does not let another domain in", async () => {
      const other = {
        type: "url" as const,
        value: "spiffe://other/ns/default/sa/sa1",
      };
      const answer = await callAs([other, account("sa1")], "add");
      expect(answer.status).toBe(403);
    });

    test("D.3: a certificate of another authority does not get through the handshake", async () => {
      const stranger = await createAuthority("strangers");
      const identity = await stranger.issue([account("sa1")]);
      const before = stack.upstream.count();
      await expect(
        fetchAnswer(`${stack.url}/mcp-server1/mcp`, {
          method: "POST",
          headers: mcpHeaders,
          body: toolCall("add", {}),
          ca: authority.cert,
          servername: "localhost",
          ...identity,
        }),
      ).rejects.toThrow();
      expect(stack.upstream.count()).toBe(before);
    });
  },
);
