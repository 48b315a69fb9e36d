import type { Instrumentation } from "../compile.ts";
import { type Position, type TraceEvent, traceEvents } from "../ir/ir.ts";
import type { Value } from "../value.ts";
import { toJson } from "../value-json.ts";
import { matchedRules } from "./matched-rules.ts";
import {
  type Frame,
  flatten,
  type RecordedStep,
  type Slot,
  Tail,
  type TraceStep,
} from "./trace-steps.ts";

/**
 * What is evaluated apart until it is known where it belongs: rules that were
 * asked for, or an expression under modifiers. OPA goes on with the asking
 * expression at the first solution, and comes back to the rest afterwards.
 */
type Capture = {
  readonly position: number;
  /** The queries inside, outermost first. */
  readonly frames: Frame[];
  /** The query that asks. */
  readonly caller: Frame | undefined;
  /** Where the steps around it go. */
  readonly outer: Slot[];
  /** What happened up to each solution, and after the last. */
  readonly segments: Slot[][];
  /** Calls that had not ended when a solution was found. */
  readonly path: Tail[];
  /** The first solution ends it. */
  readonly isEarly: boolean;
  /** How many calls of the asking expression had not ended when it began. */
  readonly pending: number;
  readonly cacheKey: string | undefined;
  solutions: number;
  /** The first redo of a rule. */
  redo: RecordedStep | undefined;
};

type RecorderOptions = {
  /** Whether the steps can be asked for afterwards; the default. */
  readonly keeps?: boolean;
  /** Hears of each step when it happens. */
  readonly onStep?: (step: RecordedStep, position: Position) => void;
};

/** Puts the events of an instrumented module together to what OPA's tracer hears. */
export class TraceRecorder {
  private readonly instrumentation: Instrumentation;
  private readonly options: RecorderOptions;
  private out: Slot[] = [];
  private root: Slot[] = this.out;
  private captures: Capture[] = [];
  private queryFrames: Frame[] = [];
  private matches: Position[] = [];
  /** Functions and members that have a value, by modifiers. */
  private caches: Set<string>[] = [new Set()];
  /** How many steps there were so far. */
  count = 0;
  /** Inside of so many calls whose answer OPA has kept. */
  private silent = 0;

  constructor(instrumentation: Instrumentation, options: RecorderOptions = {}) {
    this.instrumentation = instrumentation;
    this.options = options;
  }

  /** Forgets what was recorded: an evaluation begins. */
  begin(): void {
    this.out = [];
    this.root = this.out;
    this.captures = [];
    this.queryFrames = [];
    this.matches = [];
    this.caches = [new Set()];
    this.silent = 0;
    this.count = 0;
  }

  /** The steps so far, in OPA's order. */
  steps(): readonly TraceStep[] {
    for (const { outer, segments } of this.captures.splice(0).reverse()) {
      outer.push(...segments);
    }
    this.out = this.root;
    return flatten(this.root, this.instrumentation.positions);
  }

  /**
   * An event of the module; see `PolicyOptions.onEvent`. Returns the order of
   * the step that it is, if it is one.
   */
  event(
    index: number,
    event: number,
    values: () => readonly Value[],
  ): number | undefined {
    const { count } = this;
    const position = this.instrumentation.positions[index];
    const op = traceEvents[event];
    if (position && op && !this.isSilent(op)) {
      this.take(op, index, position, values);
    }
    return this.count > count && op !== "return" ? count : undefined;
  }

  /** What happens in a call whose answer OPA has is not told. */
  private isSilent(op: TraceEvent): boolean {
    if (this.silent > 0 && (op === "index" || op === "modify")) {
      this.silent += 1;
    } else if (this.silent > 0 && op === "return") {
      this.silent -= 1;
      return this.silent > 0;
    }
    return this.silent > 0;
  }

  private take(
    op: TraceEvent,
    index: number,
    position: Position,
    values: () => readonly Value[],
  ): void {
    switch (op) {
      case "match":
        this.matches.push(position);
        return;
      case "index":
        this.ask(index, position, values);
        return;
      case "modify":
        this.modify(index, position);
        return;
      case "found":
        this.split(this.captures.at(-1));
        return;
      case "return":
        this.answer(index);
        return;
      case "resume":
        this.tail(index, position)?.resume(this.out);
        return;
      case "end":
        this.end(index, position);
        return;
      case "note":
        this.leaveTo(position.scope);
        this.note(index, values());
        return;
      case "enter":
        this.enter(index, position);
        return;
      case "exit":
        this.exit(index, position);
        return;
      default:
        this.step(op, index, position);
    }
  }

  private note(index: number, [note]: readonly Value[]): void {
    const { frame } = this;
    this.add("note", { frame, position: index, message: String(note) });
  }

  /** The queries of the call that is evaluated, or of the whole query. */
  private get frames(): Frame[] {
    return this.captures.at(-1)?.frames ?? this.queryFrames;
  }

  private get frame(): Frame | undefined {
    return this.frames.at(-1) ?? this.captures.at(-1)?.caller;
  }

  /** Queries that ended are those above the one at `scope`. */
  private leaveTo(scope: number | undefined): void {
    const { frames } = this;
    const at = frames.findLastIndex((frame) => frame.position === scope);
    if (scope !== undefined && at >= 0) {
      frames.length = at + 1;
    }
  }

  private add(
    op: TraceStep["op"],
    step: Omit<RecordedStep, "op" | "order">,
  ): RecordedStep {
    const recorded = this.made(op, step);
    const { keeps = true, onStep } = this.options;
    const position = this.instrumentation.positions[step.position];
    if (onStep && position) {
      onStep(recorded, position);
    }
    if (keeps) {
      this.out.push(recorded);
    }
    return recorded;
  }

  private made(
    op: TraceStep["op"],
    step: Omit<RecordedStep, "op" | "order">,
  ): RecordedStep {
    const { count: order } = this;
    this.count += 1;
    return { op, order, ...step };
  }

  private enter(index: number, { node, scope }: Position): void {
    if (node === "rule") {
      this.frames.length = 0;
    } else {
      this.leaveTo(scope);
    }
    const frame = { parent: this.frame, position: index, open: [] };
    this.frames.push(frame);
    this.add("enter", { frame, position: index });
  }

  private exit(index: number, position: Position): void {
    this.leaveTo(index);
    const { frame } = this;
    if (!frame) {
      return;
    }
    if (position.node === "domain") {
      this.holdExit(index, frame);
    } else if (position.node === "rule") {
      this.exitRule(index, frame);
    } else if (position.isOnce) {
      this.add("exit", { frame, position: index, message: "early" });
      this.add("redo", { frame, position: index });
      this.unwind(frame);
    } else {
      this.add("exit", { frame, position: index });
    }
  }

  private exitRule(index: number, frame: Frame): void {
    const capture = this.captures.at(-1);
    const message = capture?.isEarly ? "early" : undefined;
    this.add("exit", { frame, position: index, message });
    const asked =
      this.instrumentation.positions[capture?.position ?? -1]?.asked;
    if (!capture || asked === "partial") {
      return;
    }
    if (asked === "member") {
      capture.solutions += 1;
      if (capture.solutions > 1) {
        this.add("duplicate", { frame, position: index });
      }
    } else if (capture.solutions === 0) {
      this.split(capture);
    }
  }

  /** OPA leaves the domain of an `every` after what follows. */
  private holdExit(index: number, frame: Frame): void {
    const tail = new Tail(index);
    tail.rest.push([this.made("exit", { frame, position: index })]);
    this.frames.pop();
    this.frame?.open.at(-1)?.tails.push(tail);
  }

  /** Other events of a query and its expressions. */
  private step(
    op: "eval" | "redo" | "fail",
    index: number,
    { node, scope }: Position,
  ): void {
    const isExpr = node === "expr";
    this.leaveTo(isExpr ? scope : index);
    const { frame } = this;
    if (!frame) {
      return;
    }
    if (isExpr) {
      const at = frame.open.findIndex(({ position }) => position === index);
      if (op === "eval" || op === "fail") {
        frame.open.length = at < 0 ? frame.open.length : at;
      } else {
        frame.open.length = at + 1;
      }
      if (op === "eval") {
        frame.open.push({ position: index, tails: [] });
      }
    }
    const recorded = this.add(op, { frame, position: index });
    const capture = this.captures.at(-1);
    if (op === "redo" && node === "rule" && capture) {
      capture.redo ??= recorded;
    }
  }

  /** Rules are asked for: what they do is recorded apart. */
  private ask(
    index: number,
    { asked, scope, text }: Position,
    values: () => readonly Value[],
  ): void {
    this.leaveTo(scope);
    const matched = matchedRules(this.matches.splice(0), this.instrumentation);
    const caller = this.frame;
    const { message } = matched;
    this.add("index", { frame: caller, position: index, message });
    const keys = values().map((value) => toJson(value));
    const [cached, ...known] =
      asked === "function" || asked === "member"
        ? [`${asked} ${text} ${keys.join()}`, `${text}`]
        : [text];
    const isPartial = asked === "partial" || asked === "member";
    const hits = isPartial ? [cached, ...known] : [cached];
    if (hits.some((key) => this.caches.at(-1)?.has(key ?? ""))) {
      this.silent = 1;
    }
    this.capture(index, caller, {
      frames: [],
      isEarly: matched.isEarly,
      cacheKey: asked === "document" || asked === "leaf" ? undefined : cached,
    });
  }

  private modify(index: number, { scope }: Position): void {
    this.leaveTo(scope);
    this.caches.push(new Set());
    const { frames, frame } = this;
    const rest = { frames, isEarly: false, cacheKey: undefined };
    this.capture(index, frame, rest);
  }

  private capture(
    position: number,
    caller: Frame | undefined,
    rest: Pick<Capture, "frames" | "isEarly" | "cacheKey">,
  ): void {
    const first: Slot[] = [];
    this.captures.push({
      position,
      caller,
      outer: this.out,
      segments: [first],
      path: [],
      pending: caller?.open.at(-1)?.tails.length ?? 0,
      solutions: 0,
      redo: undefined,
      ...rest,
    });
    this.out = first;
  }

  /** A solution: what comes now happens after what it leads to. */
  private split(capture: Capture | undefined): void {
    if (!capture) {
      return;
    }
    const open = this.frame?.open ?? [];
    if (capture.solutions === 0) {
      const { node } = this.instrumentation.positions[
        capture.position
      ] as Position;
      const tails =
        node === "with"
          ? (open.at(-1)?.tails.slice(capture.pending) ?? [])
          : open.flatMap((one) => one.tails);
      capture.path.push(...tails);
    }
    capture.solutions += 1;
    this.out = [];
    capture.segments.push(this.out);
  }

  /** What was asked for has answered. */
  private answer(index: number): void {
    const capture = this.captures.at(-1);
    if (capture?.position !== index) {
      return;
    }
    const { caller, frames, segments, outer } = capture;
    const { node } = this.instrumentation.positions[index] as Position;
    const open = caller?.open.at(-1);
    if (node === "with") {
      this.caches.pop();
      for (const tail of open?.tails.splice(capture.pending).reverse() ?? []) {
        this.out.push(tail);
      }
    } else if (capture.isEarly && !capture.redo && capture.solutions > 0) {
      const frame = frames[0] as Frame;
      capture.redo = this.add("redo", { frame, position: frame.position });
      this.unwind(frame);
    }
    if (capture.cacheKey !== undefined && this.hasAnswer(capture)) {
      this.caches.at(-1)?.add(capture.cacheKey);
    }
    this.captures.pop();
    this.out = outer;
    const [first = [], ...rest] = segments;
    outer.push(first);
    const tail = new Tail(index, capture.redo, capture.path);
    tail.rest.push(...rest);
    if (open) {
      open.tails.push(tail);
    } else {
      outer.push(tail);
    }
  }

  /** OPA keeps a whole partial document even where it is empty. */
  private hasAnswer({ position, solutions }: Capture): boolean {
    const { asked } = this.instrumentation.positions[position] as Position;
    return asked === "partial" || solutions > 0;
  }

  /** The call at a position that the expression which asked still waits for. */
  private tail(index: number, { scope }: Position): Tail | undefined {
    this.leaveTo(scope);
    const open = this.frame?.open.findLast(({ tails }) =>
      tails.some(({ position }) => position === index),
    );
    return open?.tails.findLast(({ position }) => position === index);
  }

  private end(index: number, position: Position): void {
    const tail = this.tail(index, position);
    for (const { tails } of tail ? (this.frame?.open ?? []) : []) {
      const at = tails.indexOf(tail as Tail);
      if (at >= 0) {
        this.out.push(...tails.splice(at).reverse());
      }
    }
  }

  /** The first solution was enough: the expressions that led to it are left. */
  private unwind(frame: Frame): void {
    for (const { position, tails } of frame.open.splice(0).reverse()) {
      if (!this.instrumentation.positions[position]?.isNegated) {
        this.add("redo", { frame, position });
      }
      for (const tail of tails.reverse()) {
        tail.dropRedo();
        this.out.push(tail);
      }
    }
  }
}
