import type { Expr, Head, RefTerm, Rule, Term } from "../syntax/ast.ts";
import { headKey } from "../syntax/head-names.ts";
import { printTerm } from "../syntax/print.ts";
import { formatBody } from "./format-body.ts";
import { formatExpr } from "./format-expr.ts";
import { formatList } from "./format-list.ts";
import { bareLead, isLogical } from "./format-logical.ts";
import { formatRef } from "./format-ref.ts";
import { isUnion, isUnionExpr, leadOf } from "./infix.ts";
import { formatTerm } from "./operand.ts";
import { closingRow, endRow } from "./rows.ts";
import { inseparable, MisplacedComment, type Writer } from "./writer.ts";

/** Writes a rule with its `else` branches. */
export function formatRule(writer: Writer, rule: Rule): void {
  writer.startLine();
  formatFrom(writer, rule, false);
}

function formatFrom(writer: Writer, rule: Rule, isElse: boolean): void {
  if (rule.default) {
    writer.write("default ");
  }
  const isConstant = isTrueBody(rule) && rule.else === undefined;
  writer.commentsOnLastRow = isConstant;
  const isCopied = !formatHead(writer, rule, { isElse, isConstant });
  if (isConstant) {
    writer.endLine();
    return;
  }
  writer.commentsOnLastRow = true;
  const usesIf = writesIf(writer, rule);
  if (usesIf) {
    writer.write(" if");
    if (formatInline(writer, rule)) {
      return;
    }
  }
  if (isCopied && writer.nextComment !== undefined) {
    writer.write(" { ");
  } else {
    writer.write(" {");
    writer.endLine();
  }
  const [first] = rule.body;
  if (usesIf && !isElse && first) {
    markUnionLead(writer, first);
  }
  writer.up();
  formatBody(writer, rule.body);
  writer.comments(closingRowOf(rule, isElse));
  writer.down();
  writer.startLine();
  writer.write("}");
  formatElse(writer, rule);
}

/** `if`, unless the rule is an element of a set in the notation without `contains`. */
function writesIf({ style }: Writer, { head }: Rule): boolean {
  return (
    (style.isV1 || style.ifs) && (style.contains || head.value !== undefined)
  );
}

/** A single expression on the head's row stays there. */
function formatInline(writer: Writer, rule: Rule): boolean {
  const [only, ...others] = rule.body;
  if (
    only === undefined ||
    others.length > 0 ||
    only.location.row !== endRow(rule.head.location) ||
    isSet(only)
  ) {
    return false;
  }
  writer.write(" ");
  formatExpr(writer, only);
  writer.endLine();
  formatElse(writer, rule);
  return true;
}

/** A set alone keeps the braces of the body around its own. */
function isSet({ negated, terms }: Expr): boolean {
  return !negated && terms.kind === "term" && terms.term.kind === "set";
}

/** `p := 1` has the body `true`. */
function isTrueBody({ body }: Rule): boolean {
  const [only, ...others] = body;
  return (
    only !== undefined &&
    others.length === 0 &&
    !only.negated &&
    only.with.length === 0 &&
    only.terms.kind === "term" &&
    isTrue(only.terms.term)
  );
}

function isTrue(term: Term): boolean {
  return term.kind === "boolean" && term.value;
}

function closingRowOf(rule: Rule, isElse: boolean): number {
  const { head, location } = rule;
  if (!isElse && head.args.length > 0) {
    return closingRow("{}", location, "()");
  }
  return isElse || headKey(rule) === undefined
    ? closingRow("{}", location)
    : closingRow("{}", location, "[]");
}

type HeadPlace = { readonly isElse: boolean; readonly isConstant: boolean };

/** Writes a head; false when part of it had to be copied. */
function formatHead(writer: Writer, rule: Rule, place: HeadPlace): boolean {
  const { head } = rule;
  const mark = writer.mark();
  try {
    if (formatName(writer, head, place.isElse)) {
      inseparable(() => formatArguments(writer, head, place));
      formatKey(writer, head);
      formatValue(writer, rule, place);
    }
    return true;
  } catch (error) {
    if (!(error instanceof MisplacedComment)) {
      throw error;
    }
    // The value of an `else` has the place of its whole head.
    if (!error.isWhole || place.isElse) {
      writer.copyInstead(mark, head.location);
    }
    return false;
  }
}

function formatArguments(
  writer: Writer,
  { args, location }: Head,
  { isElse }: HeadPlace,
): void {
  if (args.length > 0 && !isElse) {
    formatList(writer, args, { pair: "()", location });
  }
}

/** Writes the ref of a head; false when the whole head was copied instead. */
function formatName(
  writer: Writer,
  { location, ref }: Head,
  isElse: boolean,
): boolean {
  if (isElse) {
    formatRef(writer, elseRef(location));
    return true;
  }
  const [name, key, ...more] = ref.value;
  if (writer.style.refHeads || !name || !key || more.length > 0) {
    formatRef(writer, ref);
    return true;
  }
  if (writer.nextComment?.location.row === key.location.row) {
    // A comment inside the value has no other place.
    writer.copy(location);
    return false;
  }
  writer.write(`${printTerm(name)}[${printTerm(key)}]`);
  return true;
}

function elseRef(location: Head["location"]): RefTerm {
  const value: Term[] = [{ kind: "var", value: "else", location }];
  return { kind: "ref", value, location };
}

/** The element of a set: `contains x`, or `[x]` in the notation without it. */
function formatKey(writer: Writer, { key, value }: Head): void {
  if (key === undefined || value !== undefined) {
    return;
  }
  if (writer.style.contains) {
    writer.write(" contains ");
    formatTerm(writer, key);
    return;
  }
  writer.write("[");
  inseparable(() => formatTerm(writer, key));
  writer.write("]");
}

function formatValue(
  writer: Writer,
  rule: Rule,
  { isConstant, isElse }: HeadPlace,
): void {
  const { head } = rule;
  const { args, assign, location, value } = head;
  const hasKey = !isElse && headKey(rule) !== undefined;
  const isShown =
    value !== undefined &&
    (hasKey || !isTrue(value) || isConstant || rule.default);
  if (!isShown) {
    return;
  }
  const isFact =
    writer.style.isV1 && isConstant && !hasKey && args.length === 0;
  if (!isElse && isTrue(value) && !isFact && isImplied(rule)) {
    return;
  }
  writer.write(assign || writer.style.isV1 ? " := " : " = ");
  formatTerm(writer, isElse ? { ...value, location } : value);
}

/** Whether the value `true` was not written: it has the head's own place. */
function isImplied({ generatedBody, head }: Rule): boolean {
  const { args, generatedValue, location, ref, value } = head;
  const isShort = ref.value.length === 2 && args.length === 0;
  return (
    value?.location === location &&
    (!generatedValue || generatedBody || isShort)
  );
}

function formatElse(writer: Writer, rule: Rule): void {
  const { else: branch } = rule;
  if (branch === undefined) {
    return;
  }
  const { row } = branch.head.location;
  const isBeside = standsBeside(rule, branch);
  const above = writer.nextComment?.location.row ?? row;
  const hasComment = above < row || writer.lineComment !== undefined;
  if (isBeside && !hasComment) {
    writer.write(" ");
  } else {
    writer.blankLine();
    writer.startLine();
  }
  writer.comments(row);
  if (hasComment && !isBeside) {
    writer.startLine();
  }
  formatFrom(writer, branch, true);
}

/** Whether something stands before an `else` on a line below the rule's first. */
function standsBeside({ location }: Rule, branch: Rule): boolean {
  const down = branch.location.row - location.row;
  const line = (location.text ?? "").split("\n", down + 1)[down];
  return down > 0 && line !== undefined && !line.trimStart().startsWith("else");
}

/**
 * A union first in a body, `x | y`, would be read as a comprehension: it is
 * written in parentheses.
 */
function markUnionLead(writer: Writer, expr: Expr): void {
  if (expr.negated) {
    return;
  }
  if (isLogical(expr)) {
    const lead = bareLead(expr);
    if (lead) {
      markUnionLead(writer, lead);
    }
    return;
  }
  if (isUnionExpr(expr)) {
    writer.parenthesized = expr;
    return;
  }
  const lead = expr.terms.kind === "call" ? leadOf(expr.terms) : undefined;
  if (lead && isUnion(lead)) {
    writer.parenthesized = lead;
  }
}

/** Whether a rule is written on one line, and may stand close to another such. */
export function isOneLiner(writer: Writer, rule: Rule): boolean {
  const [only, ...others] = rule.body;
  return (
    others.length === 0 &&
    !rule.default &&
    rule.else === undefined &&
    !(only && isSet(only)) &&
    writesIf(writer, rule)
  );
}
