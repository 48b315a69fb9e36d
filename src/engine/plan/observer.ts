import type { Position } from "../ir/ir.ts";
import type { Expr, Rule } from "../syntax/ast.ts";
import { printExpr, printRef } from "../syntax/print.ts";

/** What an instrumented module tells of its evaluation. */
export type Instrument = {
  /** Marks each expression and rule head that was reached. */
  readonly coverage?: boolean;
  /** Tells the host of every step, as OPA's tracer: for traces and profiles. */
  readonly trace?: boolean;
};

/** Numbers the positions that an instrumented module speaks of. */
export class Observer {
  readonly coverage: boolean;
  readonly trace: boolean;
  readonly positions: Position[] = [];
  private readonly files: ReadonlySet<string>;
  private readonly known = new Map<object, number>();

  /** Coverage counts what stands in `files`: not a query. */
  constructor(instrument: Instrument, files: Iterable<string>) {
    this.coverage = instrument.coverage ?? false;
    this.trace = instrument.trace ?? false;
    this.files = new Set(files);
  }

  covers({ location }: Expr | Rule): boolean {
    return this.coverage && this.files.has(location.file);
  }

  expr(expr: Expr): number {
    const { location, index } = expr;
    return this.position(expr, { node: "expr", location, index }, () =>
      printExpr(expr),
    );
  }

  /** A rule stands where its head does. */
  rule(rule: Rule): number {
    const { location, ref } = rule.head;
    const position = { node: "rule", location, index: 0 } as const;
    return this.position(rule, position, () => printRef(ref));
  }

  private position(
    of: object,
    position: Omit<Position, "text">,
    text: () => string,
  ): number {
    const known = this.known.get(of);
    if (known !== undefined) {
      return known;
    }
    // Coverage asks for places only.
    this.positions.push({ ...position, text: this.trace ? text() : "" });
    this.known.set(of, this.positions.length - 1);
    return this.positions.length - 1;
  }
}
