import type { Instrumentation } from "../compile.ts";
import { type TraceEvent, traceEvents } from "../ir/ir.ts";
import type { Location } from "../source.ts";

/** One event of a trace, as OPA's tracer has it. */
export type TraceStep = {
  readonly op: TraceEvent | "note";
  /** The query that it belongs to, and the one around that. */
  readonly query: number;
  readonly parent: number;
  /** Told of an expression, not of a rule or a body. */
  readonly isExpr: boolean;
  readonly location: Location | undefined;
  readonly text: string;
};

/** What a trace keeps. */
export type Explain = "fails" | "notes" | "full" | "debug" | "default";

type Frame = { readonly query: number; readonly scope: number | undefined };

/** Puts the events of an instrumented module together to a trace. */
export class TraceRecorder {
  readonly steps: TraceStep[] = [];
  private readonly frames: Frame[] = [];
  private readonly positions: Instrumentation["positions"];
  private queries = 0;

  constructor(positions: Instrumentation["positions"]) {
    this.positions = positions;
  }

  /** Begins the trace of a query: `data.a.test_x = _`. */
  begin(text: string): void {
    this.steps.length = 0;
    this.frames.length = 0;
    this.queries = 0;
    this.push(undefined);
    this.query("enter", text, false);
    this.query("eval", text, true);
  }

  /** Ends it: the query has a value or not. */
  end(text: string, defined: boolean): void {
    this.frames.length = 1;
    if (defined) {
      this.query("exit", text, false);
      this.query("redo", text, false);
      this.query("redo", text, true);
    } else {
      this.query("fail", text, true);
    }
  }

  note(text: string, location: Location | undefined): void {
    this.add("note", { isExpr: true, location, text });
  }

  /** An event of the module; see `PolicyOptions.onEvent`. */
  event(index: number, event: number): void {
    const position = this.positions[index];
    const op = traceEvents[event];
    if (!position || !op) {
      return;
    }
    const { location, node, text } = position;
    const isExpr = node === "expr" || node === "domain";
    if (op === "enter") {
      this.leaveTo(position.scope);
      this.push(index);
    } else {
      this.leaveTo(node === "expr" ? position.scope : index);
    }
    this.add(op, { isExpr, location, text });
  }

  private push(scope: number | undefined): void {
    this.queries += 1;
    this.frames.push({ query: this.queries, scope });
  }

  /** Queries that ended are those above the one that is evaluated again. */
  private leaveTo(scope: number | undefined): void {
    const at = this.frames.findLastIndex((frame) => frame.scope === scope);
    if (scope !== undefined && at >= 0) {
      this.frames.length = at + 1;
    }
  }

  private query(op: TraceEvent, text: string, isExpr: boolean): void {
    this.add(op, { isExpr, location: { file: "", row: 1, col: 1 }, text });
  }

  private add(
    op: TraceStep["op"],
    told: Pick<TraceStep, "isExpr" | "location" | "text">,
  ): void {
    const query = this.frames.at(-1)?.query ?? 0;
    const parent = this.frames.at(-2)?.query ?? 0;
    this.steps.push({ op, query, parent, ...told });
  }
}

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
      let query = step.query;
      for (;;) {
        const last = entered.get(query);
        if (!last) {
          break;
        }
        path.push(last);
        query = last.parent;
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

/** Two columns, the place and the event indented by its query's depth: pairs a line. */
export function traceRows(steps: readonly TraceStep[]): [string, string][] {
  const depths = new Map<number, number>();
  const rows = steps.map(({ location, ...step }): [string, string] => {
    const depth = depths.get(step.query) ?? (depths.get(step.parent) ?? 0) + 1;
    depths.set(step.query, depth);
    const bars = step.op === "enter" || isRuleRedo(step) ? depth - 1 : depth;
    const place = location ? `${location.file || "query"}:${location.row}` : "";
    const op = `${step.op[0]?.toUpperCase()}${step.op.slice(1)}`;
    const text = step.op === "note" ? `"${step.text}"` : step.text;
    return [place, `${"| ".repeat(bars)}${op} ${text}`];
  });
  const width = Math.max(0, ...rows.map(([place]) => place.length));
  return rows.map(([place, text]) => [place.padEnd(width + columnGap), text]);
}

function isRuleRedo({ op, isExpr }: Pick<TraceStep, "op" | "isExpr">): boolean {
  return op === "redo" && !isExpr;
}
