import { cpSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import {
  createServer,
  parseConfig,
  type Server,
} from "../../src/server/index.ts";
import { treeOf } from "../support/command-line.ts";
import { envoyBinary } from "../support/envoy-binary.ts";
import { fetchAnswer } from "../support/http-client.ts";
import { waitFor } from "../support/process.ts";
import { type Stack, startStack } from "../support/stack.ts";

/** A source whose only guard lets some paths pass. */
const sourceOf = (open: readonly string[]) =>
  treeOf({
    "guards/pipeline.yaml": "pipeline: [{guard: gate}]\n",
    "guards/gate/guard.yaml": "name: gate\n",
    "guards/gate/guard.rego": `package guards.gate

verdict := input.path.raw in ${JSON.stringify(open)}
`,
  });

/** What docs/migrating-from-opa.md has for portcullis.yaml, in its order. */
const [shadow = "", , native = ""] = [
  ...readFileSync("docs/migrating-from-opa.md", "utf8").matchAll(
    /```yaml portcullis\n([\s\S]*?)```/g,
  ),
].map(([, text = ""]) => text);

describe.skipIf(envoyBinary() === undefined)(
  "the stages of a migration behind real Envoy",
  () => {
    let reference: Server;
    let address = "";
    let stack: Stack;

    beforeAll(async () => {
      const lines = [
        `bundle: { source: ${JSON.stringify(sourceOf(["/open"]))}, watch: false }`,
        "grpc: { listen: 127.0.0.1:0 }",
        "http: { listen: off }",
        "admin: { listen: off }",
        "decisionLog: { file: off }",
      ];
      const config = parseConfig(lines.join("\n"), "portcullis.yaml");
      reference = await createServer(config, { log: { write: () => {} } });
      ({ grpc: address = "" } = await reference.start());
    }, 60_000);

    afterEach(() => stack?.close());
    afterAll(() => reference.close());

    /** What Envoy answers where a copy of the policy lets one path too many pass. */
    async function ask(config: string): Promise<readonly number[]> {
      stack = await startStack({
        example: "grpc",
        // A busy machine must not make the reference late.
        config: config
          .replace("127.0.0.1:9292", address)
          .replace(/timeoutMs: \d+/, "timeoutMs: 20000"),
        editEnvoy: (yaml) => yaml.replace("timeout: 0.5s", "timeout: 30s"),
        prepare: (folder) => {
          const guards = join(folder, "guards");
          rmSync(guards, { recursive: true });
          const copy = sourceOf(["/open", "/bug"]);
          cpSync(join(copy, "guards"), guards, { recursive: true });
        },
      });
      const statuses: number[] = [];
      for (const path of ["/open", "/bug", "/shut"]) {
        statuses.push((await fetchAnswer(`${stack.url}${path}`)).status);
      }
      return statuses;
    }

    async function expectDifference(): Promise<void> {
      let body = "";
      await waitFor("three comparisons", async () => {
        ({ body } = await fetchAnswer(`${stack.adminUrl}/compare`));
        return JSON.parse(body).observations === 3;
      });
      expect(JSON.parse(body)).toMatchObject({
        different: 1,
        groups: [{ kind: "deny-to-allow", path: "/bug" }],
      });
    }

    test("2: the reference's answers count", async () => {
      expect(await ask(shadow)).toEqual([200, 403, 403]);
      await expectDifference();
    }, 60_000);

    test("3: ours count, the reference is compared with", async () => {
      const patient = native.replace("enforce", "timeoutMs: 1\n  enforce");
      expect(await ask(patient)).toEqual([200, 200, 403]);
      await expectDifference();
    }, 60_000);

    test("4 and 5: ours count, nothing is compared", async () => {
      expect(await ask("")).toEqual([200, 200, 403]);
      const { status } = await fetchAnswer(`${stack.adminUrl}/compare`);
      expect(status).toBe(404);
    }, 60_000);
  },
);
