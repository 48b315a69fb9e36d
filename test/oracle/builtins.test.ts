import { describe, expect, test } from "vitest";
import { capabilities } from "../../src/engine/builtins/capabilities.ts";
import { opaBinary } from "../support/opa-binary.ts";
import { createRandom } from "../support/random.ts";
import { generateOperands, ourAnswers, theirAnswers } from "./builtin-calls.ts";

const opa = opaBinary();
const seed = Number(process.env["ORACLE_SEED"] ?? 20_261_125);
const count = Number(process.env["ORACLE_CALLS"] ?? 500);
const only = process.env["ORACLE_BUILTIN"];

// No policy can call these with operands of its own.
const notCalled =
  /^(assign|eq|print|internal\.(print|test_case|template_string)|rego\.metadata\..*)$/;

// What these answer is not of their operands alone.
const notPure =
  /^(http\.send|net\.lookup_ip_addr|opa\.runtime|rand\.intn|time\.now_ns|uuid\.rfc4122)$/;

const builtins = capabilities.builtins.filter(
  (builtin) =>
    !notCalled.test(builtin.name) &&
    !notPure.test(builtin.name) &&
    (only === undefined || new RegExp(only).test(builtin.name)),
);

/** Calls that we answer otherwise, and why. */
const different: readonly { name: string; operands: RegExp; why: string }[] = [
  {
    name: "io.jwt.encode_sign",
    operands: /"HS\d+".*"OKP"/,
    why: "OPA takes the bytes of an Ed25519 key for the secret of an HMAC",
  },
  {
    name: "json.verify_schema",
    operands: /"\$schema":"htt_p:|\)#\/defini/,
    why: "its text shows a reference that is no URL as Go's URLs show it",
  },
];

describe.skipIf(opa === undefined)(`calls of builtins, seed ${seed}`, () => {
  test.each(builtins)("$name answers as under OPA", async (builtin) => {
    const random = createRandom(seed + builtin.name.length);
    const calls = Array.from({ length: count }, () =>
      generateOperands(random, builtin),
    )
      .filter(firstOfTemplate(builtin.name))
      .filter(
        (operands) =>
          !different.some(
            (one) => one.name === builtin.name && one.operands.test(operands),
          ),
      );
    const theirs = theirAnswers(opa ?? "", builtin, calls);
    const ours = await ourAnswers(builtin, calls);
    const differences = calls.flatMap((operands, index) =>
      theirs[index] === undefined ||
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
