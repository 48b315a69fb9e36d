import {
  elseChain,
  headTerms,
  visitExprs,
  visitTermExprs,
} from "../analysis/map.ts";
import type { Position } from "../ir/ir.ts";
import type { Optimizations } from "../optimize/optimizations.ts";
import type { Location } from "../source.ts";
import type { Expr, Module } from "../syntax/ast.ts";

type Place = { readonly row: number; readonly col: number };

/** Why a run did not come to a range: another one, without the optimisation, did. */
export const uncoveredKinds = {
  index_excluded: { ruleIndex: false },
  early_exit: { earlyExit: false },
} as const satisfies Readonly<Record<string, Optimizations>>;

export type UncoveredKind = keyof typeof uncoveredKinds;

type CoverageRange = {
  readonly start: Place;
  readonly end: Place;
  readonly kinds?: readonly UncoveredKind[];
};

type FileCoverage = {
  readonly covered: readonly CoverageRange[];
  readonly not_covered: readonly CoverageRange[];
  readonly covered_lines: number;
  readonly not_covered_lines: number;
  readonly coverage: number;
};

/** OPA's coverage report. */
export type CoverageReport = {
  readonly files: Readonly<Record<string, FileCoverage>>;
  readonly covered_lines: number;
  readonly not_covered_lines: number;
  readonly coverage: number;
};

type Covered = ReadonlyMap<string, readonly CoverageRange[]>;

/** What one run came to. */
export type CoverageRun = {
  readonly positions: readonly Position[];
  /** One byte a position, not zero once it was reached. */
  readonly reached: Uint8Array;
};

/** A run without an optimisation, which explains what the first run left out. */
export type SupplementaryRun = CoverageRun & { readonly kind: UncoveredKind };

/**
 * Which rule heads and expressions of the modules a run came to. A range
 * inside a covered one counts as covered.
 */
export function reportCoverage(
  modules: readonly Module[],
  run: CoverageRun,
  others: readonly SupplementaryRun[] = [],
): CoverageReport {
  const covered = coveredRanges(run);
  const explained = others.map((other) => ({
    kind: other.kind,
    covered: coveredRanges(other),
  }));
  const files = [...modules]
    .map((module) => [module.package.location.file, module] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([file, module]) => {
      const reached = covered.get(file) ?? [];
      const missed = missedRanges(module, reached).map((range) =>
        withKinds(
          range,
          explained.flatMap(({ kind, covered: ranges }) =>
            isInside(range, ranges.get(file) ?? []) ? [kind] : [],
          ),
        ),
      );
      return [file, fileCoverage(reached, missed)] as const;
    });
  const counts = files.map(([, file]) => file);
  return summary(
    Object.fromEntries(files),
    sum(counts.map((file) => file.covered_lines)),
    sum(counts.map((file) => file.not_covered_lines)),
  );
}

function summary(
  files: CoverageReport["files"],
  covered: number,
  missed: number,
): CoverageReport {
  return {
    files,
    covered_lines: covered,
    not_covered_lines: missed,
    coverage: percentage(covered, missed),
  };
}

function fileCoverage(
  covered: readonly CoverageRange[],
  missed: readonly CoverageRange[],
): FileCoverage {
  const lines = countLines(covered);
  const missedLines = countLines(missed);
  return {
    covered,
    not_covered: missed,
    covered_lines: lines,
    not_covered_lines: missedLines,
    coverage: percentage(lines, missedLines),
  };
}

function percentage(covered: number, missed: number): number {
  const total = covered + missed;
  return total === 0 ? 0 : (100 * covered) / total;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0);
}

function withKinds(
  range: CoverageRange,
  kinds: readonly UncoveredKind[],
): CoverageRange {
  return kinds.length === 0 ? range : { ...range, kinds };
}

function coveredRanges({ positions, reached }: CoverageRun): Covered {
  const files = new Map<string, CoverageRange[]>();
  for (const [index, { location }] of positions.entries()) {
    if (reached[index]) {
      const ranges = files.get(location.file) ?? [];
      ranges.push(rangeOf(location));
      files.set(location.file, ranges);
    }
  }
  return new Map([...files].map(([file, ranges]) => [file, unique(ranges)]));
}

function missedRanges(
  module: Module,
  covered: readonly CoverageRange[],
): CoverageRange[] {
  const ranges: CoverageRange[] = [];
  const note = ({ location }: { readonly location: Location }): void => {
    const range = rangeOf(location);
    if (!isInside(range, covered)) {
      ranges.push(range);
    }
  };
  const noteExpr = (expr: Expr): void => {
    if (expr.terms.kind !== "some") {
      note(expr);
    }
  };
  for (const rule of module.rules.flatMap(elseChain)) {
    note(rule.head);
    visitExprs(rule.body, noteExpr);
    for (const term of headTerms(rule)) {
      visitTermExprs(term, noteExpr);
    }
  }
  return unique(ranges);
}

/** Sorted, without doubles. */
function unique(ranges: readonly CoverageRange[]): CoverageRange[] {
  const sorted = [...ranges].sort(compareRanges);
  return sorted.filter((range, index) => {
    const before = sorted[index - 1];
    return before === undefined || compareRanges(before, range) !== 0;
  });
}

function compareRanges(a: CoverageRange, b: CoverageRange): number {
  return comparePlaces(a.start, b.start) || comparePlaces(a.end, b.end);
}

function comparePlaces(a: Place, b: Place): number {
  return a.row - b.row || a.col - b.col;
}

function isInside(
  range: CoverageRange,
  ranges: readonly CoverageRange[],
): boolean {
  return ranges.some(
    ({ start, end }) =>
      comparePlaces(start, range.start) <= 0 &&
      comparePlaces(end, range.end) >= 0,
  );
}

/** From a location to behind its text; columns count characters. */
function rangeOf({ row, col, text = "" }: Location): CoverageRange {
  const lines = text.split("\n");
  const last = [...(lines.at(-1) ?? "")].length;
  return {
    start: { row, col },
    end: {
      row: row + lines.length - 1,
      col: lines.length === 1 ? col + last : 1 + last,
    },
  };
}

/** How many lines any of the ranges touches. */
function countLines(ranges: readonly CoverageRange[]): number {
  const rows = new Set<number>();
  for (const { start, end } of ranges) {
    for (let row = start.row; row <= end.row; row += 1) {
      rows.add(row);
    }
  }
  return rows.size;
}
