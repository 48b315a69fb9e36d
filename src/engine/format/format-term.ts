import type { Location } from "../source.ts";
import type { Term } from "../syntax/ast.ts";
import { distinctTerms } from "../syntax/compare-terms.ts";
import { printTerm } from "../syntax/print.ts";
import { formatCall } from "./format-call.ts";
import { formatComprehension } from "./format-comprehension.ts";
import { formatList, formatPairs } from "./format-list.ts";
import { formatRef, variableText } from "./format-ref.ts";
import { formatTemplate } from "./format-template.ts";
import { closingRow } from "./rows.ts";
import type { Writer } from "./writer.ts";

/** Writes a term without the comments beside it; an infix call in parentheses if `parens`. */
export function formatBare(writer: Writer, term: Term, parens: boolean): void {
  switch (term.kind) {
    case "call":
      formatCall(writer, term, { parens });
      return;
    case "ref":
      formatRef(writer, term);
      return;
    case "object":
      formatPairs(writer, term.value, term.location);
      return;
    case "array":
      formatList(writer, term.value, { pair: "[]", location: term.location });
      return;
    case "set":
      formatSet(writer, term.value, term.location);
      return;
    case "arraycomprehension":
    case "setcomprehension":
    case "objectcomprehension":
      formatComprehension(writer, term);
      return;
    case "string":
      writer.write(stringText(term.value, term.location));
      return;
    case "templatestring":
      formatTemplate(writer, term);
      return;
    case "var":
      writer.write(variableText(writer, term.value));
      return;
    default:
      writer.write(String(term.kind === "null" ? null : term.value));
  }
}

function formatSet(
  writer: Writer,
  terms: readonly Term[],
  location: Location,
): void {
  if (terms.length === 0) {
    writer.write("set()");
    writer.comments(closingRow("()", location));
    return;
  }
  formatList(writer, distinctTerms(terms), { pair: "{}", location });
}

/** A string as its author quoted and escaped it. */
function stringText(value: string, { text = "" }: Location): string {
  if (text.startsWith("`")) {
    return text;
  }
  // The text may begin with `else :=`, whose place the value has.
  const quote = text.at(-1);
  const start = quote === '"' || quote === "`" ? text.indexOf(quote) : -1;
  return start < 0
    ? printTerm({ kind: "string", value, location: noPlace })
    : text.slice(start);
}

const noPlace: Location = { file: "", row: 0, col: 0 };
