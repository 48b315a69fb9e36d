import { generateKeyPairSync } from "node:crypto";
import { cpSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { createBundleSource } from "../../src/bundle/index.ts";
import { parseConfig } from "../../src/server/index.ts";
import { createAuthority } from "../support/certificates.ts";
import { commandLine, treeOf } from "../support/command-line.ts";
import { startFakeRegistry } from "../support/fake-registry.ts";
import { startProgram, waitFor } from "../support/process.ts";

const text = readFileSync("docs/supply-chain.md", "utf8");
const examples = [...text.matchAll(/```yaml\n(.*?)```/gs)].map(
  ([, yaml = ""]) => yaml,
);
const commands = text
  .split("\n")
  .filter((line) => line.startsWith("    portcullis "))
  .map((line) => line.trim().split(" ").slice(1));

const { publicKey, privateKey } = generateKeyPairSync("rsa", {
  modulusLength: 2048,
});
const format = "pem";
const publicPem = String(publicKey.export({ type: "spki", format }));

const authority = await createAuthority("examples");
const client = await authority.issue([{ type: "dns", value: "client" }]);

/** The files that the examples name: keys, but for those of TLS. */
const fileNames = /[\w-]+\.pem|client\.key/g;
const folder = treeOf({
  ...Object.fromEntries(
    [...text.matchAll(fileNames)].map(([name]) => [name, publicPem]),
  ),
  "internal-ca.pem": authority.cert,
  "client.pem": client.cert,
  "client.key": client.key,
  "private.pem": String(privateKey.export({ type: "pkcs8", format })),
});

describe("the documented configurations", () => {
  test("are there", () => expect(examples.length).toBeGreaterThan(2));

  test.each(examples)("make a source: %s", (yaml) => {
    const placed = yaml.replace(fileNames, (name) => join(folder, name));
    const { bundle } = parseConfig(placed, "portcullis.yaml");
    expect(() => createBundleSource(bundle)).not.toThrow();
  });
});

test("the documented commands put a bundle into a registry and take it out", async () => {
  for (const name of ["guards", "policies"]) {
    cpSync(name, join(folder, name), { recursive: true });
  }
  const registry = await startFakeRegistry();
  const host = `127.0.0.1:${registry.port}`;
  const wanted = [["build"], ["push"], ["pull"]];
  expect(commands.map(([name]) => [name])).toEqual(wanted);
  for (const [name = "", ...args] of commands) {
    const placed = args.map((arg) => arg.replace("registry.example.com", host));
    const plain = name === "build" ? [] : ["--plain-http"];
    await runIn(folder, [name, ...placed, ...plain]);
  }
  await registry.close();
  const [pushed, pulled] = ["guards.tar.gz", "pulled.tar.gz"].map((name) =>
    readFileSync(join(folder, name)),
  );
  expect(pulled).toEqual(pushed);
  const digest = readFileSync(join(folder, "digest"), "utf8");
  expect(registry.content.has(digest)).toBe(true);
});

/** Runs our command line beside this process, whose registry must go on answering. */
async function runIn(cwd: string, args: readonly string[]): Promise<void> {
  const program = startProgram("sh", [
    "-c",
    'cd "$1"; shift; "$@"; echo "status $?"',
    "sh",
    cwd,
    process.execPath,
    commandLine,
    ...args,
  ]);
  await waitFor(args.join(" "), () => program.output().includes("status "));
  expect(program.output()).toMatch(/status 0\n$/);
}
