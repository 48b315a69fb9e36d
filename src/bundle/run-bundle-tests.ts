import { hostBuiltins } from "../builtins/index.ts";
import {
  type HostBuiltin,
  PolicyError,
  runTests,
  type TestOutcome,
} from "../engine/index.ts";

/** A bundle's Rego with its tests, and its data. */
export type BundleTests = {
  /** File name → Rego text: policies and their tests. */
  readonly modules: Readonly<Record<string, string>>;
  readonly data: unknown;
  /** Builtins beside OPA's; they can only be run in the thread that has them. */
  readonly builtins?: readonly HostBuiltin[];
};

/** Runs the `test_` rules; throws the first that does not pass. Resolves to how many there were. */
export async function runBundleTests({
  builtins = [],
  data,
  modules,
}: BundleTests): Promise<number> {
  const ran = await runTests({
    modules,
    data,
    builtins: [...hostBuiltins, ...builtins],
  });
  if ("errors" in ran) {
    throw ran.errors[0];
  }
  const failed = ran.outcomes.filter(isFailure);
  const [first] = failed;
  if (first) {
    throw toFault(first, failed.length);
  }
  return ran.outcomes.length;
}

function isFailure({ status }: TestOutcome): boolean {
  return status === "fail" || status === "error";
}

function toFault({ error, test }: TestOutcome, count: number): PolicyError {
  const why = error ? ` (${error.message})` : "";
  const others = count > 1 ? `, and ${count - 1} more` : "";
  return new PolicyError(
    "bundle_test_error",
    `the bundle's own test \`${test.package}.${test.name}\` does not pass${why}${others}`,
    { location: test.location, cause: error },
  );
}
