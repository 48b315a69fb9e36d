import { OPAClient } from "@open-policy-agent/opa";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fromJs, type RegoObject } from "../../src/engine/index.ts";
import {
  createOpaServer,
  noDocuments,
  type OpaServer,
  readOpaConfig,
} from "../../src/server/index.ts";

const modules = {
  "app.rego": `package app

allow if input.user in data.users

roles := {"admin": input.user == "root"}
`,
  "main.rego": 'package system\n\nmain := {"hello": input.name}\n',
};

let server: OpaServer;
let client: OPAClient;

beforeAll(async () => {
  server = await createOpaServer({
    config: readOpaConfig({
      file: undefined,
      set: [],
      setFile: [],
      environment: {},
    }),
    documents: {
      ...noDocuments,
      modules,
      data: fromJs({ users: ["ada"] }) as RegoObject,
    },
    listeners: [
      {
        addr: "127.0.0.1:0",
        authentication: "off",
        authorization: "off",
        tls: undefined,
        unixSocketPerm: "755",
        isDiagnostic: false,
      },
    ],
    regoVersion: 1,
    builtins: [],
    network: { allows: () => true },
    environment: {},
    log: { write: () => {} },
  });
  client = new OPAClient(`http://${(await server.start())[0]}`);
});

afterAll(async () => {
  await server.close(1_000);
});

describe("OPA's own client", () => {
  test("evaluates a path with an input", async () => {
    expect(await client.evaluate("app/allow", { user: "ada" })).toBe(true);
    expect(await client.evaluate("app/roles", { user: "root" })).toStrictEqual({
      admin: true,
    });
  });

  test("evaluates the default decision", async () => {
    expect(await client.evaluateDefault({ name: "ada" })).toStrictEqual({
      hello: "ada",
    });
  });

  test("meets an undefined decision as one", async () => {
    expect(await client.evaluate("app/allow", { user: "eve" })).toBe(undefined);
  });
});
