import {
  cpSync,
  mkdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import {
  createServer,
  parseConfig,
  type Server,
} from "../../src/server/index.ts";
import { commandLine, runOwn, treeOf } from "../support/command-line.ts";
import { envoyBinary } from "../support/envoy-binary.ts";
import { fetchAnswer } from "../support/http-client.ts";
import {
  freePort,
  type Program,
  startProgram,
  waitFor,
} from "../support/process.ts";
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

/** The same policy as OPA's teams have it, and their configuration of the plugin. */
const pluginFiles = (port: number) => ({
  "opa.yaml": [
    "decision_logs: { console: true }",
    "plugins:",
    `  envoy_ext_authz_grpc: { addr: "127.0.0.1:${port}", path: envoy/authz/allow }`,
    "",
  ].join("\n"),
  "bundle/policy.rego": `package envoy.authz

default allow := false

allow if input.attributes.request.http.path in data.open
`,
  "bundle/data.json": '{"open": ["/open"]}',
});

/** opa-envoy-plugin where there is one; else what takes its place. */
function startPlugin(folder: string, rest: number): Program {
  const { OPA_ENVOY_PLUGIN: plugin } = process.env;
  const [program, ...first] = plugin
    ? [plugin]
    : [process.execPath, commandLine];
  return startProgram(program, [
    ...[...first, "run", "--server", "--addr", `127.0.0.1:${rest}`],
    ...["--config-file", join(folder, "opa.yaml"), join(folder, "bundle")],
  ]);
}

/** Envoy's way to the checks, led to another port. */
function askAt(port: number, yaml: string): string {
  const way = /(- name: portcullis\n[\s\S]*?port_value: )\d+/;
  return yaml
    .replace(way, `$1${port}`)
    .replace("timeout: 0.5s", "timeout: 30s");
}

/** What docs/migrating-from-opa.md has for portcullis.yaml, in its order. */
const [shadow = "", , native = ""] = [
  ...readFileSync("docs/migrating-from-opa.md", "utf8").matchAll(
    /```yaml portcullis\n([\s\S]*?)```/g,
  ),
].map(([, text = ""]) => text);

async function isThere(port: number): Promise<boolean> {
  try {
    return (
      (await fetchAnswer(`http://127.0.0.1:${port}/health`)).status === 200
    );
  } catch {
    return false;
  }
}

async function statusesOf({ url }: Stack): Promise<readonly number[]> {
  const statuses: number[] = [];
  for (const path of ["/open", "/bug", "/shut"]) {
    statuses.push((await fetchAnswer(`${url}${path}`)).status);
  }
  return statuses;
}

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
      return statusesOf(stack);
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

    test("1: OPA's answers count, and ours decides its log again", async () => {
      const [port, rest] = [await freePort(), await freePort()];
      const folder = treeOf(pluginFiles(port));
      const plugin = startPlugin(folder, rest);
      try {
        await waitFor("the plugin", () => isThere(rest));
        stack = await startStack({
          example: "grpc",
          editEnvoy: (yaml) => askAt(port, yaml),
        });
        expect(await statusesOf(stack)).toEqual([200, 403, 403]);
      } finally {
        await plugin.stop();
      }
      mkdirSync(join(folder, "logs"));
      writeFileSync(join(folder, "logs/console.log"), plugin.output());
      const run = (line: string) => runOwn(line.split(" "), { cwd: folder });
      expect(
        run("migrate check bundle --config opa.yaml --write portcullis"),
      ).toMatchObject({ status: 0 });
      const replay =
        "replay --decisions logs --bundle portcullis --format json";
      const same = run(replay);
      expect(JSON.parse(same.stdout)).toMatchObject({
        counts: { events: 3, same: 3 },
      });
      expect(same.status).toBe(0);
      const data = join(folder, "portcullis/policies/data.json");
      writeFileSync(data, '{"open": ["/open", "/bug"]}');
      expect(run(replay).status).toBe(2);
    }, 60_000);

    test("2: the reference's answers count", async () => {
      expect(await ask(shadow)).toEqual([200, 403, 403]);
      await expectDifference();
    }, 60_000);

    test("3: ours count, the reference is compared with", async () => {
      const patient = native.replace("enforce", "timeoutMs: 1\n  enforce");
      expect(await ask(patient)).toEqual([200, 200, 403]);
      await expectDifference();
    }, 60_000);

    test("4: ours count, nothing is compared", async () => {
      expect(await ask("")).toEqual([200, 200, 403]);
      const { status } = await fetchAnswer(`${stack.adminUrl}/compare`);
      expect(status).toBe(404);
    }, 60_000);

    test("5: ours count when the reference is gone", async () => {
      await reference.close();
      expect(await ask("")).toEqual([200, 200, 403]);
    }, 60_000);
  },
);
