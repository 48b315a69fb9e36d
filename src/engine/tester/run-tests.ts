import type { HostBuiltin } from "../builtins/host-builtin.ts";
import { withDeclared } from "../builtins/registry.ts";
import { compile } from "../compile.ts";
import { PolicyError } from "../error.ts";
import type { Limits, Policy, Surroundings } from "../evaluate/policy.ts";
import { loadPolicy } from "../evaluate/policy.ts";
import { parseModules } from "../syntax/parser.ts";
import { discoverTests, type TestRule } from "./discover.ts";

export type TestStatus = "pass" | "fail" | "error" | "skipped";

/** What became of one test rule. */
export type TestOutcome = {
  readonly test: TestRule;
  readonly status: TestStatus;
  readonly milliseconds: number;
  /** Why the status is `error`. */
  readonly error?: PolicyError;
};

type TestOptions = {
  /** File name → Rego text: policies and their tests. */
  readonly modules: Readonly<Record<string, string>>;
  /** The base document, as a value or as UTF-8 JSON. */
  readonly data?: unknown;
  /** Chooses by full name (`data.p_test.test_x`); all by default. */
  readonly select?: (name: string) => boolean;
  readonly regoVersion?: 0 | 1;
  readonly limits?: Limits;
  readonly builtins?: readonly HostBuiltin[];
  /** What those see of the world outside. */
  readonly surroundings?: Surroundings;
};

// opa test's default time limit of one test.
const defaultLimits: Limits = { deadlineMs: 5_000 };

/**
 * Compiles all modules into one policy with every selected test as an
 * entrypoint, and runs the tests in order. A test passes when its rule is
 * `true`; builtin errors are raised, as `opa test` does. Compile errors are
 * returned, not thrown.
 */
export async function runTests(
  options: TestOptions,
): Promise<
  | { readonly outcomes: readonly TestOutcome[] }
  | { readonly errors: readonly PolicyError[] }
> {
  const parsed = parseAll(options);
  if ("errors" in parsed) {
    return parsed;
  }
  const select = options.select ?? (() => true);
  const tests = parsed.tests.filter(({ package: pkg, name }) =>
    select(`${pkg}.${name}`),
  );
  const compiled = compile({
    modules: options.modules,
    entrypoints: tests
      .filter(({ hasSubTests, todo }) => !(hasSubTests || todo))
      .map(toEntrypoint),
    builtins: options.builtins ?? [],
    ...(options.regoVersion === undefined
      ? {}
      : { regoVersion: options.regoVersion }),
  });
  if ("errors" in compiled) {
    return compiled;
  }
  const policy = await loadPolicy(compiled.policy.wasm, {
    data: options.data ?? {},
    limits: options.limits ?? defaultLimits,
    strictBuiltinErrors: true,
    builtins: options.builtins ?? [],
    ...options.surroundings,
  });
  const outcomes: TestOutcome[] = [];
  for (const test of tests) {
    outcomes.push(await runTest(policy, test));
  }
  return { outcomes };
}

function parseAll({
  modules,
  regoVersion,
  builtins = [],
}: TestOptions):
  | { readonly tests: readonly TestRule[] }
  | { readonly errors: readonly PolicyError[] } {
  const names = withDeclared(builtins);
  const parsed = parseModules(modules, {
    regoVersion: regoVersion ?? 1,
    isBuiltin: (name) => names.has(name),
  });
  return "errors" in parsed ? parsed : { tests: discoverTests(parsed.modules) };
}

async function runTest(policy: Policy, test: TestRule): Promise<TestOutcome> {
  if (test.todo) {
    return { test, status: "skipped", milliseconds: 0 };
  }
  if (test.hasSubTests) {
    const error = new PolicyError(
      "rego_compile_error",
      `sub-tests are not run yet: give ${test.name} a name without brackets`,
      { location: test.location },
    );
    return { test, status: "error", milliseconds: 0, error };
  }
  const start = performance.now();
  try {
    const value = await policy.evaluateAsync(undefined, {
      entrypoint: toEntrypoint(test),
    });
    const milliseconds = performance.now() - start;
    return { test, status: value === true ? "pass" : "fail", milliseconds };
  } catch (error) {
    return {
      test,
      status: "error",
      milliseconds: performance.now() - start,
      error: PolicyError.from(error),
    };
  }
}

function toEntrypoint({ path }: TestRule): string {
  return path.join("/");
}
