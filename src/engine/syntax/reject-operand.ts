import type { Location } from "../source.ts";
import type { Body, Expr } from "./ast.ts";
import { extend, fail, hint, isCallOf, type Parser } from "./parser-state.ts";

/** `{ a | b }` as an operand could also be a comprehension. */
export function isAmbiguousUnion([first]: Body): boolean {
  return (
    first?.terms.kind === "call" &&
    isCallOf(first.terms.operator, "or") &&
    first.terms.operator.location.text === "|" &&
    !(first.location.text ?? "").trim().startsWith("(")
  );
}

/** Records an ambiguous union with both ways to write it. */
export function rejectUnion(
  parser: Parser,
  brace: Location,
  body: Body,
  prefix: string,
): undefined {
  const braces = extend(parser, brace).text ?? "";
  const { offset = 0, text = "" } = body[0]?.location ?? {};
  const from = offset - (brace.offset ?? 0);
  const union =
    from > 0 && from + text.length <= braces.length
      ? `${braces.slice(0, from)}(${text})${braces.slice(from + text.length)}`
      : braces;
  hint(
    parser,
    `write \`${prefix}(${braces})\` for the comprehension, or \`${prefix}${union}\` for the set union`,
  );
  return fail(
    parser,
    brace,
    "ambiguous `{ ... | ... }` operand: read as a body holding a set-union expression, not as a comprehension",
  );
}

/** A `with` in front of an operator does not say what it belongs to. */
export function rejectWith(parser: Parser, location: Location): undefined {
  const word = parser.state.kind;
  hint(
    parser,
    `Wrap the operand in \`(...)\` or \`{...}\` to scope, or move \`with\` after the \`${word}\` expression to apply it to the whole expression`,
  );
  return fail(
    parser,
    location,
    `\`with\` modifier is not allowed on operand of \`${word}\``,
  );
}

/** Records an operand whose leading brace opens a value. */
export function rejectBraceOperand(
  parser: Parser,
  { terms, location }: Expr,
): undefined {
  const isEmpty =
    terms.kind === "term" &&
    terms.term.kind === "object" &&
    terms.term.value.length === 0;
  if (isEmpty) {
    return fail(parser, location, "found empty body");
  }
  return rejectBraceLed(
    parser,
    location,
    location.text ?? "",
    parser.state.kind,
  );
}

/** Records an operand whose brace opens a value, and how to keep it. */
export function rejectBraceLed(
  parser: Parser,
  location: Location,
  operand: string,
  operator: string,
): undefined {
  hint(
    parser,
    `wrap the operand to keep the value: \`(${operand}) ${operator} ...\``,
  );
  return fail(
    parser,
    location,
    `operand of \`${operator}\` cannot begin with \`{\` unless the braces hold a body`,
  );
}

/** Builtins without a value: an operand of nothing else always holds. */
const voidBuiltins = ["print"];

/** Records an operand that can never fail. */
export function rejectVoidCalls(
  parser: Parser,
  body: Body,
  operator: string,
): void {
  const isVoid = body.every(
    ({ negated, terms }) =>
      !negated &&
      terms.kind === "call" &&
      voidBuiltins.some((one) => isCallOf(terms.operator, one)),
  );
  const [first] = body;
  if (!isVoid || first?.terms.kind !== "call") {
    return;
  }
  const name = voidBuiltins.find(
    (one) => first.terms.kind === "call" && isCallOf(first.terms.operator, one),
  );
  hint(
    parser,
    `\`${name}\` produces no value and always succeeds, so the operand can never fail; move it out of the operand, or add an expression that can fail`,
  );
  fail(
    parser,
    first.location,
    `operand of \`${operator}\` cannot consist only of calls to \`${name}\``,
  );
}
