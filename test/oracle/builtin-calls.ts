import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hostBuiltins } from "../../src/builtins/index.ts";
import type { CapabilityBuiltin } from "../../src/engine/builtins/capabilities.ts";
import {
  type CompiledPolicy,
  compile,
  loadPolicy,
  PolicyError,
  RegoText,
} from "../../src/engine/index.ts";
import type { Random } from "../support/random.ts";
import { hasExamples, operandsLikeExamples } from "./call-examples.ts";
import { generateOperand } from "./generate-operand.ts";
import { vocabularyOf } from "./vocabulary/index.ts";

/** What a call gave: its value in Rego's syntax, or `undefined`, and its error. */
export type Answer = { readonly value: string; readonly error?: string };

/** The operands of one call, as the elements of a Rego array. */
export function generateOperands(
  random: Random,
  builtin: CapabilityBuiltin,
): string {
  if (hasExamples(builtin.name) && !random.chance(0.1)) {
    return operandsLikeExamples(random, builtin.name);
  }
  const { texts = [], numbers, types = [] } = vocabularyOf(builtin.name);
  const operands = (builtin.decl.args ?? []).map((type, index) => {
    const chosen = texts[index] ?? texts.at(-1);
    return generateOperand(random, types[index] ?? type, {
      ...(chosen ? { texts: chosen } : {}),
      ...(numbers ? { numbers } : {}),
    });
  });
  return `[${operands.join(", ")}]`;
}

/** A call as Rego writes it, on operands that no type is known of. */
function callText({ name, infix, decl, relation }: CapabilityBuiltin): string {
  const operands = (decl.args ?? []).map((_, index) => `a[${index}]`);
  if (name === "internal.member_2") {
    return `(${operands.join(" in ")})`;
  }
  if (name === "internal.member_3") {
    return `(a[0], a[1] in a[2])`;
  }
  if (infix !== undefined) {
    return `(${operands.join(` ${infix} `)})`;
  }
  return relation
    ? `[found | ${name}(${operands.join(", ")}, found)]`
    : `${name}(${operands.join(", ")})`;
}

/**
 * Genuine OPA's answers to calls of one builtin, all from one run if it can be;
 * undefined for a call that ends OPA itself.
 */
export function theirAnswers(
  opa: string,
  builtin: CapabilityBuiltin,
  calls: readonly string[],
): readonly (Answer | undefined)[] {
  const answers = answersOfOneRun(opa, builtin, calls);
  if (answers !== undefined) {
    return answers;
  }
  if (calls.length === 1) {
    return [undefined];
  }
  const half = calls.length >> 1;
  return [
    ...theirAnswers(opa, builtin, calls.slice(0, half)),
    ...theirAnswers(opa, builtin, calls.slice(half)),
  ];
}

/** Undefined when OPA panics. */
function answersOfOneRun(
  opa: string,
  builtin: CapabilityBuiltin,
  calls: readonly string[],
): readonly Answer[] | undefined {
  const folder = mkdtempSync(join(tmpdir(), "portcullis-builtins-"));
  const file = join(folder, "calls.rego");
  const head = "package calls\n";
  // Two lines a call, so that an error's row says whose it is.
  const lines = calls.map(
    (operands, index) =>
      `f${index}(a) := ${callText(builtin)}\nr${index} := sprintf("%v", [[f${index}(${operands})]])`,
  );
  writeFileSync(file, `${head}${lines.join("\n")}\n`);
  const { stdout, stderr } = spawnSync(
    opa,
    [
      "eval",
      "--show-builtin-errors",
      // Rego v1 refuses what is deprecated.
      ...(builtin.deprecated ? ["--v0-compatible"] : []),
      "-f",
      "json",
      "-d",
      file,
      "data.calls",
    ],
    { encoding: "utf8", maxBuffer: 1 << 28, timeout: 120_000 },
  );
  rmSync(folder, { recursive: true });
  if (stderr.startsWith("panic: ")) {
    return undefined;
  }
  const { result, errors = [] } = JSON.parse(stdout || "{}") as {
    result?: [{ expressions: [{ value: Record<string, string> }] }];
    errors?: readonly OpaError[];
  };
  const values = result?.[0].expressions[0].value;
  if (values === undefined) {
    throw new Error(`opa: ${stderr}${JSON.stringify(errors.slice(0, 3))}`);
  }
  const failures = new Map(
    errors.map(({ code, message, location }) => [
      Math.floor((location.row - 2) / 2),
      comparable(`${code}: ${message}`),
    ]),
  );
  return calls.map((_, index) => {
    const error = failures.get(index);
    return {
      value: values[`r${index}`] ?? "undefined",
      ...(error === undefined ? {} : { error }),
    };
  });
}

// What a library of Go's says of texts that it cannot read: the tables of
// test/builtins pin it for the faults that people make, not for all that there are.
const saidByLibraries =
  /^(eval_builtin_error: (?:graphql|io\.jwt|crypto|strings\.render_template|rego\.parse_module)[^:]*:) .*/s;

/**
 * An error without what differs by design: a module's texts end at NUL, and
 * json.patch tells a container as it stands, not as it stood before the patch.
 */
function comparable(error: string): string {
  return error
    .replace(saidByLibraries, "$1")
    .replace(/\0.*/s, "")
    .replace(/(does not exist in \w+ term) .*/s, "$1");
}

type OpaError = {
  readonly code: string;
  readonly message: string;
  readonly location: { readonly row: number };
};

function compileCalls(builtin: CapabilityBuiltin): CompiledPolicy {
  const compiled = compile({
    modules: {
      "calls.rego": `package calls\n\na := input\n\nr := sprintf("%v", [[${callText(builtin)}]])\n`,
    },
    entrypoints: ["calls/r"],
    regoVersion: builtin.deprecated ? 0 : 1,
  });
  if ("errors" in compiled) {
    throw compiled.errors[0];
  }
  return compiled.policy;
}

/** Our answers to the same calls. */
export async function ourAnswers(
  builtin: CapabilityBuiltin,
  calls: readonly string[],
): Promise<readonly Answer[]> {
  const options = { builtins: hostBuiltins, limits: { deadlineMs: 5_000 } };
  const { wasm } = compileCalls(builtin);
  const raising = await loadPolicy(wasm, {
    ...options,
    strictBuiltinErrors: true,
  });
  const silent = await loadPolicy(wasm, options);
  return calls.map((operands) => {
    const input = new RegoText(operands);
    const value = String(silent.evaluate(input) ?? "undefined");
    try {
      raising.evaluate(input);
      return { value };
    } catch (error) {
      const { code, rawMessage } = PolicyError.from(error);
      return { value, error: comparable(`${code}: ${rawMessage}`) };
    }
  });
}
