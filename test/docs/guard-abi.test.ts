import { generateKeyPairSync } from "node:crypto";
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";
import { createRevisionStore, loadRevision } from "../../src/bundle/index.ts";
import { readSource } from "../../src/bundle/read-source.ts";
import { loadForeignGuard } from "../../src/engine/index.ts";
import { createMemoryStore } from "../../src/server/budget/memory-store.ts";
import { createModes } from "../../src/server/pipeline/modes.ts";
import { createPipeline } from "../../src/server/pipeline/pipeline.ts";
import { runOwn, treeOf } from "../support/command-line.ts";

const page = readFileSync("docs/guard-abi.md", "utf8");

/** The commands of the page, which begin with four blanks. */
const commands = page
  .split("\n")
  .filter((line) => line.startsWith("    portcullis "))
  .map((line) => line.trim().split(/ +/).slice(1));

const tooLarge = {
  attributes: { request: { http: { headers: { "content-length": "5000" } } } },
};

test("the documented commands pack, look at and run the example in C", async () => {
  const tree = treeOf({ "input.json": JSON.stringify(tooLarge) });
  const example = "examples/guards/c";
  mkdirSync(join(tree, example), { recursive: true });
  copyFileSync(
    resolve(example, "guard.wasm"),
    join(tree, example, "guard.wasm"),
  );
  const { privateKey } = generateKeyPairSync("ed25519");
  writeFileSync(
    join(tree, "private.pem"),
    privateKey.export({ type: "pkcs8", format: "pem" }),
  );
  const [packed, looked, ran] = commands.map((args) =>
    runOwn(args, { cwd: tree }),
  );
  expect(packed).toEqual({ status: 0, stdout: "", stderr: "" });
  expect(looked).toMatchObject({ status: 0, stderr: "" });
  expect(looked?.stdout).toContain("abi       raw\n");
  expect(looked?.stdout).toContain("loads     digest and signature hold\n");
  expect(ran).toMatchObject({ status: 0, stderr: "" });
  expect(JSON.parse(ran?.stdout ?? "")).toMatchObject({
    verdict: { allowed: false, code: "too_large", http_status: 413 },
    fuel: expect.any(Number),
    log: [{ level: 1, text: "too large" }],
  });

  // What was packed is a guard of a source, in a folder and in an archive.
  writeFileSync(
    join(tree, "guards/pipeline.yaml"),
    "pipeline:\n  - guard: size_limit\n    limits: { deadlineMs: 5000 }\n",
  );
  const built = runOwn(["build", ".", "-o", "bundle.tar.gz"], { cwd: tree });
  expect(built).toMatchObject({ status: 0, stderr: "" });
  for (const source of [tree, join(tree, "bundle.tar.gz")]) {
    expect(await outcomeOf(source)).toMatchObject({
      verdict: "deny",
      guard: "size_limit",
      code: "too_large",
      httpStatus: 413,
    });
  }
});

async function outcomeOf(path: string) {
  const revisions = createRevisionStore();
  revisions.swap(await loadRevision(await readSource(path)));
  const pipeline = createPipeline({
    revisions,
    budget: createMemoryStore({ maxKeys: 10, retryWindowMs: 1_000 }),
    modes: createModes({}),
  });
  const input = new TextEncoder().encode(JSON.stringify(tooLarge));
  return pipeline.run({ input, decisionId: "d", requestId: "" });
}

const at = (hour: number) => () => BigInt(hour) * 3_600_000_000_000n;

test.each([
  {
    note: "AssemblyScript, within the hours",
    language: "assemblyscript",
    config: { from: "9", to: "17" },
    clock: at(16),
    input: {},
    want: true,
  },
  {
    note: "AssemblyScript, outside the hours",
    language: "assemblyscript",
    config: { from: "9", to: "17" },
    clock: at(17),
    input: {},
    want: {
      allowed: false,
      code: "closed",
      reason: "open from 9 to 17 o'clock, and it is 17",
    },
  },
  {
    note: "Rust, a tool that is named",
    language: "rust",
    config: { tools: "read,search" },
    clock: at(1),
    input: { mcp: { tool: "search" } },
    want: true,
  },
  {
    note: "Rust, another tool",
    language: "rust",
    config: { tools: "read,search" },
    clock: at(1),
    input: { mcp: { tool: "delete" } },
    want: {
      allowed: false,
      code: "tool_denied",
      reason: "the tool delete is not allowed",
      evidence: { asked_at: 3600 },
    },
  },
  {
    note: "Rust, no tool at all",
    language: "rust",
    config: {},
    clock: at(1),
    input: {},
    want: true,
  },
  {
    note: "C, a small body",
    language: "c",
    config: {},
    clock: at(1),
    input: {
      attributes: { request: { http: { headers: { "content-length": "9" } } } },
    },
    want: true,
  },
])("the example in $note", async ({ clock, config, input, language, want }) => {
  const bytes = readFileSync(`examples/guards/${language}/guard.wasm`);
  const guard = await loadForeignGuard(bytes, {
    abi: "raw",
    imports: ["log", "config", "now"],
    config,
    surroundings: { clock },
    memoryPages: 16,
    tableElements: 100,
    depth: 50,
  });
  const bytesOf = new TextEncoder().encode(JSON.stringify(input));
  const limits = { fuel: 1_000_000, deadlineMs: 60_000 };
  const first = guard.evaluate(bytesOf, limits);
  expect(first).toMatchObject({ value: want });
  expect(guard.evaluate(bytesOf, limits)).toEqual(first);
});
