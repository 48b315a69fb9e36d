import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  archiveOf,
  guardTexts,
  secret,
  type Texts,
} from "../support/bundles.ts";
import { commandLine, runOwn } from "../support/command-line.ts";
import { fetchAnswer } from "../support/http-client.ts";
import { opaBinary } from "../support/opa-binary.ts";
import {
  freePort,
  type Program,
  startProgram,
  waitFor,
} from "../support/process.ts";
import {
  createRealRegistry,
  type RealRegistry,
  registryUser,
} from "../support/real-registry.ts";
import { registryBinary } from "../support/registry-binary.ts";

const folder = mkdtempSync(join(tmpdir(), "portcullis-supply-"));

describe.skipIf(registryBinary() === undefined)(
  "P15: a real registry over TLS",
  () => {
    let registry: RealRegistry;
    let server: Program | undefined;
    let http: number;
    let admin: number;

    beforeAll(async () => {
      registry = await createRealRegistry();
      await registry.start();
      [http, admin] = await Promise.all([freePort(), freePort()]);
    });
    afterAll(async () => {
      await server?.stop();
      await registry.stop();
    });

    const target = () => `oci://${registry.host}/team/guards:1`;
    const access = () => [
      "--ca-file",
      registry.ca,
      "--docker-config",
      registry.dockerConfig,
    ];
    const signing = ["--signing-key", secret, "--signing-alg", "HS256"];
    const verification = [
      "--verification-key",
      secret,
      "--signing-alg",
      "HS256",
    ];

    /** Pushes a bundle whose guard denies for this reason; gives the digest. */
    const push = async (
      why: string,
      flags: readonly string[] = signing,
    ): Promise<string> => {
      const file = join(folder, "bundle.tar.gz");
      const digest = join(folder, "digest");
      writeFileSync(file, await archiveOf(guardTexts(why)));
      const ran = runOwn([
        "push",
        file,
        target(),
        "--digest-file",
        digest,
        ...access(),
        ...flags,
      ]);
      expect(ran).toMatchObject({
        status: 0,
        stderr:
          flags === signing ? "" : expect.stringContaining("is not signed"),
      });
      const found = readFileSync(digest, "utf8");
      expect(ran.stdout).toBe(`${target()}@${found}\n`);
      return found;
    };

    const serve = async (bundle: readonly string[]): Promise<void> => {
      await server?.stop();
      const config = join(folder, "portcullis.yaml");
      writeFileSync(
        config,
        [
          "bundle:",
          ...bundle.map((line) => `  ${line}`),
          "  polling: { minMs: 50, maxMs: 100 }",
          'grpc: { listen: "off" }',
          `http: { listen: "127.0.0.1:${http}" }`,
          `admin: { listen: "127.0.0.1:${admin}" }`,
          'decisionLog: { file: "off" }',
        ].join("\n"),
      );
      server = startProgram(process.execPath, [
        commandLine,
        "serve",
        "--config",
        config,
      ]);
      await waitFor("the server", async () => {
        const answer = fetchAnswer(`http://127.0.0.1:${admin}/readyz`);
        return (await answer.catch(() => undefined))?.status === 200;
      });
    };
    const fromRegistry = (): readonly string[] => [
      `source: ${target()}`,
      `signature: { keys: { default: { key: ${secret}, algorithm: HS256 } } }`,
      `remote: { ca: ${registry.ca}, dockerConfig: ${registry.dockerConfig} }`,
      `cache: ${join(folder, "cache")}`,
    ];

    const reason = async (): Promise<unknown> =>
      (await fetchAnswer(`http://127.0.0.1:${http}/`)).headers[
        "x-portcullis-denial-reason"
      ];
    const failure = async (): Promise<string> =>
      (await fetchAnswer(`http://127.0.0.1:${admin}/readyz`)).body;

    test("push and pull, by tag and by digest; a wrong key, digest and CA are refused", async () => {
      const digest = await push("one");
      const output = join(folder, "pulled.tar.gz");
      const pull = (at: string, flags = [...access(), ...verification]) =>
        runOwn(["pull", at, "-o", output, ...flags]);
      for (const at of [target(), `${target()}@${digest}`]) {
        writeFileSync(output, "");
        expect(pull(at)).toMatchObject({
          status: 0,
          stdout: `${target()}@${digest}\n`,
        });
        expect(readFileSync(output)).toEqual(
          Buffer.from(await archiveOf(guardTexts("one"))),
        );
      }
      const other = ["--verification-key", "another", "--signing-alg", "HS256"];
      expect(pull(target(), [...access(), ...other]).stderr).toContain(
        "the signature is not the key's",
      );
      const wrong = `${target()}@sha256:${"0".repeat(64)}`;
      expect(pull(wrong)).toMatchObject({
        status: 1,
        stderr: expect.stringContaining("404"),
      });
      const untrusted = pull(target(), [
        "--docker-config",
        registry.dockerConfig,
        ...verification,
      ]);
      expect(untrusted.stderr).toMatch(/certificate/);
      const anonymous = pull(target(), [
        "--ca-file",
        registry.ca,
        "--docker-config",
        "/dev/null",
        ...verification,
      ]);
      expect(anonymous.status).toBe(1);
    });

    test("serve follows a tag, passes over what is not signed, and survives the registry", async () => {
      await push("one");
      await serve(fromRegistry());
      expect(await reason()).toBe("one");
      await push("two");
      await waitFor("the second", async () => (await reason()) === "two");
      await push("three", []);
      await waitFor("the refusal", async () =>
        (await failure()).includes("bundle missing .signatures.json file"),
      );
      expect(await reason()).toBe("two");
      await registry.stop();
      await waitFor("the fault", async () =>
        (await failure()).includes("ECONNREFUSED"),
      );
      expect(await reason()).toBe("two");
      await serve(fromRegistry());
      expect(await reason()).toBe("two");
      expect(server?.output()).toMatch(
        /ECONNREFUSED.*; the copy kept at .* is used/,
      );
      await registry.start();
      await push("four");
      await waitFor("the fourth", async () => (await reason()) === "four");
      await waitFor(
        "no fault",
        async () => !(await failure()).includes("ECONNREFUSED"),
      );
    });

    test("a real HTTPS server: its blobs are bundles, and have an ETag", async () => {
      const signed: Texts = guardTexts("five");
      const file = join(folder, "signed.tar.gz");
      writeFileSync(file, await archiveOf(signed, { keyid: "default" }));
      runOwn(["push", file, target(), ...access()]);
      const { body } = await fetchManifest();
      const [layer] = (JSON.parse(body) as { layers: { digest: string }[] })
        .layers;
      await serve([
        `source: https://${registry.host}/v2/team/guards/blobs/${layer?.digest}`,
        `signature: { keys: { default: { key: ${secret}, algorithm: HS256 } } }`,
        `remote: { ca: ${registry.ca}, username: ${registryUser}, passwordFile: ${registry.passwordFile} }`,
      ]);
      expect(await reason()).toBe("five");
    });

    const fetchManifest = () =>
      fetchAnswer(`https://${registry.host}/v2/team/guards/manifests/1`, {
        ca: readFileSync(registry.ca),
        auth: `${registryUser}:${readFileSync(registry.passwordFile, "utf8")}`,
        headers: { accept: "application/vnd.oci.image.manifest.v1+json" },
      });

    test.skipIf(opaBinary() === undefined)(
      "genuine OPA fetches what was pushed",
      async () => {
        await push("six");
        const port = await freePort();
        const config = join(folder, "opa.yaml");
        writeFileSync(
          config,
          JSON.stringify({
            services: {
              r: {
                url: `https://${registry.host}`,
                type: "oci",
                tls: { ca_cert: registry.ca },
                credentials: {
                  // OPA encodes it for a registry.
                  bearer: {
                    scheme: "Basic",
                    token: `${registryUser}:${readFileSync(registry.passwordFile, "utf8")}`,
                  },
                },
              },
            },
            bundles: {
              b: { service: "r", resource: target().replace("oci://", "") },
            },
          }),
        );
        const opa = startProgram(opaBinary() ?? "", [
          "run",
          "-s",
          "-a",
          `127.0.0.1:${port}`,
          "-c",
          config,
        ]);
        const ask = async () =>
          fetchAnswer(`http://127.0.0.1:${port}/v1/data/guards/one/verdict`)
            .then(({ body }) => body)
            .catch(() => "");
        try {
          await waitFor("OPA", async () => (await ask()).includes("six"));
        } finally {
          await opa.stop();
        }
        expect(opa.output()).toContain(
          "Bundle loaded and activated successfully",
        );
      },
    );
  },
);
