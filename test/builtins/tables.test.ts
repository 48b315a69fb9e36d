import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { hostBuiltins } from "../../src/builtins/index.ts";
import {
  type BuiltinContext,
  BuiltinError,
  parseJson,
  RegoObject,
  toRego,
  type Value,
} from "../../src/engine/builtins/index.ts";

// Each `*.json` here is a table of calls with what OPA 1.20.1 answers: a
// result, the text of an error, or neither for undefined.
const folder = new URL(".", import.meta.url);
const tables = readdirSync(folder).filter((name) => name.endsWith(".json"));

test.each(tables)("%s", async (table) => {
  const calls = parseJson(readFileSync(new URL(table, folder), "utf8"));
  const policyCache = new Map<string, unknown>();
  const differences: unknown[] = [];
  for (const call of calls as readonly RegoObject[]) {
    const got = await answer(call, policyCache);
    const want = { result: text(call.get("result")), error: call.get("error") };
    if (!isSame(want, got)) {
      differences.push({ call: toRego(call).slice(0, 1000), want, got });
    }
  }
  expect(differences).toEqual([]);
});

type Answer = {
  readonly result: string | undefined;
  readonly error: Value | undefined;
};

async function answer(
  call: RegoObject,
  policyCache: Map<string, unknown>,
): Promise<Answer> {
  const builtin = hostBuiltins.find(({ name }) => name === call.get("call"));
  const operands = call.get("operands") as readonly Value[];
  try {
    const result = await builtin?.run(operands, context(policyCache));
    return { result: text(result), error: undefined };
  } catch (error) {
    if (error instanceof BuiltinError) {
      return { result: undefined, error: error.message };
    }
    throw error;
  }
}

function text(value: Value | undefined): string | undefined {
  return value === undefined ? undefined : toRego(value);
}

/** Texts of Go's own that end in what no other program has are compared up to there. */
function isSame(want: Answer, got: Answer): boolean {
  const until = (error: Value | undefined) =>
    typeof error === "string" ? error.split(" (16 vs ")[0] : error;
  return want.result === got.result && until(want.error) === until(got.error);
}

function context(policyCache: Map<string, unknown>): BuiltinContext {
  return {
    now: 1_800_000_000_000_000_000n,
    random: (count) => new Uint8Array(count),
    place: () => undefined,
    runtime: RegoObject.of([]),
    decisionCache: new Map(),
    policyCache,
    network: { allows: () => false },
    signal: new AbortController().signal,
  };
}
