import { describe, expect, test } from "vitest";
import { capabilities } from "../../src/engine/builtins/capabilities.ts";
import { opaBinary } from "../support/opa-binary.ts";
import { createRandom } from "../support/random.ts";
import {
  generateOperands,
  ourAnswers,
  runsInModule,
  theirAnswers,
} from "./builtin-calls.ts";

const opa = opaBinary();
const seed = Number(process.env["ORACLE_SEED"] ?? 20_261_125);
const count = Number(process.env["ORACLE_CALLS"] ?? 500);
const only = process.env["ORACLE_BUILTIN"];

// No policy can call these with operands of its own.
const notCalled =
  /^(assign|eq|print|internal\.(print|test_case|template_string)|rego\.metadata\..*)$/;

const builtins = capabilities.builtins.filter(
  (builtin) =>
    !notCalled.test(builtin.name) &&
    runsInModule(builtin) &&
    (only === undefined || new RegExp(only).test(builtin.name)),
);

describe.skipIf(opa === undefined)(`calls of builtins, seed ${seed}`, () => {
  test.each(builtins)("$name answers as under OPA", async (builtin) => {
    const random = createRandom(seed + builtin.name.length);
    const calls = Array.from({ length: count }, () =>
      generateOperands(random, builtin),
    ).filter(firstOfTemplate(builtin.name));
    const theirs = theirAnswers(opa ?? "", builtin, calls);
    const ours = await ourAnswers(builtin, calls);
    const differences = calls.flatMap((operands, index) =>
      JSON.stringify(ours[index]) === JSON.stringify(theirs[index])
        ? []
        : [
            `${builtin.name}${operands}\n  OPA  ${JSON.stringify(theirs[index])}\n  ours ${JSON.stringify(ours[index])}`,
          ],
    );
    expect(differences.slice(0, 10).join("\n")).toBe("");
  });
});

/** OPA's cache of templates forgets what delimits them: of each only the first call is asked. */
function firstOfTemplate(name: string): (operands: string) => boolean {
  const seen = new Set<string>();
  return (operands) => {
    const template = /^\["(?:[^"\\]|\\.)*"/.exec(operands)?.[0] ?? operands;
    const isFirst = name !== "regex.template_match" || !seen.has(template);
    seen.add(template);
    return isFirst;
  };
}
