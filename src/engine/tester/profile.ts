import type { Position } from "../ir/ir.ts";
import type { Location } from "../source.ts";
import type { TraceStep } from "./trace-steps.ts";

/** What the expressions of one line cost, in OPA's names. */
export type ProfiledLine = {
  readonly total_time_ns: number;
  readonly num_eval: number;
  readonly num_redo: number;
  /** Expressions that the compiler made of the line. */
  readonly num_gen_expr: number;
  /** Of the first that was evaluated. */
  readonly location: Location;
};

export const profileCriteria = [
  ...["total_time_ns", "num_eval", "num_redo"],
  ...["num_gen_expr", "file", "line"],
] as const;

type Line = {
  milliseconds: number;
  evals: number;
  redos: number;
  readonly expressions: Set<number>;
  readonly location: Location;
};

/**
 * Counts what is evaluated, by file and row. The time from an expression to the
 * next is the first one's.
 */
export class Profile {
  private readonly lines = new Map<string, Line>();
  private current: Line | undefined;
  private since = 0;

  /** Hears of a step when it happens. */
  step(op: TraceStep["op"], { node, location, index }: Position): void {
    const isExpr = node === "expr" || node === "domain";
    if (!isExpr || (op !== "eval" && op !== "redo")) {
      return;
    }
    this.stop();
    const line = this.lineAt(location);
    line.evals += op === "eval" ? 1 : 0;
    line.redos += op === "redo" ? 1 : 0;
    line.expressions.add(index);
    this.current = line;
    this.since = performance.now();
  }

  /** The costliest lines by some criteria, then by those that are left; 0 for all. */
  report(limit: number, criteria: readonly string[]): readonly ProfiledLine[] {
    this.stop();
    const order = [...new Set([...criteria, ...profileCriteria])];
    const lines = [...this.lines.values()].map(toProfiled).sort((a, b) => {
      const decisive = order.find((one) => compareBy(one, a, b) !== 0);
      return decisive === undefined ? 0 : compareBy(decisive, a, b);
    });
    return limit > 0 ? lines.slice(0, limit) : lines;
  }

  private stop(): void {
    if (this.current) {
      this.current.milliseconds += performance.now() - this.since;
    }
    this.current = undefined;
  }

  private lineAt(location: Location): Line {
    const key = `${location.file}:${location.row}`;
    const known = this.lines.get(key);
    if (known) {
      return known;
    }
    const counts = { milliseconds: 0, evals: 0, redos: 0 };
    const made = { ...counts, expressions: new Set<number>(), location };
    this.lines.set(key, made);
    return made;
  }
}

function toProfiled(line: Line): ProfiledLine {
  return {
    total_time_ns: Math.round(line.milliseconds * 1e6),
    num_eval: line.evals,
    num_redo: line.redos,
    num_gen_expr: line.expressions.size,
    location: line.location,
  };
}

/** Most first; a name that is no criterion orders nothing. */
function compareBy(
  criterion: string,
  a: ProfiledLine,
  b: ProfiledLine,
): number {
  switch (criterion) {
    case "total_time_ns":
    case "num_eval":
    case "num_redo":
    case "num_gen_expr":
      return b[criterion] - a[criterion];
    case "file":
      return compareTexts(b.location.file, a.location.file);
    case "line":
      return b.location.row - a.location.row;
    default:
      return 0;
  }
}

function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
