import type { Location } from "../source.ts";
import type { RefTerm, Term } from "../syntax/ast.ts";
import { printTerm } from "../syntax/print.ts";
import { formatOperand, formatTerm } from "./operand.ts";
import { MisplacedComment, Writer } from "./writer.ts";

/** A variable's name; of a wildcard that stands once `_`. */
export function variableText({ style }: Writer, name: string): string {
  if (!name.startsWith("$")) {
    return name;
  }
  const rest = name.slice(1);
  if (!style.namedWildcards.has(name)) {
    return "_";
  }
  return rest.startsWith("_") ? rest : `_${rest}`;
}

/** Writes a ref: `a.b["c-d"][x]`. */
export function formatRef(writer: Writer, { value }: RefTerm): void {
  const [head, ...path] = value;
  if (head === undefined) {
    return;
  }
  const isBracketed =
    head.kind === "call" && head.location.text?.startsWith("(") === true;
  formatOperand(writer, head, isBracketed);
  for (const part of path) {
    formatRefPart(writer, part);
  }
}

/** The same as a text, with no comment beside it. */
export function refText(
  writer: Writer,
  path: RefTerm,
  style = writer.style,
): string {
  const own = new Writer(style, { ...writer, comments: [] });
  own.inline = true;
  formatRef(own, path);
  return own.text();
}

function formatRefPart(writer: Writer, part: Term): void {
  if (part.kind === "string") {
    const { value, location } = part;
    writer.write(
      needsBrackets(writer, value, location)
        ? `[${printTerm(part)}]`
        : `.${value}`,
    );
    return;
  }
  if (part.kind === "var") {
    writer.write(`[${variableText(writer, part.value)}]`);
    return;
  }
  writer.write("[");
  try {
    formatTerm(writer, part);
  } catch (error) {
    if (!(error instanceof MisplacedComment && error.isWhole)) {
      throw error;
    }
    // The bracket must not become part of a comment.
    writer.write("\n");
  }
  writer.write("]");
}

function needsBrackets(
  { style }: Writer,
  name: string,
  { text }: Location,
): boolean {
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) {
    return true;
  }
  return (
    style.keywords.has(name) &&
    (!style.keywordsInRefs || text?.startsWith('"') === true)
  );
}
