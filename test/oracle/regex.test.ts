import { spawnSync } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { compile, loadPolicy } from "../../src/engine/index.ts";
import { canonicalJson, parseExactJson } from "../support/exact-json.ts";
import { opaBinary } from "../support/opa-binary.ts";
import { createRandom } from "../support/random.ts";
import { generatePatternCase, type PatternCase } from "./generate-pattern.ts";

const opa = opaBinary();
const seed = Number(process.env["ORACLE_SEED"] ?? 20_261_125);
const count = Number(process.env["ORACLE_PATTERNS"] ?? 6_000);
// Patterns that stand in the policy, and so are compiled with it.
const constantCount = 300;

const head = "package patterns\n";

/** The calls of one case, undefined where they fail; `name` gives an operand's text. */
function calls(name: (field: keyof PatternCase) => string): string {
  const pattern = name("pattern");
  const text = name("text");
  return `{
    "valid": regex.is_valid(${pattern}),
    "match": [x | x := regex.match(${pattern}, ${text})],
    "find": [x | x := regex.find_n(${pattern}, ${text}, -1)],
    "groups": [x | x := regex.find_all_string_submatch_n(${pattern}, ${text}, -1)],
    "split": [x | x := regex.split(${pattern}, ${text})],
    "replace": [x | x := regex.replace(${text}, ${pattern}, ${name("replacement")})],
    "glob": [x | x := glob.match(${name("glob")}, ${name("delimiters")}, ${text})],
    "globs": [x | x := regex.globs_match(${name("left")}, ${name("right")})],
  }`;
}

function theirAnswers(module: string, input: string): string {
  const folder = mkdtempSync(join(tmpdir(), "portcullis-patterns-"));
  writeFileSync(join(folder, "patterns.rego"), module);
  writeFileSync(join(folder, "input.json"), input);
  const { stdout, stderr } = spawnSync(
    opa ?? "",
    [
      ...["eval", "--format", "raw", "--data", join(folder, "patterns.rego")],
      ...["--input", join(folder, "input.json"), "data.patterns.answers"],
    ],
    { encoding: "utf8", maxBuffer: 1 << 28 },
  );
  expect(stderr).toBe("");
  return stdout;
}

async function ourAnswers(module: string, input: string): Promise<string> {
  const compiled = compile({
    modules: { "patterns.rego": module },
    entrypoints: ["patterns/answers"],
  });
  if ("errors" in compiled) {
    throw compiled.errors[0];
  }
  const policy = await loadPolicy(compiled.policy.wasm);
  const decision = policy.start(new TextEncoder().encode(input));
  return decision.evaluateJson("patterns/answers") ?? "undefined";
}

async function differences(
  module: string,
  cases: readonly PatternCase[],
): Promise<string[]> {
  const input = JSON.stringify(cases);
  const theirs = parseExactJson(theirAnswers(module, input)) as [];
  const ours = parseExactJson(await ourAnswers(module, input)) as [];
  expect(theirs).toHaveLength(cases.length);
  return cases.flatMap((one, index) => {
    const want = canonicalJson(theirs[index] ?? null);
    const got = canonicalJson(ours[index] ?? null);
    return want === got
      ? []
      : [`${JSON.stringify(one)}\n  OPA  ${want}\n  ours ${got}`];
  });
}

describe.skipIf(opa === undefined)(`generated patterns, seed ${seed}`, () => {
  const random = createRandom(seed);
  const cases = Array.from({ length: count }, () =>
    generatePatternCase(random),
  );

  test("that come with the input answer as under OPA", async () => {
    const answer = calls((field) => `one.${field}`);
    const module = `${head}answers := [answer | some one in input; answer := ${answer}]\n`;
    expect(await differences(module, cases)).toEqual([]);
  });

  test("that stand in the policy answer as under OPA", async () => {
    const some = cases.slice(0, constantCount);
    const rules = some.map((one, index) => {
      const answer = calls((field) =>
        field === "text" ? `input[${index}].text` : JSON.stringify(one[field]),
      );
      return `r${index} := ${answer}\n`;
    });
    const names = some.map((_, index) => `r${index}`);
    const module = `${head}${rules.join("")}answers := [${names.join(", ")}]\n`;
    expect(await differences(module, some)).toEqual([]);
  });
});
