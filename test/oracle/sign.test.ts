import { generateKeyPairSync, type KeyObject } from "node:crypto";
import {
  copyFileSync,
  mkdtempSync,
  readFileSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { opaProgram } from "../support/both-tools.ts";
import { commandLine, runProgram, treeOf } from "../support/command-line.ts";

const keys = mkdtempSync(join(tmpdir(), "portcullis-keys-"));

function writePair(
  name: string,
  { publicKey, privateKey }: { publicKey: KeyObject; privateKey: KeyObject },
): void {
  const format = "pem";
  writeFileSync(
    join(keys, `${name}.pub`),
    publicKey.export({ type: "spki", format }),
  );
  writeFileSync(
    join(keys, `${name}.key`),
    privateKey.export({ type: "pkcs8", format }),
  );
}

for (const name of ["rsa", "other"]) {
  writePair(name, generateKeyPairSync("rsa", { modulusLength: 2048 }));
}
for (const [name, namedCurve] of [
  ["ec256", "P-256"],
  ["ec384", "P-384"],
  ["ec512", "P-521"],
] as const) {
  writePair(name, generateKeyPairSync("ec", { namedCurve }));
}
for (const half of ["pub", "key"]) {
  writeFileSync(
    join(keys, `secret.${half}`),
    "a very long secret of many bytes",
  );
}

type Result = { readonly status: number | null; readonly text: string };

function run(
  [command = "", ...first]: readonly string[],
  args: readonly string[],
  cwd: string,
): Result {
  const { status, stdout, stderr } = runProgram(command, [...first, ...args], {
    cwd,
  });
  return { status, text: stdout + stderr };
}

const opa = [opaProgram ?? ""];
const ours = [process.execPath, commandLine];

const files = {
  "b/.manifest": '{"revision": "r1", "roots": ["a", "é<&>"]}',
  "b/a/p.rego": "package a\n\nallow if data.a.n == 1\n",
  "b/a/data.json":
    '{"n": 1.0, "big": 12345678901234567890, "e": 1e3, "t": "<é\\u2028\\"/>", "z": null, "l": [true, {"y": 1, "x": 2}]}',
  "b/a/y/data.yaml": "k: [1, 2]\nt: true\n",
  "b/a/readme.txt": "not data\n",
};

const algorithms = ["256", "384", "512"].flatMap((bits) => [
  { algorithm: `HS${bits}`, key: "secret" },
  { algorithm: `RS${bits}`, key: "rsa" },
  { algorithm: `PS${bits}`, key: "rsa" },
  { algorithm: `ES${bits}`, key: `ec${bits}` },
]);

function signArgs(algorithm: string, key: string): string[] {
  const file = join(keys, `${key}.key`);
  return ["sign", "-b", "b", "--signing-alg", algorithm, "--signing-key", file];
}

function keyArgs(algorithm: string, key: string): string[] {
  const file = join(keys, `${key}.pub`);
  return ["--signing-alg", algorithm, "--verification-key", file];
}

/** OPA verifies what it builds from. */
function opaVerify(cwd: string, args: readonly string[]): Result {
  return run(opa, ["build", "-b", "b", "-o", "out.tar.gz", ...args], cwd);
}

function signIn(
  cwd: string,
  program: readonly string[],
  args: readonly string[],
) {
  expect(run(program, args, cwd)).toMatchObject({ status: 0 });
  copyFileSync(join(cwd, ".signatures.json"), join(cwd, "b/.signatures.json"));
  return readFileSync(join(cwd, ".signatures.json"), "utf8");
}

describe.skipIf(opaProgram === undefined)("sign and verify, beside OPA", () => {
  test.each(algorithms)(
    "$algorithm: OPA takes ours, ours takes OPA's",
    ({ algorithm, key }) => {
      const cwd = treeOf(files);
      const verify = keyArgs(algorithm, key);
      const byOpa = signIn(cwd, opa, signArgs(algorithm, key));
      expect(run(ours, ["verify", "-b", "b", ...verify], cwd)).toEqual({
        status: 0,
        text: "",
      });
      const byUs = signIn(cwd, ours, signArgs(algorithm, key));
      expect(opaVerify(cwd, verify)).toEqual({ status: 0, text: "" });
      if (/^[HR]S/.test(algorithm)) {
        expect(byUs).toBe(byOpa);
      }
    },
  );

  test("claims: the scope is part of what is signed", () => {
    const cwd = treeOf({
      ...files,
      "claims.json": '{"scope": "write", "a": [1]}',
    });
    const args = [...signArgs("RS256", "rsa"), "--claims-file", "claims.json"];
    expect(signIn(cwd, ours, args)).toBe(signIn(cwd, opa, args));
    const verify = keyArgs("RS256", "rsa");
    for (const scope of ["write", "read"]) {
      const scoped = [...verify, "--scope", scope];
      const good = scope === "write";
      expect(opaVerify(cwd, scoped).status).toBe(good ? 0 : 1);
      const found = run(ours, ["verify", "-b", "b", ...scoped], cwd);
      expect(found).toEqual({
        status: good ? 0 : 2,
        text: good ? "" : "bundle b: scope mismatch\n",
      });
    }
  });

  test.each([
    {
      note: "a file that was changed",
      change: { "b/a/readme.txt": "data\n" },
    },
    {
      note: "a policy that was changed",
      change: { "b/a/p.rego": "package a\n" },
    },
    {
      note: "data with another value",
      change: { "b/a/y/data.yaml": "k: 2\n" },
    },
    { note: "a file that was added", change: { "b/a/q.rego": "package a\n" } },
    {
      note: "data in another layout",
      change: { "b/a/y/data.yaml": '{"t":true,"k":[1,2]}' },
    },
    {
      note: "no token",
      change: { "b/.signatures.json": '{"signatures": []}' },
    },
    {
      note: "two tokens",
      change: { "b/.signatures.json": '{"signatures": ["a", "b"]}' },
    },
  ])("$note: the same answer", ({ change }) => {
    const cwd = treeOf(files);
    signIn(cwd, opa, signArgs("HS256", "secret"));
    for (const [name, text] of Object.entries(change)) {
      writeFileSync(join(cwd, name), text);
    }
    const verify = keyArgs("HS256", "secret");
    const theirs = opaVerify(cwd, verify);
    const found = run(ours, ["verify", "-b", "b", ...verify], cwd);
    expect(found.text).toBe(theirs.text.replace("error: load error: ", ""));
    expect(found.status).toBe(theirs.status === 0 ? 0 : 2);
  });

  test.each([
    { note: "another key", verify: keyArgs("RS256", "other") },
    { note: "another algorithm", verify: keyArgs("PS256", "rsa") },
    { note: "the public key as a secret", verify: keyArgs("HS256", "rsa") },
  ])("$note: neither takes it", ({ verify }) => {
    const cwd = treeOf(files);
    signIn(cwd, opa, signArgs("RS256", "rsa"));
    expect(opaVerify(cwd, verify).status).toBe(1);
    const found = run(ours, ["verify", "-b", "b", ...verify], cwd);
    expect(found.status).toBe(2);
    expect(found.text).toContain("bundle b: failed to verify JWT signature");
  });

  test("unsigned: neither takes it", () => {
    const cwd = treeOf(files);
    const verify = keyArgs("RS256", "rsa");
    const found = run(ours, ["verify", "-b", "b", ...verify], cwd);
    const text = "bundle b: bundle missing .signatures.json file\n";
    expect(found).toEqual({ status: 2, text });
    expect(opaVerify(cwd, verify).text).toBe(`error: load error: ${text}`);
  });
});
