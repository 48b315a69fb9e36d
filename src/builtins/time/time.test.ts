import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { checkOperands } from "../../engine/builtins/host-builtin.ts";
import {
  type BuiltinContext,
  BuiltinError,
  OperandError,
  parseJson,
  toRego,
  type Value,
} from "../../engine/builtins/index.ts";
import { builtinDeclarations } from "../../engine/builtins/registry.ts";
import { timeBuiltins } from "./index.ts";

/** What genuine OPA gave for random layouts, texts, zones and times. */
type GoCase = {
  readonly name: string;
  readonly args: string;
  readonly result?: string;
  readonly error?: string;
};

const cases: readonly GoCase[] = readFileSync(
  new URL("../../../test/fixtures/go-time.jsonl", import.meta.url),
  "utf8",
)
  .trimEnd()
  .split("\n")
  .map((line) => JSON.parse(line));

function answer({ name, args }: GoCase): Pick<GoCase, "result" | "error"> {
  const builtin = timeBuiltins.find((one) => one.name === name);
  const operands = parseJson(args) as readonly Value[];
  try {
    if (!builtin?.takesAny) {
      checkOperands(builtinDeclarations.get(name) ?? {}, operands);
    }
    const value = builtin?.run(operands, {} as BuiltinContext) as Value;
    return { result: toRego(value) };
  } catch (error) {
    const { message } = error as BuiltinError;
    expect(error).toBeInstanceOf(BuiltinError);
    const code =
      error instanceof OperandError ? "eval_type_error" : "eval_builtin_error";
    return { error: `${code}: ${name}: ${message}` };
  }
}

describe("time, as genuine OPA answers", () => {
  const names = [...new Set(cases.map(({ name }) => name))];
  test.each(names)("%s", (name) => {
    const own = cases.filter((one) => one.name === name);
    const want = own.map(({ args, result, error }) => ({
      args,
      result,
      error,
    }));
    const got = own.map((one) => ({ args: one.args, ...answer(one) }));
    expect(got).toEqual(want);
  });
});
