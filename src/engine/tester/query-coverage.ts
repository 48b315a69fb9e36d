import type { CompiledPolicy } from "../compile.ts";
import { PolicyError } from "../error.ts";
import type { Policy } from "../evaluate/policy.ts";
import { parseModules } from "../syntax/parser.ts";
import {
  type CoverageReport,
  type CoverageRun,
  reportCoverage,
  type UncoveredKind,
} from "./coverage.ts";

/** A policy that was compiled with `instrument.coverage` and has been evaluated. */
type Evaluated = {
  readonly compiled: CompiledPolicy;
  readonly policy: Policy;
  /** Of a further evaluation: what it explains. */
  readonly kind?: UncoveredKind;
};

type Sources = {
  readonly modules: Readonly<Record<string, string>>;
  readonly regoVersion: 0 | 1;
  readonly regoVersions?: Readonly<Record<string, 0 | 1>> | undefined;
};

/** What evaluations reached of the modules: those without a kind count together, the others explain. */
export function coverageOf(
  { modules, ...versions }: Sources,
  evaluated: readonly [Evaluated, ...Evaluated[]],
): CoverageReport {
  const parsed = parseModules(modules, versions);
  const counting = evaluated.filter(({ kind }) => kind === undefined);
  const explaining = evaluated.flatMap((one) =>
    one.kind ? [{ ...coverageRun(one), kind: one.kind }] : [],
  );
  return reportCoverage(
    "errors" in parsed ? [] : parsed.modules,
    together(counting.map(coverageRun)),
    explaining,
  );
}

/** Runs as one: positions need not be different. */
function together(runs: readonly CoverageRun[]): CoverageRun {
  return {
    positions: runs.flatMap(({ positions }) => positions),
    reached: Uint8Array.from(runs.flatMap(({ reached }) => [...reached])),
  };
}

/** What an evaluated policy has reached so far. */
export function coverageRun({
  compiled: { instrumentation },
  policy,
}: Evaluated): CoverageRun {
  if (!instrumentation) {
    throw new PolicyError("internal_error", "coverage was not asked for");
  }
  const { positions } = instrumentation;
  return { positions, reached: policy.covered(instrumentation) };
}
