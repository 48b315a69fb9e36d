import type { Location } from "../source.ts";
import type { Body, Expr, LogicalExpr } from "./ast.ts";
import { createExpr, negate, parsePlain, parseWith } from "./parse-expr.ts";
import { parseNotBody } from "./parse-not.ts";
import { parseTerm, parseTermInfix } from "./parse-term.ts";
import {
  at,
  extend,
  fail,
  hint,
  locate,
  nested,
  type Parser,
  peek,
  restore,
  restoreCopy,
  type State,
  save,
  scan,
} from "./parser-state.ts";
import {
  isAmbiguousUnion,
  rejectBraceLed,
  rejectUnion,
  rejectVoidCalls,
  rejectWith,
} from "./reject-operand.ts";

/** One side of `and` or `or`. */
export type LogicalOperand = {
  readonly body: Body;
  /** Written with braces. */
  readonly explicit: boolean;
  readonly location: Location;
};

/** A parenthesised group: its operand, or undefined after a fault. */
type Group = { readonly operand: LogicalOperand | undefined };

/** True where `and` or `or` is imported. */
export function hasLogicalKeywords({ keywords }: Parser): boolean {
  return keywords.has("and") || keywords.has("or");
}

export function isLogicalOperator(parser: Parser): boolean {
  return at(parser, "and") || at(parser, "or");
}

/**
 * "{" body "}" at the start of a literal, if an operator follows. Undefined
 * when it does not: the braces are something else.
 */
export function parseBraceOperand(
  parser: Parser,
): { readonly expr: Expr | undefined } | undefined {
  const start = save(parser);
  const location = locate(parser);
  scan(parser);
  const body = parser.grammar.body(parser, "}");
  if (body) {
    scan(parser);
    if (isLogicalOperator(parser)) {
      if (isAmbiguousUnion(body)) {
        return { expr: rejectUnion(parser, location, body, "") };
      }
      const chain = parseOrChain(parser, { body, explicit: true, location });
      return { expr: chain && parseWith(parser, chain) };
    }
  }
  restore(parser, start);
  return undefined;
}

/** An operand with the chain that may follow, and the modifiers of the whole. */
export function parseLogicalTail(
  parser: Parser,
  operand: LogicalOperand,
): Expr | undefined {
  const expr = isLogicalOperator(parser)
    ? parseOrChain(parser, operand)
    : operand.body[0];
  return expr && parseWith(parser, expr);
}

/** or-chain: and-chain { "or" and-chain }, from its first operand on. */
export function parseOrChain(
  parser: Parser,
  first: LogicalOperand,
): Expr | undefined {
  return nested(parser, () => {
    let left: LogicalOperand | undefined = at(parser, "and")
      ? parseAndChain(parser, first)
      : first;
    while (left && at(parser, "or")) {
      scan(parser);
      const right = parseOperand(parser, "or");
      const whole: LogicalOperand | undefined =
        right && at(parser, "and") ? parseAndChain(parser, right) : right;
      left = whole && combine(parser, "or", left, whole);
    }
    return left?.body[0];
  });
}

/** and-chain: operand { "and" operand }. */
function parseAndChain(
  parser: Parser,
  first: LogicalOperand,
): LogicalOperand | undefined {
  let left: LogicalOperand | undefined = first;
  while (left && at(parser, "and")) {
    scan(parser);
    const right = parseOperand(parser, "and");
    left = right && combine(parser, "and", left, right);
  }
  return left;
}

function combine(
  parser: Parser,
  kind: LogicalExpr["kind"],
  left: LogicalOperand,
  right: LogicalOperand,
): LogicalOperand {
  rejectVoidCalls(parser, left.body, kind);
  rejectVoidCalls(parser, right.body, kind);
  const location = extend(parser, left.location);
  const terms: LogicalExpr = {
    kind,
    left: left.body,
    right: right.body,
    explicitLeft: left.explicit,
    explicitRight: right.explicit,
    location,
  };
  return { body: [createExpr(terms, location)], explicit: false, location };
}

/** operand: "{" body "}" | [ "not" ] ( group | expr ). `operator` is "" when tried. */
function parseOperand(
  parser: Parser,
  operator: string,
): LogicalOperand | undefined {
  if (at(parser, "{")) {
    return parseBraces(parser, operator);
  }
  if (!isNegation(parser)) {
    const group = parseOperandGroup(parser, "");
    return group ? group.operand : parsePlainOperand(parser, undefined);
  }
  const not = locate(parser);
  scan(parser);
  if (parser.notBodies && at(parser, "{")) {
    const body = parseNotBody(parser, not);
    return body && { body: [body], explicit: false, location: body.location };
  }
  const group = parser.notBodies
    ? parseOperandGroup(parser, "not ")
    : undefined;
  return group
    ? negateGroup(parser, not, group.operand)
    : parsePlainOperand(parser, not);
}

function parseOperandGroup(parser: Parser, prefix: string): Group | undefined {
  return at(parser, "(") && hasLogicalKeywords(parser)
    ? parseGroup(parser, true, prefix)
    : undefined;
}

function parsePlainOperand(
  parser: Parser,
  not: Location | undefined,
): LogicalOperand | undefined {
  const plain = parsePlain(parser, locate(parser));
  if (plain === undefined) {
    return undefined;
  }
  const expr = negate(parser, plain, not);
  return { body: [expr], explicit: false, location: expr.location };
}

/** `not` as a word of its own, not as the head of a ref. */
function isNegation(parser: Parser): boolean {
  if (!at(parser, "not")) {
    return false;
  }
  const after = peek(parser);
  return after !== "." && after !== "[";
}

function negateGroup(
  parser: Parser,
  not: Location,
  group: LogicalOperand | undefined,
): LogicalOperand | undefined {
  if (!group) {
    return undefined;
  }
  const { body, explicit } = group;
  const location = extend(parser, not);
  const expr = createExpr({ kind: "not", body, explicit, location }, location);
  return { body: [expr], explicit: false, location };
}

function parseBraces(
  parser: Parser,
  operator: string,
): LogicalOperand | undefined {
  const location = locate(parser);
  const start = save(parser);
  scan(parser);
  const isEmpty = at(parser, "}");
  const body = parser.grammar.body(parser, "}");
  if (body === undefined) {
    if (!isEmpty && operator !== "") {
      rejectValueOperand(parser, location, start, operator);
    }
    return undefined;
  }
  scan(parser);
  if (isAmbiguousUnion(body)) {
    rejectUnion(parser, location, body, "");
  }
  return { body, explicit: true, location };
}

function rejectValueOperand(
  parser: Parser,
  location: Location,
  start: State,
  operator: string,
): void {
  const failed = save(parser);
  restore(parser, start);
  if (parseTermInfix(parser) === undefined) {
    restore(parser, failed);
    return;
  }
  rejectBraceLed(
    parser,
    location,
    extend(parser, location).text ?? "",
    operator,
  );
}

/**
 * "(" operands ")". Undefined when the parentheses hold a plain term, which the
 * caller then reads.
 */
export function parseGroup(
  parser: Parser,
  isOperand: boolean,
  prefix: string,
): Group | undefined {
  return nested(parser, () => parseGroupInside(parser, isOperand, prefix), {
    operand: undefined,
  });
}

function parseGroupInside(
  parser: Parser,
  isOperand: boolean,
  prefix: string,
): Group | undefined {
  const start = save(parser);
  const open = locate(parser);
  scan(parser);
  if (at(parser, ")")) {
    if (isOperand) {
      return { operand: fail(parser, open, "empty parenthesized group") };
    }
    restore(parser, start);
    return undefined;
  }
  const first = parseOperand(parser, "");
  if (first === undefined) {
    restore(parser, start);
    return undefined;
  }
  if (isLogicalOperator(parser)) {
    return { operand: closeChain(parser, open, first) };
  }
  if (at(parser, "with") && !first.explicit && first.body.length === 1) {
    return closeWith(parser, { open, start, first, isOperand });
  }
  if (first.explicit) {
    return closeBraces(parser, { open, start, first, prefix });
  }
  if (isLogical(first.body) || isNegated(first.body)) {
    return {
      operand: closes(parser)
        ? { ...first, location: extend(parser, open) }
        : undefined,
    };
  }
  restore(parser, start);
  return undefined;
}

/** The rest of `(a and b with x as y)`. */
function closeChain(
  parser: Parser,
  open: Location,
  first: LogicalOperand,
): LogicalOperand | undefined {
  const chain = parseOrChain(parser, first);
  const expr = chain && parseWith(parser, chain);
  return expr && closes(parser)
    ? { body: [expr], explicit: false, location: extend(parser, open) }
    : undefined;
}

type Opened = {
  readonly open: Location;
  readonly start: State;
  readonly first: LogicalOperand;
};

/** The rest of `(a with x as y)`: a group if an operator is near. */
function closeWith(
  parser: Parser,
  { open, start, first, isOperand }: Opened & { readonly isOperand: boolean },
): Group | undefined {
  const place = locate(parser);
  const expr = parseWith(parser, first.body[0] as Expr);
  if (expr === undefined) {
    return { operand: undefined };
  }
  if (isLogicalOperator(parser)) {
    return { operand: rejectWith(parser, place) };
  }
  if (!closes(parser)) {
    return { operand: undefined };
  }
  if (isOperand || isLogicalOperator(parser)) {
    return {
      operand: {
        body: [expr],
        explicit: false,
        location: extend(parser, open),
      },
    };
  }
  restore(parser, start);
  return undefined;
}

/** `({ … })` is a value in parentheses, or a body that they cannot wrap. */
function closeBraces(
  parser: Parser,
  { open, start, first, prefix }: Opened & { readonly prefix: string },
): Group | undefined {
  const braces = extend(parser, first.location).text;
  restoreCopy(parser, start);
  scan(parser);
  const term = parseTerm(parser);
  restore(parser, start);
  if (term !== undefined) {
    return undefined;
  }
  hint(parser, `drop the parens to keep the body: \`${prefix}${braces}\``);
  return {
    operand: fail(
      parser,
      open,
      "`(...)` in an operand position cannot contain a body",
    ),
  };
}

function closes(parser: Parser): boolean {
  if (!at(parser, ")")) {
    fail(parser, locate(parser), "expected ) to close parenthesized group");
    return false;
  }
  scan(parser);
  return true;
}

function isLogical(body: Body): boolean {
  const kind = body[0]?.terms.kind;
  return body.length === 1 && (kind === "and" || kind === "or");
}

function isNegated(body: Body): boolean {
  const [expr] = body;
  return body.length === 1 && (expr?.negated || expr?.terms.kind === "not");
}
