import type { Location } from "../source.ts";
import type { Term } from "../syntax/ast.ts";
import { MisplacedComment, type Writer } from "./writer.ts";

/**
 * Writes a term. Where a comment stands inside it that has no place, the term
 * is copied as its author wrote it, and MisplacedComment says so.
 */
export function formatTerm(writer: Writer, term: Term): void {
  if (writer.nextComment === undefined) {
    formatOperand(writer, term, false);
    return;
  }
  const mark = writer.mark();
  try {
    formatOperand(writer, term, false);
  } catch (error) {
    if (error instanceof MisplacedComment) {
      error.isWhole = error.row >= term.location.row;
      if (error.isWhole) {
        writer.copyInstead(mark, wholePlace(term));
      }
    }
    throw error;
  }
}

/** Writes a term; an infix call in parentheses if `parens`. */
export function formatOperand(
  writer: Writer,
  term: Term,
  parens: boolean,
): void {
  const isMarked = writer.parenthesized === term;
  if (isMarked) {
    writer.parenthesized = undefined;
  }
  writer.comments(term.location.row);
  writer.ensureLine();
  writer.inParens(isMarked && term.kind !== "call", () =>
    writer.forms.term(writer, term, parens || isMarked),
  );
  writer.ensureLine();
}

/** The place of a term; OPA's text of a ref behind a collection begins at its bracket. */
function wholePlace({ location, ...term }: Term): Location {
  const head = term.kind === "ref" ? term.value[0]?.location : undefined;
  const { text = "" } = location;
  const before = head?.text?.slice(0, -1) ?? "";
  return head?.text === undefined || text.startsWith(head.text)
    ? location
    : { ...location, text: before + text };
}
