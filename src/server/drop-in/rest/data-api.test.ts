import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import { waitFor } from "../../../../test/support/process.ts";
import { type Documents, noDocuments } from "../documents.ts";
import { openPolicyStore, type PolicyStore } from "../policy-store.ts";
import type { ApiContext } from "./api.ts";
import { RequestBody, type RestRequest } from "./request.ts";
import { route } from "./router.ts";

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) {
    close();
  }
});

/** A server whose answers wait until they are let go. */
async function startGate() {
  const waiting: ServerResponse[] = [];
  const server = createServer((_, response) => waiting.push(response));
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", () => resolve());
  });
  closers.push(() => server.close());
  const { port } = server.address() as AddressInfo;
  return { waiting, url: `http://127.0.0.1:${port}` };
}

function openStore(documents: Documents): Promise<PolicyStore> {
  const fixed = { mask: "a", drop: "b", authorization: "c" };
  return openPolicyStore(documents, {
    fixed: { ...fixed, check: { kind: "path", path: "d" } },
    regoVersion: 1,
    builtins: [],
    surroundings: { network: { allows: () => true } },
    onPrint: () => {},
  });
}

function ask(store: PolicyStore, method: string, address: string, body = "") {
  const { pathname, searchParams } = new URL(address, "http://h");
  const request: RestRequest = {
    method,
    path: pathname,
    query: searchParams,
    headers: {},
    rawHeaders: [],
    body: new RequestBody(Buffer.from(body), {}),
    client: "",
    id: 1,
  };
  return route(request, context(store));
}

const context = (store: PolicyStore): ApiContext => ({
  store,
  defaultDecision: "system/main",
  regoVersion: 1,
  ndBuiltinCache: false,
  log: undefined,
  loggedHeaders: [],
  config: "{}",
  status: () => undefined,
  health: () => undefined,
  onError: (error) => {
    throw error;
  },
  observe: () => {},
  scrape: async () => ({ type: "", text: "" }),
});

test("an answer tells of the documents that decided, whatever is in force by then", async () => {
  const gate = await startGate();
  const policy = `package app

x := http.send({"method": "GET", "url": "${gate.url}"}).status_code

y if x == 0
`;
  const store = await openStore({
    ...noDocuments,
    modules: { "p.rego": policy },
    bundles: new Map([["b", { revision: "1", roots: ["app"] }]]),
  });
  const asked = Promise.all([
    ask(store, "GET", "/v1/data/app/x?provenance"),
    ask(store, "POST", "/v0/data/app/y", "{}"),
  ]);
  await waitFor("both", async () => gate.waiting.length === 2);
  await store.change(() => ({
    ...noDocuments,
    modules: {},
    bundles: new Map([["b", { revision: "2", roots: ["app"] }]]),
  }));
  for (const response of gate.waiting) {
    response.end();
  }
  const [one, other] = await asked;
  expect(JSON.parse(one.body)).toMatchObject({
    provenance: { bundles: { b: { revision: "1" } } },
    result: 200,
  });
  expect(JSON.parse(other.body).message).toBe("document undefined: data.app.y");
});
