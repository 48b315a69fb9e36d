import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { applyDelta, toSourceFiles } from "../../src/bundle/index.ts";
import { parseConfig } from "../../src/server/index.ts";
import { commands } from "../../tools/cli/commands.ts";

const text = readFileSync("docs/revisions.md", "utf8");

const settings = [...text.matchAll(/```yaml\n([\s\S]*?)```/g)].map(
  ([, block = ""]) => block,
);

test("the documented settings are valid", () => {
  expect(settings.map((block) => block.split(":")[0])).toEqual([
    "activation",
    "activation",
    "bundle",
    "bundles",
    "status",
  ]);
  for (const block of settings) {
    expect(() => parseConfig(block, "portcullis.yaml")).not.toThrow();
  }
});

test("the defaults are as documented", () => {
  const { activation, bundle } = parseConfig("", "portcullis.yaml");
  expect(activation).toMatchObject({
    selfTest: true,
    warmUp: 10,
    canary: { files: [], onChange: "report" },
    rollback: { failures: 5, windowMs: 60_000, probationMs: 600_000 },
    history: 2,
  });
  expect(bundle.onStale).toBe("warn");
});

test("the documented delta can be applied", () => {
  const patch = [...text.matchAll(/```json\n([\s\S]*?)```/g)]
    .map(([, block = ""]) => block)
    .find((block) => block.includes('"op"'));
  const source = (files: Record<string, string>) =>
    toSourceFiles(new Map(Object.entries(files)));
  const people = { ada: { tools: ["echo"] }, bob: {} };
  const snapshot = source({
    "policies/access/data.json": JSON.stringify({ agents: people }),
  });
  const delta = source({ "patch.json": patch ?? "" });
  expect(applyDelta(snapshot, delta).data).toEqual({
    access: {
      agents: { ada: { tools: ["search"] }, ci: { tools: ["echo"] } },
    },
  });
});

test("the documented commands have these flags", async () => {
  const lines = [...text.matchAll(/^ {4}portcullis (.*)$/gm)];
  expect(lines).toHaveLength(4);
  for (const [, line = ""] of lines) {
    const [name, ...rest] = line.split(" ");
    const command = await commands.find((one) => one.name === name)?.load();
    const flags = rest.filter((word) => word.startsWith("--"));
    expect(Object.keys(command?.flags ?? {})).toEqual(
      expect.arrayContaining(flags.map((flag) => flag.slice(2))),
    );
  }
});
