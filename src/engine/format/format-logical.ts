import type { Location } from "../source.ts";
import type { Body, Expr } from "../syntax/ast.ts";
import { formatBraced } from "./format-braced.ts";
import { exprLeadsWithBrace } from "./infix.ts";
import { bodyEndRow, closingRow, countBreaks } from "./rows.ts";
import { tolerant, type Writer } from "./writer.ts";

/** One operand of a chain of `and` or `or`. */
type Operand = {
  readonly body: Body;
  /** In braces: where they open. */
  readonly brace: Location | undefined;
  /** Without parentheses it would be read as something else. */
  readonly parens: boolean;
};

/** An operator with what stands behind it. */
type Step = {
  readonly symbol: "and" | "or";
  readonly right: Operand;
  /** The row on which all before it ends. */
  readonly endRow: number;
};

type Chain = { readonly first: Operand; readonly steps: readonly Step[] };

/** Writes `a and b and c`: what stood on lines below is indented once. */
export function formatLogical(writer: Writer, expr: Expr): void {
  const { first, steps } = chainOf(expr);
  tolerant(() => formatOperand(writer, first));
  let isDeeper = false;
  for (const step of steps) {
    writer.write(` ${step.symbol}`);
    const { brace, body } = step.right;
    const row = (brace ?? body[0]?.location)?.row ?? 0;
    if (row > step.endRow) {
      if (!isDeeper) {
        writer.up();
        isDeeper = true;
      }
      writer.newLine();
    } else {
      writer.write(" ");
    }
    tolerant(() => formatOperand(writer, step.right));
  }
  if (isDeeper) {
    writer.down();
  }
}

function formatOperand(writer: Writer, { body, brace, parens }: Operand): void {
  const [only] = body;
  if (brace) {
    if (only === undefined) {
      writer.write("{}");
      return;
    }
    formatBraced(writer, body, { row: brace.row, location: brace });
    return;
  }
  writer.inParens(parens, () => {
    if (only) {
      writer.forms.expr(writer, only);
    }
  });
}

/** The leading expression of a chain, if it is neither in braces nor in parentheses. */
export function bareLead(expr: Expr): Expr | undefined {
  const { brace, body, parens } = chainOf(expr).first;
  return brace || parens ? undefined : body[0];
}

/** The operands of a chain, which leans to the left: `(a and b) and c`. */
function chainOf({ location, terms }: Expr): Chain {
  if (terms.kind !== "and" && terms.kind !== "or") {
    return {
      first: { body: [], brace: undefined, parens: false },
      steps: [],
    };
  }
  const { explicitLeft, explicitRight, kind: symbol, left, right } = terms;
  const toOperand = (body: Body, side: Side): Operand =>
    operand(body, side, { location, symbol });
  const step = {
    symbol,
    right: toOperand(right, { isRight: true, explicit: explicitRight }),
  };
  const [only] = left;
  const isChain =
    !explicitLeft &&
    left.length === 1 &&
    only &&
    isLogical(only) &&
    !needsParens(only, symbol, false);
  if (isChain) {
    const { first, steps } = chainOf(only);
    return { first, steps: [...steps, { ...step, endRow: bodyEndRow(left) }] };
  }
  const first = toOperand(left, { isRight: false, explicit: explicitLeft });
  return { first, steps: [{ ...step, endRow: operandEndRow(first) }] };
}

type Side = { readonly isRight: boolean; readonly explicit: boolean };

function operand(
  body: Body,
  { explicit, isRight }: Side,
  parent: { readonly location: Location; readonly symbol: "and" | "or" },
): Operand {
  const [only] = body;
  return explicit || !only || body.length !== 1
    ? { body, brace: braceOf(parent.location, body), parens: false }
    : {
        body,
        brace: undefined,
        parens: needsParens(only, parent.symbol, isRight),
      };
}

/** Whether an expression is an `and` or an `or`. */
export function isLogical({ terms }: Expr): boolean {
  return terms.kind === "and" || terms.kind === "or";
}

function needsParens(
  expr: Expr,
  parent: "and" | "or",
  isRight: boolean,
): boolean {
  if (expr.with.length > 0) {
    return true;
  }
  switch (expr.terms.kind) {
    case "or":
      return parent === "and" || isRight;
    case "and":
      return parent === "and" && isRight;
    default:
      return exprLeadsWithBrace(expr);
  }
}

function operandEndRow({ brace, body }: Operand): number {
  const row = brace ? closingRow("{}", brace) : 0;
  return row > 0 ? row : bodyEndRow(body);
}

/** Where the brace before a body opens, within the place of the whole. */
function braceOf(whole: Location, body: Body): Location {
  const { offset = 0, row, text = "" } = whole;
  const [first] = body;
  if (first === undefined) {
    return whole;
  }
  const end = Math.min((first.location.offset ?? 0) - offset, text.length);
  const at = text.lastIndexOf("{", end - 1);
  return at < 0 || end <= 0
    ? whole
    : {
        ...whole,
        row: row + countBreaks(text.slice(0, at)),
        offset: offset + at,
        text: text.slice(at),
      };
}
