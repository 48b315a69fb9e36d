import type { Body, Expr } from "../syntax/ast.ts";
import { formatInnerBody } from "./format-comprehension.ts";
import { isUnionExpr } from "./infix.ts";
import { tolerant, type Writer } from "./writer.ts";

/** Writes a body in braces that are not a rule's. */
export function formatBraced(
  writer: Writer,
  body: Body,
  place: { readonly row: number; readonly location: Expr["location"] },
): void {
  const [first] = body;
  const last = body.at(-1);
  if (first && isUnionExpr(first)) {
    // A bare `x | y` is a comprehension there.
    writer.parenthesized = first;
  }
  writer.write("{");
  tolerant(() => formatInnerBody(writer, body, { pair: "{}", ...place }));
  if (last?.location.row === place.row) {
    writer.write(" ");
  }
  writer.write("}");
}
