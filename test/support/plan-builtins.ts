import { hostBuiltins } from "../../src/builtins/index.ts";
import {
  compile,
  type HostBuiltin,
  loadPolicy,
  opaCapabilities,
  type Value,
} from "../../src/engine/index.ts";
import { sleepBuiltin } from "../conformance/sleep-builtin.ts";
import type { PlanFile, PlanHost } from "./plan-interpreter.ts";

type Call = { operands: readonly Value[]; result: Value | undefined };
type Runner = (operands: readonly Value[]) => Value | undefined;

const call: Call = { operands: [], result: undefined };

/** What a module that calls one builtin gets its operands from, and tells its value. */
const exchange: readonly HostBuiltin[] = [
  {
    name: "test.operand",
    decl: {
      args: [{ type: "number" }],
      result: { type: "any" },
    },
    run: ([at]) => call.operands[Number(at)],
  },
  {
    name: "test.take",
    decl: {
      args: [{ type: "any" }],
      result: { type: "boolean" },
    },
    run: ([value]) => {
      call.result = value;
      return true;
    },
  },
];

const runners = new Map<string, Runner>();

/** The engine's own builtins, for the calls that a plan declares. */
export async function builtinsOf({
  static: known,
}: PlanFile): Promise<PlanHost> {
  for (const { name } of known?.builtin_funcs ?? []) {
    const runner = runners.get(name) ?? (await loadRunner(name));
    runners.set(name, runner);
  }
  return {
    builtin: (name, operands) => {
      const runner = runners.get(name);
      if (runner === undefined) {
        throw new Error(`the plan calls ${name}, which it does not declare`);
      }
      return runner(operands);
    },
  };
}

async function loadRunner(name: string): Promise<Runner> {
  if (name === "internal.print") {
    return () => true;
  }
  const builtins = [...hostBuiltins, ...exchange, sleepBuiltin];
  const compiled = compile({
    modules: {
      "call.rego": `package call\n\nr := test.take(${callOf(name)})\n`,
    },
    entrypoints: ["call/r"],
    builtins,
  });
  if ("errors" in compiled) {
    throw compiled.errors[0];
  }
  const policy = await loadPolicy(compiled.policy.wasm, {
    builtins,
    network: { allows: () => true },
  });
  return (operands) => {
    Object.assign(call, { operands, result: undefined });
    policy.evaluate(undefined);
    return call.result;
  };
}

/** A call with its operands; all values of a relation in a list. */
function callOf(name: string): string {
  const found = opaCapabilities.builtins.find((one) => one.name === name);
  const count = found ? (found.decl.args?.length ?? 0) : 1;
  const operands = Array.from(
    { length: count },
    (_, at) => `test.operand(${at})`,
  );
  return found?.relation
    ? `[value | ${name}(${operands.join(", ")}, value)]`
    : `${name}(${operands.join(", ")})`;
}
