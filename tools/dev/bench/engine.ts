import { cpSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadPolicy as loadWithSdk } from "@open-policy-agent/opa-wasm";
import { readDirectory } from "../../../src/bundle/index.ts";
import { compile, loadPolicy } from "../../../src/engine/index.ts";
import { opaBinary } from "../../../test/support/opa-binary.ts";
import { cpuPerCall, interleaved } from "./measure.ts";
import { run } from "./run.ts";

const entrypoint = "guards/tool_scope/verdict";
const guards = ["identity", "tool_scope", "dlp", "budget"];

/** Microseconds of CPU a decision; undefined where OPA is not installed. */
export type EngineFigures = {
  readonly ours: number;
  readonly pipeline: number;
  readonly opaWasm: number | undefined;
  readonly opaGo: number | undefined;
};

/** Measures tool_scope, and all four guards, on the same request bytes. */
export async function measureEngine(input: Uint8Array): Promise<EngineFigures> {
  const { modules, data } = readDirectory(".");
  const compiled = compile({
    modules,
    entrypoints: guards.map((guard) => `guards/${guard}/verdict`),
  });
  if ("errors" in compiled) {
    throw compiled.errors[0];
  }
  const policy = await loadPolicy(compiled.policy.wasm, { data });
  const toolScope = (): void => {
    policy.evaluate(input, { entrypoint });
  };
  const pipeline = (): void => {
    const decision = policy.start(input);
    for (const guard of guards) {
      decision.evaluate(`guards/${guard}/verdict`);
    }
  };
  const genuine = await genuineWasm(data);
  const exact = input.slice().buffer;
  const sides = [toolScope, pipeline];
  if (genuine) {
    sides.push(() => genuine.evaluate(exact));
  }
  for (const side of sides) {
    cpuPerCall(side, 3_000);
  }
  const [ours = 0, all = 0, opaWasm] = interleaved(
    sides.map((side) => () => cpuPerCall(side, 2_000)),
    9,
  );
  return { ours, pipeline: all, opaWasm, opaGo: genuineGo(input, data) };
}

/** The same guards built by `opa build -t wasm`, in the stock SDK. */
async function genuineWasm(data: object) {
  const opa = opaBinary();
  if (opa === undefined) {
    return undefined;
  }
  const folder = mkdtempSync(join(tmpdir(), "portcullis-bench-"));
  cpSync("guards", join(folder, "guards"), {
    recursive: true,
    filter: (path) => !/\.(ya?ml|md)$/.test(path),
  });
  const bundle = join(folder, "bundle.tar.gz");
  run(opa, [
    "build",
    "-t",
    "wasm",
    "-e",
    entrypoint,
    "-o",
    bundle,
    join(folder, "guards"),
  ]);
  run("tar", ["-xzf", bundle, "-C", folder, "/policy.wasm"]);
  const policy = await loadWithSdk(readFileSync(join(folder, "policy.wasm")));
  policy.setData(data);
  return policy;
}

/** `opa bench`: Go's evaluator on the parsed input, nanoseconds an operation. */
function genuineGo(input: Uint8Array, data: object): number | undefined {
  const opa = opaBinary();
  if (opa === undefined) {
    return undefined;
  }
  const folder = mkdtempSync(join(tmpdir(), "portcullis-bench-"));
  writeFileSync(join(folder, "input.json"), input);
  writeFileSync(join(folder, "data.json"), JSON.stringify(data));
  cpSync("guards", join(folder, "guards"), {
    recursive: true,
    filter: (path) => !/\.(ya?ml|md)$/.test(path),
  });
  const text = run(opa, [
    "bench",
    "--format",
    "json",
    "--data",
    join(folder, "guards"),
    "--data",
    join(folder, "data.json"),
    "--input",
    join(folder, "input.json"),
    `data.${entrypoint.replaceAll("/", ".")}`,
  ]);
  const { T, N } = JSON.parse(text) as { T: number; N: number };
  return T / N / 1_000;
}
