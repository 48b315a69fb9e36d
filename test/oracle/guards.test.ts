import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readDirectory } from "../../src/bundle/index.ts";
import { compile, loadPolicy, type Policy } from "../../src/engine/index.ts";
import { canonicalJson, parseExactJson } from "../support/exact-json.ts";
import { opaBinary } from "../support/opa-binary.ts";
import { type OpaServer, startOpaServer } from "../support/opa-server.ts";
import { guardRequests } from "./guard-requests.ts";

const guards = ["identity", "tool_scope", "dlp", "budget"];
const documents = [
  ...guards.map((guard) => `guards/${guard}/verdict`),
  "guards/identity/subject",
  "guards/identity/verified",
];

describe.skipIf(opaBinary() === undefined)(
  "P10: the shipped guards answer as under genuine OPA",
  () => {
    let server: OpaServer;
    let policy: Policy;
    beforeAll(async () => {
      server = await startOpaServer({
        ...readModules("guards"),
        "data.json": JSON.stringify(readDirectory(".").data),
      });
      const { modules, data } = readDirectory(".");
      const compiled = compile({ modules, entrypoints: documents });
      if ("errors" in compiled) {
        throw compiled.errors[0];
      }
      policy = await loadPolicy(compiled.policy.wasm, { data });
    }, 60_000);
    afterAll(async () => {
      await server?.close();
    });

    test.each(guardRequests)("$note", async ({ input }) => {
      const text = JSON.stringify(input);
      const decision = policy.start(new TextEncoder().encode(text));
      for (const document of documents) {
        const theirs = await server.evaluate(document, text);
        const ours = decision.evaluateJson(document);
        expect(
          ours === undefined
            ? "undefined"
            : canonicalJson(parseExactJson(ours)),
          document,
        ).toBe(
          theirs.kind === "value"
            ? canonicalJson(parseExactJson(theirs.json))
            : theirs.kind,
        );
      }
    });
  },
);

function readModules(folder: string): Record<string, string> {
  return Object.fromEntries(
    readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => [
        `${name}.rego`,
        readFileSync(join(folder, name, "guard.rego"), "utf8"),
      ]),
  );
}
