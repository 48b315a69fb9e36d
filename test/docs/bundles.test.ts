import { generateKeyPairSync } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { runOwn, treeOf } from "../support/command-line.ts";

const commands = readFileSync("docs/bundles.md", "utf8")
  .split("\n")
  .filter((line) => line.startsWith("    portcullis "))
  .map((line) => line.trim().split(" ").slice(1));

const policy = "package authz\n\nallow := true\n";

test("the documented commands build and sign bundles, and find what was changed", () => {
  const tree = treeOf({
    "policies/authz.rego": policy,
    "authz/a.rego": policy,
    "authz/.manifest": '{"roots": ["authz"]}',
    "people/people/data.json": '{"ada": {}}',
    "people/.manifest": '{"roots": ["people"]}',
  });
  const { publicKey, privateKey } = generateKeyPairSync("rsa", {
    modulusLength: 2048,
  });
  const format = "pem";
  writeFileSync(
    join(tree, "private.pem"),
    privateKey.export({ type: "pkcs8", format }),
  );
  writeFileSync(
    join(tree, "public.pem"),
    publicKey.export({ type: "spki", format }),
  );
  const run = (args: readonly string[]) => {
    const { status, stderr } = runOwn(args, { cwd: tree });
    return { status, stderr };
  };
  const names = ["build", "build", "build", "build", "sign", "verify"];
  expect(commands.map(([name]) => name)).toEqual(names);
  for (const command of commands) {
    expect(run(command)).toEqual({ status: 0, stderr: "" });
  }
  writeFileSync(join(tree, "authz/a.rego"), "package authz\n");
  const found = run(commands.at(-1) ?? []);
  expect(found.status).toBe(2);
  expect(found.stderr).toMatch(/^bundle authz: authz\/a.rego: digest mismatch/);
});
