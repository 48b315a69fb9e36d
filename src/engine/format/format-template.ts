import type { Expr, Term } from "../syntax/ast.ts";
import { printTerm } from "../syntax/print.ts";
import type { Writer } from "./writer.ts";

type Template = Extract<Term, { kind: "templatestring" }>;

/** Writes `$"a {expr}"`. */
export function formatTemplate(
  writer: Writer,
  { multiline, parts }: Template,
): void {
  const quote = multiline ? "`" : '"';
  writer.write(`$${quote}`);
  for (const [index, part] of parts.entries()) {
    if ("kind" in part) {
      writer.write(partText(part, multiline));
    } else {
      formatPart(writer, part, parts[index + 1]);
    }
  }
  writer.write(quote);
}

function formatPart(
  writer: Writer,
  expr: Expr,
  next: Expr | Term | undefined,
): void {
  writer.write("{");
  writer.up();
  if (writer.lineComment !== undefined) {
    writer.newLine();
  } else {
    const above = writer.takeAbove(expr.location.row);
    if (above.length > 0) {
      // The first comment stands beside the brace.
      writer.write(" ");
      writer.inline = true;
      writer.block(above);
    }
  }
  writer.forms.expr(writer, expr);
  const below = next === undefined ? [] : writer.takeAbove(next.location.row);
  if (below.length > 0) {
    writer.endLine();
    writer.block(below);
    writer.startLine();
  }
  writer.write("}");
  writer.down();
}

/** Text between the expressions; a constant in braces becomes part of it. */
function partText(part: Term, multiline: boolean): string {
  if (part.kind !== "string") {
    return printTerm(part).replace(/^"/, "").replace(/"$/, "");
  }
  return multiline
    ? escapeBraces(part.value)
    : escapeBraces(printTerm(part)).slice(1, -1);
}

function escapeBraces(text: string): string {
  return text.replace(/(?<!\\)\{/g, "\\{");
}
