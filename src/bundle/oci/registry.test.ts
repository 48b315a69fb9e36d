import { expect, test } from "vitest";
import type { HttpCall } from "../source/http-client.ts";
import { parseReference } from "./reference.ts";
import { createRegistry } from "./registry.ts";

const challenge = 'Bearer realm="https://evil.test/token",service="x"';

test.each([
  ["the registry", "https://r.test/v2/a/b/manifests/1", 2],
  ["another host that an upload was sent to", "https://evil.test/upload", 1],
])("who may ask for credentials: %s", async (_, from, wanted) => {
  const asked: string[] = [];
  const registry = createRegistry({
    reference: parseReference("oci://r.test/a/b:1"),
    isPlain: false,
    actions: "pull",
    credentials: () => ({ kind: "basic", pair: "ada:secret" }),
    client: async ({ url }: HttpCall) => {
      asked.push(url.origin);
      return {
        status: 401,
        headers: { "www-authenticate": challenge },
        body: Buffer.from("{}"),
        url: new URL(from),
      };
    },
  });
  await registry
    .call({
      method: "GET",
      headers: {},
      path: new URL(from),
      signal: new AbortController().signal,
    })
    .catch(() => undefined);
  expect(asked.slice(0, 2)).toHaveLength(wanted);
});
