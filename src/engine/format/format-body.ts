import type { Body, Expr, Term } from "../syntax/ast.ts";
import { leadOf } from "./infix.ts";
import { endRow } from "./rows.ts";
import { tolerant, type Writer } from "./writer.ts";

/** Writes each expression on a line of its own; those that stood apart stay so. */
export function formatBody(writer: Writer, body: Body): void {
  writer.comments(body[0]?.location.row ?? 0);
  for (const [index, expr] of body.entries()) {
    const before = body[index - 1];
    if (before && expr.location.row > endRow(before.location) + 1) {
      writer.blankLine();
    }
    writer.startLine();
    if (before && mayGoOn(before)) {
      writer.parenthesized ??= negativeLead(expr);
    }
    const mark = writer.mark();
    tolerant(() => writer.forms.expr(writer, expr));
    writer.restoreLevel(mark);
    writer.endLine();
  }
}

/** Whether an operator on the line below would belong to an expression. */
function mayGoOn({ terms, with: modifiers }: Expr): boolean {
  const isClosed =
    terms.kind === "every" ||
    (terms.kind === "not" && terms.explicit) ||
    (terms.kind === "some" && terms.symbols[0]?.kind !== "call");
  return !isClosed || modifiers.length > 0;
}

/** A negative number first in an expression: it would be taken from the line above. */
function negativeLead({ negated, terms }: Expr): Term | undefined {
  let lead: Term | undefined = terms.kind === "term" ? terms.term : undefined;
  if (terms.kind === "call") {
    lead = leadOf(terms);
  }
  while (lead?.kind === "call") {
    lead = leadOf(lead);
  }
  const isNegative = lead?.kind === "number" && lead.value.startsWith("-");
  return isNegative && !negated ? lead : undefined;
}
