import type { Expr, SomeDecl, Term, With } from "../syntax/ast.ts";
import { formatBraced } from "./format-braced.ts";
import {
  arityError,
  formatMembership,
  formatPlainCall,
} from "./format-call.ts";
import { formatInnerBody } from "./format-comprehension.ts";
import { formatInParens } from "./format-list.ts";
import { formatLogical } from "./format-logical.ts";
import { exprLeadsWithBrace, infixOf, needsParens } from "./infix.ts";
import { formatTerm } from "./operand.ts";
import { countBreaks } from "./rows.ts";
import {
  inseparable,
  MisplacedComment,
  tolerant,
  type Writer,
} from "./writer.ts";

/** Writes an expression with its `with` modifiers. */
export function formatExpr(writer: Writer, expr: Expr): void {
  const parens = writer.parenthesized === expr;
  if (parens) {
    writer.parenthesized = undefined;
  }
  writer.comments(expr.location.row);
  writer.ensureLine();
  const mark = writer.mark();
  try {
    formatWhole(writer, expr, parens);
  } catch (error) {
    if (error instanceof MisplacedComment && !error.isWhole) {
      writer.copyInstead(mark, expr.location);
      error.isWhole = true;
    }
    throw error;
  }
}

function formatWhole(writer: Writer, expr: Expr, parens: boolean): void {
  if (expr.negated) {
    writer.write("not ");
  }
  writer.inParens(parens, () => formatTerms(writer, expr));
  formatModifiers(writer, expr);
}

function formatTerms(writer: Writer, expr: Expr): void {
  const { location, terms } = expr;
  switch (terms.kind) {
    case "term":
      formatLast(expr, () => formatTerm(writer, terms.term));
      return;
    case "call":
      formatCallExpr(writer, expr);
      return;
    case "some":
      inseparable(() => formatSome(writer, terms));
      return;
    case "every":
      inseparable(() => formatEvery(writer, expr));
      return;
    case "not":
      formatNot(writer, terms, location.row, expr);
      return;
    default:
      formatLogical(writer, expr);
  }
}

function formatSome(writer: Writer, { location, symbols }: SomeDecl): void {
  writer.comments(location.row);
  writer.write("some ");
  let { row } = location;
  for (const [index, symbol] of symbols.entries()) {
    if (symbol.kind === "call") {
      const infix = infixOf(symbol.operator);
      if (infix) {
        formatMembership(writer, symbol.operands, {
          infix,
          parens: false,
          location,
        });
      }
      continue;
    }
    if (symbol.location.row > row) {
      writer.newLine();
      writer.write("\t");
      ({ row } = symbol.location);
    } else if (index > 0) {
      writer.write(" ");
    }
    formatTerm(writer, symbol);
    if (index < symbols.length - 1) {
      writer.write(",");
    }
  }
}

function formatEvery(writer: Writer, { location, terms }: Expr): void {
  if (terms.kind !== "every") {
    return;
  }
  const { body, domain, key, value } = terms;
  writer.comments(location.row);
  writer.write("every ");
  if (key) {
    formatTerm(writer, key);
    writer.write(", ");
  }
  formatTerm(writer, value);
  writer.write(" in ");
  formatTerm(writer, domain);
  writer.write(" {");
  tolerant(() =>
    formatInnerBody(writer, body, { pair: "{}", row: location.row, location }),
  );
  if (body.length === 1 && body[0]?.location.row === terms.location.row) {
    writer.write(" ");
  }
  writer.write("}");
}

type NegatedBody = Extract<Expr["terms"], { kind: "not" }>;

function formatNot(
  writer: Writer,
  { body, explicit }: NegatedBody,
  row: number,
  { location }: Expr,
): void {
  writer.comments(row);
  writer.write("not ");
  if (explicit || body.length > 1) {
    formatBraced(writer, body, { row, location });
    return;
  }
  const [only] = body;
  if (only === undefined) {
    return;
  }
  writer.inParens(negatedNeedsParens(only), () =>
    tolerant(() => formatExpr(writer, only)),
  );
}

/** Whether the expression behind a `not` is read as that only in parentheses. */
function negatedNeedsParens(expr: Expr): boolean {
  return (
    expr.with.length > 0 ||
    expr.terms.kind === "and" ||
    expr.terms.kind === "or" ||
    expr.terms.kind === "not" ||
    exprLeadsWithBrace(expr)
  );
}

function formatCallExpr(writer: Writer, expr: Expr): void {
  const { terms } = expr;
  if (terms.kind !== "call") {
    return;
  }
  const { operands, operator } = terms;
  const infix = infixOf(operator);
  if (infix?.symbol === "in") {
    const { location } = operator;
    inseparable(() =>
      formatMembership(writer, operands, { infix, parens: false, location }),
    );
    return;
  }
  if (infix === undefined) {
    inseparable(() => formatPlainCall(writer, terms));
    return;
  }
  const [left, right, result] = operands;
  if (!left || !right || operands.length > infix.arity + 1) {
    writer.errors.push(arityError(infix, operands, operator.location));
    formatPlainCall(writer, terms);
    return;
  }
  const write = (operand: Term, isRight: boolean) =>
    formatInParens(writer, operand, needsParens(infix, operand, isRight));
  if (result) {
    inseparable(() => formatTerm(writer, result));
    writer.write(" = ");
  }
  inseparable(() => write(left, false));
  writer.write(` ${infix.symbol} `);
  formatLast(expr, () => write(right, true));
}

/** Writes the term that an expression ends with: one that is copied leaves it whole. */
function formatLast(expr: Expr, write: () => void): void {
  if (expr.with.length > 0) {
    inseparable(write);
  } else {
    write();
  }
}

function formatModifiers(writer: Writer, expr: Expr): void {
  const [first, ...others] = expr.with;
  if (first === undefined) {
    return;
  }
  let row = termsEndRow(expr);
  let rest = expr.with;
  if (first.location.row === row) {
    formatWith(writer, first, false);
    rest = others;
  }
  let isDeeper = false;
  for (const modifier of rest) {
    const isBelow = modifier.location.row > row;
    if (isBelow) {
      if (!isDeeper) {
        writer.up();
        isDeeper = true;
      }
      writer.newLine();
      ({ row } = modifier.location);
    }
    formatWith(writer, modifier, isBelow);
  }
  if (isDeeper) {
    writer.down();
  }
}

/** What the author wrote of an expression, its modifiers left out. */
function ownText({ location, with: [first] }: Expr): string {
  const { offset = 0, text = "" } = location;
  const length = (first?.location.offset ?? 0) - offset;
  const own =
    length > 0 && length <= text.length ? text.slice(0, length) : text;
  return own.replace(/[ \t\r\n]+$/, "");
}

/** The row on which an expression ends, its modifiers left out. */
function termsEndRow(expr: Expr): number {
  return expr.location.row + countBreaks(ownText(expr));
}

function formatWith(
  writer: Writer,
  { location, target, value }: With,
  isBelow: boolean,
): void {
  writer.comments(location.row);
  writer.write(isBelow ? "with " : " with ");
  formatTerm(writer, target);
  writer.write(" as ");
  tolerant(() => formatTerm(writer, value));
}
