import type { TraceStep } from "./trace-steps.ts";

/** What a trace keeps. */
export type Explain = "fails" | "notes" | "full" | "debug" | "default";

/** The steps that an explanation shows, with those that lead to them. */
export function explainTrace(
  steps: readonly TraceStep[],
  explain: Explain,
): readonly TraceStep[] {
  switch (explain) {
    case "full":
    case "debug":
      return steps;
    case "notes":
      return lineage(steps, ({ op }) => op === "note");
    case "fails":
      return lineage(steps, ({ op }) => op === "fail");
    case "default":
      return lineage(steps, ({ op }) => op === "note" || op === "fail");
  }
}

function lineage(
  steps: readonly TraceStep[],
  keep: (step: TraceStep) => boolean,
): TraceStep[] {
  const kept: TraceStep[] = [];
  const entered = new Map<number, TraceStep>();
  for (const step of steps) {
    if (keep(step)) {
      const path = [step];
      // The query that was asked is its own parent.
      let before: TraceStep | undefined;
      let last = entered.get(step.query);
      while (last && last !== before) {
        path.push(last);
        before = last;
        last = entered.get(last.parent);
      }
      kept.push(...path.reverse());
      entered.clear();
    }
    if ((step.op === "enter" || step.op === "redo") && !step.isExpr) {
      entered.set(step.query, step);
    }
  }
  return kept;
}

// Blanks that OPA puts between the two columns.
const columnGap = 5;

/** The length of the longest; a trace has more lines than a call may have arguments. */
export function widest(texts: readonly string[]): number {
  return texts.reduce((most, { length }) => Math.max(most, length), 0);
}

/** Two columns, the place and the event indented by its query's depth: pairs a line. */
export function traceRows(steps: readonly TraceStep[]): [string, string][] {
  const depths = new Map<number, number>();
  const rows = steps.map(({ location, ...step }): [string, string] => {
    const depth = depths.get(step.query) ?? (depths.get(step.parent) ?? 0) + 1;
    depths.set(step.query, depth);
    const bars = step.op === "enter" || isRuleRedo(step) ? depth - 1 : depth;
    const place = location ? `${location.file || "query"}:${location.row}` : "";
    return [place, `${"| ".repeat(bars)}${stepText(step)}`];
  });
  const width = widest(rows.map(([place]) => place));
  return rows.map(([place, text]) => [place.padEnd(width + columnGap), text]);
}

function stepText({ op, text, message }: Omit<TraceStep, "location">): string {
  const name = `${op[0]?.toUpperCase()}${op.slice(1)}`;
  if (op === "note") {
    return `${name} "${message}"`;
  }
  return message === undefined
    ? `${name} ${text}`
    : `${name} ${text} ${message}`;
}

function isRuleRedo({ op, isExpr }: Pick<TraceStep, "op" | "isExpr">): boolean {
  return op === "redo" && !isExpr;
}
