import { hostBuiltins } from "../../src/builtins/index.ts";
import {
  compile,
  type Limits,
  loadPolicy,
  type Optimizations,
  PolicyError,
  RegoText,
} from "../../src/engine/index.ts";
import {
  canonicalJson,
  type ExactJson,
  parseExactJson,
  stringifyExactJson,
} from "../support/exact-json.ts";
import type { ConformanceCase } from "./case.ts";
import { sleepBuiltin } from "./sleep-builtin.ts";

/** Why a case failed, or undefined when it passed. */
export type Failure = string | undefined;

// A case that needs more than this hangs; the slowest takes well under a second.
const limits: Limits = { deadlineMs: 5_000 };

/** Compiles and evaluates one case and compares with what it wants. */
export function runCase(
  testCase: ConformanceCase,
  optimizations: Optimizations = {},
): Promise<Failure> {
  return judged(testCase, async () => {
    const compiled = compileCase(testCase, optimizations);
    if ("errors" in compiled) {
      throw compiled.errors[0];
    }
    const policy = await loadPolicy(compiled.policy.wasm, {
      data: encode(testCase.data ?? {}),
      builtins: [...hostBuiltins, sleepBuiltin],
      network: { allows: () => true },
      limits,
      strictBuiltinErrors: testCase.strict_error ?? false,
    });
    return policy.queryJsonAsync(caseInput(testCase));
  });
}

/** Compares the bindings that a case's query has, as JSON text, with what it wants. */
export async function judged(
  testCase: ConformanceCase,
  evaluate: () => Promise<string>,
): Promise<Failure> {
  try {
    return judgeResult(testCase, await evaluate());
  } catch (error) {
    return judgeError(testCase, error);
  }
}

/** The module of a case, or the compiler's errors. */
export function compileCase(
  testCase: ConformanceCase,
  optimizations: Optimizations = {},
) {
  return compile({ ...caseSource(testCase), optimizations });
}

/** What a case asks of which modules. */
export function caseSource({ modules = [], query }: ConformanceCase) {
  return {
    modules: Object.fromEntries(
      modules.map((text, index) => [`test-${index}.rego`, text]),
    ),
    query,
    builtins: [sleepBuiltin],
  };
}

/** What the engine takes as input for the case. */
function caseInput(
  testCase: ConformanceCase,
): Uint8Array | RegoText | undefined {
  if (testCase.input_term !== undefined) {
    return new RegoText(testCase.input_term);
  }
  return testCase.input === undefined ? undefined : encode(testCase.input);
}

function encode(value: ExactJson): Uint8Array {
  return new TextEncoder().encode(stringifyExactJson(value));
}

function judgeResult(testCase: ConformanceCase, json: string): Failure {
  if (!testCase.want_result || wantsError(testCase)) {
    const wanted =
      testCase.want_error_code ?? testCase.want_error ?? "an error";
    return `want ${wanted}, got ${json}`;
  }
  const got = canonicalBindings(
    parseExactJson(json) as readonly ExactJson[],
    testCase.sort_bindings ?? false,
  );
  const want = canonicalBindings(
    testCase.want_result,
    testCase.sort_bindings ?? false,
  );
  return got === want ? undefined : `want ${want}, got ${got}`;
}

/** Solutions have no order; with `sort` neither have arrays bound in them. */
function canonicalBindings(
  bindings: readonly ExactJson[],
  sort: boolean,
): string {
  const texts = bindings.map((binding) =>
    canonicalJson(sort ? sortedArrays(binding) : binding),
  );
  return `[${texts.sort().join(",")}]`;
}

function sortedArrays(binding: ExactJson): ExactJson {
  return Object.fromEntries(
    Object.entries(binding as { readonly [key: string]: ExactJson }).map(
      ([name, value]) => [name, sortedArray(value)],
    ),
  );
}

function sortedArray(value: ExactJson): ExactJson {
  return Array.isArray(value)
    ? [...value].sort((a, b) => (canonicalJson(a) < canonicalJson(b) ? -1 : 1))
    : value;
}

/** Some cases name both a result and the error of strict builtin errors. */
function wantsError({ want_error_code, want_error }: ConformanceCase): boolean {
  return want_error_code !== undefined || want_error !== undefined;
}

function judgeError(testCase: ConformanceCase, error: unknown): Failure {
  const found = PolicyError.from(error);
  const { want_error_code: code, want_error: text } = testCase;
  if (testCase.want_result && !wantsError(testCase)) {
    return found.message;
  }
  if (code !== undefined && found.code !== code) {
    return `want ${code}, got ${found.message}`;
  }
  return text === undefined || opaMessage(found).includes(text)
    ? undefined
    : `want error \`${text}\`, got \`${opaMessage(found)}\``;
}

/** The message as OPA prints it: evaluation errors have no column. */
function opaMessage({ code, rawMessage, location }: PolicyError): string {
  const place = location ? `${location.file}:${location.row}: ` : "";
  return `${place}${code}: ${rawMessage}`;
}
