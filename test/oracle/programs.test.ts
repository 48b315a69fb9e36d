import { spawnSync } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { compile, loadPolicy, PolicyError } from "../../src/engine/index.ts";
import { canonicalJson, parseExactJson } from "../support/exact-json.ts";
import { opaBinary } from "../support/opa-binary.ts";
import { type OpaServer, startOpaServer } from "../support/opa-server.ts";
import { createRandom } from "../support/random.ts";
import {
  type GeneratedProgram,
  generatedInputs,
  generateProgram,
} from "./generate-program.ts";

const opa = opaBinary();
const seed = Number(process.env["ORACLE_SEED"] ?? 20_261_124);
const count = Number(process.env["ORACLE_PROGRAMS"] ?? 400);

describe.skipIf(opa === undefined)(`generated programs, seed ${seed}`, () => {
  const random = createRandom(seed);
  const all = Array.from({ length: count }, (_, index) =>
    generateProgram(random, index),
  );
  const rejected = opa === undefined ? new Set<string>() : rejectedByOpa(all);
  const programs = all.filter(({ package: name }) => !rejected.has(name));
  let server: OpaServer;
  beforeAll(async () => {
    server = await startOpaServer(
      Object.fromEntries(
        programs.map(({ package: name, text }) => [`${name}.rego`, text]),
      ),
    );
  }, 60_000);
  afterAll(async () => {
    await server?.close();
  });

  test("most programs compile under OPA", () => {
    expect(programs.length).toBeGreaterThan(count / 3);
  });

  test.each(programs)("$package answers as under OPA", async (program) => {
    const differences: string[] = [];
    for (const input of generatedInputs) {
      const theirs = await theirAnswer(server, program, input);
      const ours = await ourAnswer(program, input);
      if (ours !== theirs) {
        differences.push(`input ${input}\n  OPA  ${theirs}\n  ours ${ours}`);
      }
    }
    expect(differences, program.text).toEqual([]);
  });
});

/** Names of the packages that OPA does not compile. */
function rejectedByOpa(programs: readonly GeneratedProgram[]): Set<string> {
  const folder = mkdtempSync(join(tmpdir(), "portcullis-oracle-"));
  for (const { package: name, text } of programs) {
    writeFileSync(join(folder, `${name}.rego`), text);
  }
  const rejected = new Set<string>();
  // The compiler stops after the first stage with errors, so ask again
  // without the files it named.
  for (let round = 0; round < 20; round += 1) {
    const files = programs
      .map(({ package: name }) => name)
      .filter((name) => !rejected.has(name))
      .map((name) => join(folder, `${name}.rego`));
    const { stdout, stderr } = spawnSync(
      opa ?? "",
      ["check", "--format", "json", "--max-errors", "100000", ...files],
      { encoding: "utf8", maxBuffer: 1 << 28 },
    );
    const found = [...`${stdout}${stderr}`.matchAll(/\/(p\d+)\.rego/g)];
    if (found.length === 0) {
      return rejected;
    }
    for (const [, name = ""] of found) {
      rejected.add(name);
    }
  }
  return rejected;
}

async function theirAnswer(
  server: OpaServer,
  { package: name }: GeneratedProgram,
  input: string,
): Promise<string> {
  const answer = await server.evaluate(name, input);
  if (answer.kind === "value") {
    return canonicalJson(parseExactJson(answer.json));
  }
  return answer.kind === "error" ? "error" : "undefined";
}

async function ourAnswer(
  { package: name, text }: GeneratedProgram,
  input: string,
): Promise<string> {
  const compiled = compile({
    modules: { [`${name}.rego`]: text },
    entrypoints: [name],
  });
  if ("errors" in compiled) {
    return `compile: ${compiled.errors[0]?.message}`;
  }
  const policy = await loadPolicy(compiled.policy.wasm, {
    data: {},
    limits: { deadlineMs: 5_000 },
  });
  try {
    const decision = policy.start(new TextEncoder().encode(input));
    const json = decision.evaluateJson(name);
    return json === undefined
      ? "undefined"
      : canonicalJson(parseExactJson(json));
  } catch (error) {
    const { code, message } = PolicyError.from(error);
    return code.startsWith("eval_") ? "error" : message;
  }
}
