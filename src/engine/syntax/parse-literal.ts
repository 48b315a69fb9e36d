import type { Location } from "../source.ts";
import type { Body, Expr, ExprTerms, Term } from "./ast.ts";
import {
  createExpr,
  negate,
  parseModifiers,
  parsePlain,
  parseWith,
} from "./parse-expr.ts";
import {
  hasLogicalKeywords,
  isLogicalOperator,
  type LogicalOperand,
  parseBraceOperand,
  parseGroup,
  parseLogicalTail,
  parseOrChain,
} from "./parse-logical.ts";
import { parseNotBody } from "./parse-not.ts";
import { parseTermInfix } from "./parse-term.ts";
import {
  at,
  extend,
  fail,
  futureParser,
  hint,
  illegal,
  isCallOf,
  locate,
  nested,
  type Parser,
  readKeywordAsRef,
  restore,
  restoreCopy,
  type State,
  save,
  scan,
  variable,
} from "./parser-state.ts";
import { rejectBraceOperand, rejectWith } from "./reject-operand.ts";
import { type TokenKind, tokenName } from "./token.ts";

/** body: literal { ( ";" | newline ) literal }, up to `end`, which stays. */
export function parseBody(parser: Parser, end: TokenKind): Body | undefined {
  return nested(parser, () => parseQuery(parser, end, false));
}

/** A body; with `single`, one literal alone ends it. */
export function parseQuery(
  parser: Parser,
  end: TokenKind,
  single: boolean,
): Body | undefined {
  if (at(parser, end)) {
    return fail(parser, locate(parser), "found empty body");
  }
  const body: Expr[] = [];
  for (;;) {
    const expr = parseLiteral(parser);
    if (expr === undefined) {
      return undefined;
    }
    body.push({ ...expr, index: body.length });
    if (at(parser, ";")) {
      scan(parser);
      continue;
    }
    if (at(parser, end) || single) {
      return body;
    }
    if (!parser.state.skippedNewline) {
      return parser.state.errors.length > 0
        ? undefined
        : illegal(parser, `expected \\n or ; or ${tokenName(end)}`);
    }
  }
}

/** literal: [ "not" ] expr { "with" term "as" term } | some | every | and | or. */
export function parseLiteral(parser: Parser): Expr | undefined {
  const start = locate(parser);
  const expr = parseLiteralTerms(parser);
  if (expr === undefined) {
    return undefined;
  }
  const location = extend(parser, start);
  const { terms } = expr;
  // Under `future.keywords.not` what is negated spans the `not` too.
  return terms.kind === "not" && !terms.explicit
    ? {
        ...expr,
        location,
        terms: {
          ...terms,
          body: terms.body.map((inner) => ({ ...inner, location })),
        },
      }
    : { ...expr, location };
}

function parseLiteralTerms(parser: Parser): Expr | undefined {
  if (at(parser, "{") && hasLogicalKeywords(parser)) {
    const operand = parseBraceOperand(parser);
    if (operand) {
      return operand.expr;
    }
  }
  if (at(parser, "(") && hasLogicalKeywords(parser)) {
    const group = parseGroup(parser, false, "");
    if (group) {
      return group.operand && parseLogicalTail(parser, group.operand);
    }
  }
  if (readKeywordAsRef(parser)) {
    return parseExpression(parser, undefined);
  }
  return parseNegatable(parser);
}

/** [ "not" ] ( body | some | every | expr ). */
function parseNegatable(parser: Parser): Expr | undefined {
  const not = at(parser, "not") ? locate(parser) : undefined;
  if (not) {
    scan(parser);
  }
  if (not && parser.notBodies && at(parser, "{")) {
    const body = parseNotBody(parser, not);
    return (
      body &&
      parseLogicalTail(parser, {
        body: [body],
        explicit: false,
        location: body.location,
      })
    );
  }
  if (at(parser, "some")) {
    return not
      ? illegal(parser, "illegal negation of 'some'")
      : parseSome(parser);
  }
  if (at(parser, "every")) {
    return not
      ? illegal(parser, "illegal negation of 'every'")
      : parseEvery(parser);
  }
  return parseExpression(parser, not);
}

/** A plain expression, negated if `not` was read, and what may follow it. */
function parseExpression(
  parser: Parser,
  not: Location | undefined,
): Expr | undefined {
  const start = save(parser);
  if (not && parser.notBodies && at(parser, "(")) {
    const group = parseGroup(parser, true, "not ");
    if (group) {
      return group.operand && parseNegatedGroup(parser, not, group.operand);
    }
  }
  const place = locate(parser);
  const plain = parsePlain(parser, place);
  if (plain === undefined) {
    return undefined;
  }
  const withPlace = at(parser, "with") ? locate(parser) : undefined;
  const modifiers = parseModifiers(parser);
  if (modifiers === undefined) {
    return undefined;
  }
  hintEvery(parser, plain, start);
  const expr: Expr = { ...negate(parser, plain, not), with: modifiers };
  if (!isLogicalOperator(parser)) {
    return expr;
  }
  if (withPlace) {
    return rejectWith(parser, withPlace);
  }
  if (!not && plain.location.text?.startsWith("{")) {
    return rejectBraceOperand(parser, plain);
  }
  const { location } = expr;
  const chain = parseOrChain(parser, {
    body: [expr],
    explicit: false,
    location,
  });
  return chain && parseWith(parser, chain);
}

function parseNegatedGroup(
  parser: Parser,
  not: Location,
  { body, explicit }: LogicalOperand,
): Expr | undefined {
  const location = extend(parser, not);
  const expr = createExpr({ kind: "not", body, explicit, location }, location);
  return parseLogicalTail(parser, { body: [expr], explicit: false, location });
}

/** `every x in xs {` without its import reads as a variable: say what is missing. */
function hintEvery(parser: Parser, { terms }: Expr, start: State): void {
  const isEvery =
    parser.regoVersion === 0 &&
    terms.kind === "term" &&
    terms.term.kind === "var" &&
    terms.term.value === "every";
  if (!isEvery) {
    return;
  }
  const here = save(parser);
  restoreCopy(parser, start);
  const found = parseEvery(futureParser(parser));
  restore(parser, here);
  if (found) {
    hint(
      parser,
      "`import future.keywords.every` for `every x in xs { ... }` expressions",
    );
  }
}

/** some: "some" vars | "some" [ key "," ] value "in" collection. */
function parseSome(parser: Parser): Expr | undefined {
  const location = locate(parser);
  const start = save(parser);
  scan(parser);
  const term = parseTermInfix(parser);
  if (term?.kind === "call") {
    const domain = memberDomain(term);
    if (domain !== "known") {
      return illegal(
        parser,
        domain ?? "expected `x in xs` or `x, y in xs` expression",
      );
    }
    return parseWith(
      parser,
      createExpr({ kind: "some", symbols: [term], location }, location),
    );
  }
  restore(parser, start);
  hintIn(parser);
  const symbols: Term[] = [];
  do {
    scan(parser);
    if (!at(parser, "identifier")) {
      return illegal(parser, "expected var");
    }
    symbols.push(variable(parser));
    scan(parser);
  } while (at(parser, ","));
  return createExpr({ kind: "some", symbols, location }, location);
}

/** What is wrong with a call as `x in xs`; undefined when it is none. */
function memberDomain({
  operands,
  operator,
}: Extract<Term, { kind: "call" }>): "known" | "illegal domain" | undefined {
  for (const count of [2, 3]) {
    if (isCallOf(operator, `internal.member_${count}`)) {
      return operands.length === count ? "known" : "illegal domain";
    }
  }
  return undefined;
}

/** `some x in xs` in v0 lacks an import: say so if an error follows. */
function hintIn(parser: Parser): void {
  if (parser.regoVersion !== 0) {
    return;
  }
  const start = save(parser);
  scan(parser);
  const term = parseTermInfix(futureParser(parser));
  restore(parser, start);
  if (term?.kind === "call" && memberDomain(term)) {
    hint(parser, "`import future.keywords.in` for `some x in xs` expressions");
  }
}

const everyForm = "expected `x[, y] in xs { ... }` expression";

/** every: "every" [ key "," ] value "in" domain "{" body "}". */
function parseEvery(parser: Parser): Expr | undefined {
  const location = locate(parser);
  scan(parser);
  const term = parseTermInfix(parser);
  if (term === undefined) {
    return undefined;
  }
  const form = term.kind === "call" ? memberDomain(term) : undefined;
  if (term.kind !== "call" || form !== "known") {
    return illegal(parser, form ?? everyForm);
  }
  const [domain, value, key] = term.operands.toReversed() as [
    Term,
    Term,
    Term?,
  ];
  if (key && key.kind !== "var") {
    return illegal(parser, "expected key to be a variable");
  }
  if (value.kind !== "var") {
    return illegal(parser, "expected value to be a variable");
  }
  if (!at(parser, "{")) {
    return illegal(parser, "missing body");
  }
  scan(parser);
  const body = parseBody(parser, "}");
  if (body === undefined) {
    return undefined;
  }
  scan(parser);
  const every: ExprTerms = {
    kind: "every",
    key,
    value,
    domain,
    body,
    location,
  };
  return parseWith(parser, createExpr(every, location));
}
