import type { Position } from "../ir/ir.ts";
import type { Location } from "../source.ts";

/** One event of a trace, as OPA's tracer has it. */
export type TraceStep = {
  readonly op:
    | ("enter" | "exit" | "eval" | "redo" | "fail")
    | ("index" | "duplicate" | "note");
  /** The query that it belongs to, and the one around that. */
  readonly query: number;
  readonly parent: number;
  /** Told of an expression, not of a rule or a body. */
  readonly isExpr: boolean;
  readonly location: Location | undefined;
  readonly text: string;
  /** As OPA's JSON has what it is told of; a note has none. */
  readonly node: () => string | undefined;
  /** The reference that an expression asks by, as JSON. */
  readonly ref: () => string | undefined;
  /** What is said beside the text; of a note all. */
  readonly message: string | undefined;
  /** When it was told: OPA's order is another. */
  readonly order: number;
};

/** A query that is evaluated: a rule, a body, the domain of an `every`. */
export type Frame = {
  readonly parent: Frame | undefined;
  readonly position: number;
  /** Expressions that have led to where the evaluation is, in order. */
  readonly open: Open[];
};

type Open = {
  readonly position: number;
  /** Calls of the expression that are not over. */
  readonly tails: Tail[];
};

/** A step whose query has no number yet. */
export type RecordedStep = {
  readonly op: TraceStep["op"];
  readonly order: number;
  readonly frame: Frame | undefined;
  readonly position: number;
  readonly message?: string | undefined;
};

/** A trace in pieces. */
export type Slot = RecordedStep | Tail | Slot[];

/** What happens in a call after its first solution, once what follows is over. */
export class Tail {
  readonly position: number;
  readonly rest: Slot[][] = [];
  private readonly redo: RecordedStep | undefined;
  private readonly path: readonly Tail[];
  private isDropped = false;
  private resumed = 0;

  constructor(
    position: number,
    redo?: RecordedStep | undefined,
    path: readonly Tail[] = [],
  ) {
    this.position = position;
    this.redo = redo;
    this.path = path;
  }

  /** Goes on with the next solution of several. */
  resume(out: Slot[]): void {
    this.resumed += 1;
    if (this.resumed > 1) {
      out.push(this.rest.shift() ?? []);
    }
  }

  /** What follows ended early: no redo is told of the rules that led to it. */
  dropRedo(): void {
    this.isDropped = true;
    for (const tail of this.path) {
      tail.dropRedo();
    }
  }

  steps(): readonly Slot[] {
    const { isDropped, redo } = this;
    return isDropped
      ? this.rest.map((segment) => segment.filter((slot) => slot !== redo))
      : this.rest;
  }
}

/** The pieces in order, the queries numbered. */
export function flatten(
  slots: readonly Slot[],
  positions: readonly Position[],
): readonly TraceStep[] {
  const steps: TraceStep[] = [];
  const numbers = new Map<Frame, number>();
  const numberOf = (frame: Frame | undefined): number => {
    if (!frame) {
      return 0;
    }
    const known = numbers.get(frame) ?? numbers.size;
    numbers.set(frame, known);
    return known;
  };
  const add = (slot: Slot): void => {
    if (Array.isArray(slot)) {
      slot.forEach(add);
      return;
    }
    if (slot instanceof Tail) {
      slot.steps().forEach(add);
      return;
    }
    const { op, frame, position, message, order } = slot;
    const at = positions[position];
    const query = numberOf(frame);
    steps.push({
      op,
      query,
      parent: numberOf(frame?.parent),
      isExpr: at?.node !== "rule" && at?.node !== "body",
      location: at?.location,
      text: at?.text ?? "",
      ...jsonOf(at, op, positions),
      message,
      order,
    });
  };
  slots.forEach(add);
  return steps;
}

function jsonOf(
  at: Position | undefined,
  op: TraceStep["op"],
  positions: readonly Position[],
): Pick<TraceStep, "node" | "ref"> {
  if (at?.node === "call") {
    const caller = positions[at.caller ?? -1];
    return { node: () => caller?.json?.(), ref: () => at.json?.() };
  }
  return {
    node: () => (op === "note" ? undefined : at?.json?.()),
    ref: () => undefined,
  };
}
