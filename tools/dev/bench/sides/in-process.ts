import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadPolicy as loadWithSdk } from "@open-policy-agent/opa-wasm";
import { hostBuiltins } from "../../../../src/builtins/index.ts";
import { compile, loadPolicy } from "../../../../src/engine/index.ts";
import { opaBinary } from "../../../../test/support/opa-binary.ts";
import { cpuOverTime } from "../measure.ts";
import { run } from "../run.ts";
import type { SideName, Workload } from "../workloads/workload.ts";
import type { Side } from "./side.ts";

const entrypoint = "bench/result";

/** The workload's policy as our compiler makes it. */
export function compileWorkload({ policy }: Workload): Uint8Array {
  const compiled = compile({
    modules: { "policy.rego": policy },
    entrypoints: [entrypoint],
  });
  if ("errors" in compiled) {
    throw compiled.errors[0];
  }
  return compiled.policy.wasm;
}

/** Our module in our host, bytes in. */
export async function prepareOurs(workload: Workload): Promise<Side> {
  const policy = await loadPolicy(compileWorkload(workload), {
    data: workload.data ?? {},
    builtins: hostBuiltins,
  });
  const input = encodeInput(workload);
  return inProcess("ours", () => policy.evaluate(input));
}

/** Our module in the stock SDK. */
export function prepareOursInSdk(workload: Workload): Promise<Side> {
  return inSdk("oursInSdk", compileWorkload(workload), workload);
}

/** OPA's own module in the stock SDK. */
export async function prepareOpaWasm(
  workload: Workload,
): Promise<Side | undefined> {
  const wasm = buildWithOpa(workload.policy);
  return wasm === undefined ? undefined : inSdk("opaWasm", wasm, workload);
}

/** `opa build -t wasm`; undefined without OPA. */
export function buildWithOpa(policy: string): Uint8Array | undefined {
  const opa = opaBinary();
  if (opa === undefined) {
    return undefined;
  }
  const folder = mkdtempSync(join(tmpdir(), "portcullis-bench-"));
  const bundle = join(folder, "bundle.tar.gz");
  writeFileSync(join(folder, "policy.rego"), policy);
  const build = ["build", "-t", "wasm", "-e", entrypoint, "-o", bundle];
  run(opa, [...build, join(folder, "policy.rego")]);
  run("tar", ["-xzf", bundle, "-C", folder, "/policy.wasm"]);
  return readFileSync(join(folder, "policy.wasm"));
}

async function inSdk(
  name: SideName,
  wasm: Uint8Array,
  workload: Workload,
): Promise<Side> {
  const policy = await loadWithSdk(wasm);
  policy.setData(workload.data ?? {});
  // The SDK takes bytes as an ArrayBuffer of exactly the text.
  const input = encodeInput(workload).slice().buffer;
  return inProcess(name, () => policy.evaluate(input)?.[0]?.result);
}

function inProcess(name: SideName, decide: () => unknown): Side {
  return {
    name,
    answer: decide(),
    measure: (milliseconds) => cpuOverTime(decide, milliseconds),
    close: () => {},
  };
}

/** The workload's input as every side gets it. */
export function encodeInput({ input }: Workload): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(input));
}
