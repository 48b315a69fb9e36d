import { existsSync } from "node:fs";
import { loadPolicy as loadInSdk } from "@open-policy-agent/opa-wasm";
import { describe, expect, test } from "vitest";
import { type CompiledPolicy, loadPolicy } from "../../src/engine/index.ts";
import { stringifyExactJson } from "../support/exact-json.ts";
import { type ConformanceCase, readCases } from "./case.ts";
import { compileCase, runCase } from "./run-case.ts";

const folder = "../shared/conformance/rego";

// The SDK takes JSON only, ends at errors that are ours to word, and has no
// builtin of a host such as time.now_ns.
const isForBoth = (one: ConformanceCase): boolean =>
  one.want_result !== undefined &&
  one.input_term === undefined &&
  !one.strict_error;

describe.skipIf(!existsSync(folder))("in the unmodified SDK", () => {
  test("every supported case answers as in our host", async () => {
    let compared = 0;
    const differences: string[] = [];
    for (const one of readCases(folder).filter(isForBoth)) {
      if ((await runCase(one)) !== undefined) {
        continue;
      }
      const { wasm, hostBuiltins } = moduleOf(one);
      if (hostBuiltins.length > 0) {
        continue;
      }
      compared += 1;
      const ours = await inOurHost(wasm, one);
      const theirs = await inSdk(wasm, one);
      if (theirs !== ours) {
        differences.push(`${one.note}\n  ours ${ours}\n  SDK  ${theirs}`);
      }
    }
    expect(differences).toEqual([]);
    expect(compared).toBeGreaterThan(1_000);
  }, 300_000);
});

function moduleOf(one: ConformanceCase): CompiledPolicy {
  const compiled = compileCase(one);
  if ("errors" in compiled) {
    throw compiled.errors[0];
  }
  return compiled.policy;
}

function bytesOf(value: Parameters<typeof stringifyExactJson>[0]): Uint8Array {
  return new TextEncoder().encode(stringifyExactJson(value));
}

async function inOurHost(
  wasm: Uint8Array,
  one: ConformanceCase,
): Promise<string> {
  const policy = await loadPolicy(wasm, {
    data: bytesOf(one.data ?? {}),
  });
  const input = one.input === undefined ? undefined : bytesOf(one.input);
  return JSON.stringify(JSON.parse(policy.queryJson(input)));
}

async function inSdk(wasm: Uint8Array, one: ConformanceCase): Promise<string> {
  const policy = await loadInSdk(new Uint8Array(wasm));
  policy.setData(JSON.parse(stringifyExactJson(one.data ?? {})));
  const input =
    one.input === undefined
      ? undefined
      : JSON.parse(stringifyExactJson(one.input));
  return JSON.stringify(policy.evaluate(input));
}
