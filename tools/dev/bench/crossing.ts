import {
  compile,
  type HostBuiltin,
  loadPolicy,
} from "../../../src/engine/index.ts";
import { cpuOverTime, interleaved } from "./measure.ts";
import { printFigure, printHeading, printRatio } from "./report.ts";

const calls = 1_000;

const add: HostBuiltin = {
  name: "bench.add",
  decl: {
    args: [{ type: "number" }, { type: "number" }],
    result: { type: "number" },
  },
  run: ([a, b]) => Number(a) + Number(b),
};

async function loop(call: string): Promise<() => number> {
  const compiled = compile({
    modules: {
      "bench.rego": `package bench\nresult := sum([n | some i in numbers.range(1, ${calls}); n := ${call}])\n`,
    },
    entrypoints: ["bench/result"],
    builtins: [add],
  });
  if ("errors" in compiled) {
    throw compiled.errors[0];
  }
  const policy = await loadPolicy(compiled.policy.wasm, { builtins: [add] });
  const input = new TextEncoder().encode("{}");
  return () => cpuOverTime(() => policy.evaluate(input), 300);
}

/** What a call of a host builtin with two numbers costs beyond one in the module. */
export async function measureCrossing(): Promise<void> {
  const [host = 0, inside = 0] = interleaved(
    [await loop("bench.add(i, 1)"), await loop("i + 1")],
    5,
  );
  printHeading("crossing", "a call of the host with small operands");
  printFigure("a call in the module, with its loop", inside / calls, "µs");
  printRatio("µs a call of the host takes longer", (host - inside) / calls, {
    atMost: 1,
  });
}
