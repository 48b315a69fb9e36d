import type { Location } from "../source.ts";
import type { Body, Term } from "../syntax/ast.ts";
import { formatBody } from "./format-body.ts";
import { formatInParens, groupByRow } from "./format-list.ts";
import { isUnion } from "./infix.ts";
import { formatOperand } from "./operand.ts";
import { closingRow } from "./rows.ts";
import { inseparable, type Writer } from "./writer.ts";

type Comprehension = Extract<
  Term,
  { kind: "arraycomprehension" | "setcomprehension" | "objectcomprehension" }
>;

/** Writes `[x | …]`, `{x | …}` or `{k: v | …}`. */
export function formatComprehension(writer: Writer, term: Comprehension): void {
  const pair = term.kind === "arraycomprehension" ? "[]" : "{}";
  const { body, location } = term;
  writer.write(pair.charAt(0));
  let { row } = location;
  if (term.kind === "objectcomprehension") {
    formatInParens(writer, term.key, isUnion(term.key));
    writer.write(": ");
    // The value stays beside its key, wherever it stood.
    formatHead(writer, {
      ...term.value,
      location: { ...term.value.location, row },
    });
  } else {
    row = term.term.location.row;
    if (row > location.row) {
      writer.newLine();
    }
    formatHead(writer, term.term);
  }
  writer.write(" |");
  formatInnerBody(writer, body, { pair, row, location });
  writer.write(pair.charAt(1));
}

function formatHead(writer: Writer, term: Term): void {
  const parens =
    term.kind === "call" &&
    (isUnion(term) || term.location.text?.startsWith("(") === true);
  formatOperand(writer, term, parens);
}

function formatOneLine(writer: Writer, body: Body): void {
  writer.write(" ");
  for (const [index, expr] of body.entries()) {
    if (index > 0) {
      writer.write("; ");
    }
    writer.forms.expr(writer, expr);
  }
}

type Inner = {
  readonly pair: "[]" | "{}";
  /** Where what stands before the body is: a body on that row stays on its line. */
  readonly row: number;
  readonly location: Location;
};

/** Writes a body up to its closing bracket, on one line if it stood on one. */
export function formatInnerBody(
  writer: Writer,
  body: Body,
  { location, pair, row }: Inner,
): void {
  const [first] = body;
  const lines = groupByRow(writer, body, {
    place: (expr) => expr.location,
    row,
  });
  const close = () => writer.comments(closingRow(pair, location));
  if (lines.length === 1 && first && first.location.row <= row) {
    writer.fit(
      () => {
        inseparable(() => formatOneLine(writer, body));
        close();
      },
      () => formatBlock(writer, body, close),
    );
    return;
  }
  formatBlock(writer, body, close);
}

function formatBlock(writer: Writer, body: Body, close: () => void): void {
  writer.endLine();
  writer.up();
  try {
    formatBody(writer, body);
    close();
  } finally {
    writer.down();
    writer.startLine();
  }
}
