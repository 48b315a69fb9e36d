import type { Location } from "../source.ts";
import type { Body, Expr, ExprTerms, Term, With } from "./ast.ts";
import { parseMembers, parseRelation, parseTermInfix } from "./parse-term.ts";
import {
  accept,
  advance,
  at,
  callTerm,
  expect,
  locate,
  mark,
  nested,
  operatorRef,
  type ParserState,
  rewind,
  unexpected,
} from "./parser-state.ts";
import type { TokenKind } from "./token.ts";

/** body: literal { ( ";" | newline ) literal }, up to `end`, which stays. */
export function parseBody(state: ParserState, end: TokenKind): Body {
  const body: Expr[] = [];
  while (accept(state, ";")) {
    // Leading separators are allowed.
  }
  if (at(state, end)) {
    return state.lexer.source.fail("found empty body", state.token.start);
  }
  while (!at(state, end)) {
    body.push(parseExpr(state, body.length));
    if (at(state, end)) {
      break;
    }
    const separated = accept(state, ";");
    if (!separated && state.token.row === state.previous.endRow) {
      unexpected(state, `\\n or ; or ${end}`);
    }
    while (accept(state, ";")) {
      // Several separators count as one.
    }
  }
  return body;
}

/** literal: [ "not" ] expr { "with" term "as" term } | some | every. */
export function parseExpr(state: ParserState, index: number): Expr {
  return nested(state, () => {
    const location = locate(state, state.token);
    const negated = accept(state, "not");
    const terms = parseTerms(state, location, negated);
    return {
      index,
      negated,
      generated: false,
      terms,
      with: parseWith(state),
      location,
    };
  });
}

function parseTerms(
  state: ParserState,
  location: Location,
  negated: boolean,
): ExprTerms {
  if (at(state, "some")) {
    return negated ? unexpected(state) : parseSome(state);
  }
  if (at(state, "every")) {
    return negated ? unexpected(state) : parseEvery(state);
  }
  if (negated && at(state, "{") && state.enabled.has("not-block")) {
    advance(state);
    const body = parseBody(state, "}");
    expect(state, "}");
    return { kind: "not", body, location };
  }
  return parsePlain(state);
}

/** expr: term [ ( ":=" | "=" ) term ] | term "," term "in" term. */
function parsePlain(state: ParserState): ExprTerms {
  const left = parseTermInfix(state);
  const member = parseKeyedMember(state, left);
  if (member) {
    return member;
  }
  if (at(state, ":=") || at(state, "=")) {
    const token = advance(state);
    const right = parseTermInfix(state);
    const name = token.kind === ":=" ? "assign" : "eq";
    return {
      kind: "call",
      operator: operatorRef(name, locate(state, token)),
      operands: [left, right],
    };
  }
  return left.kind === "call"
    ? { kind: "call", operator: left.operator, operands: left.operands }
    : { kind: "term", term: left };
}

/** key "," value "in" collection; otherwise the comma belongs to a list around. */
function parseKeyedMember(
  state: ParserState,
  key: Term,
): ExprTerms | undefined {
  if (!at(state, ",") || !state.enabled.has("in")) {
    return undefined;
  }
  const comma = mark(state);
  advance(state);
  const value = parseRelation(state);
  if (!at(state, "in")) {
    rewind(state, comma);
    return undefined;
  }
  const location = locate(state, advance(state));
  const member = callTerm(
    "internal.member_3",
    [key, value, parseRelation(state)],
    location,
  );
  const whole = parseMembers(state, member);
  return whole.kind === "call"
    ? { kind: "call", operator: whole.operator, operands: whole.operands }
    : { kind: "term", term: whole };
}

/** some: "some" vars | "some" [ key "," ] value "in" collection. */
function parseSome(state: ParserState): ExprTerms {
  const location = locate(state, advance(state));
  const symbols = [parseRelation(state)];
  while (accept(state, ",")) {
    symbols.push(parseRelation(state));
  }
  if (!at(state, "in")) {
    for (const symbol of symbols) {
      if (symbol.kind !== "var") {
        state.lexer.source.fail(
          "expected identifier or `in`",
          state.token.start,
        );
      }
    }
    return { kind: "some", symbols, location };
  }
  const at_ = locate(state, advance(state));
  const domain = parseTermInfix(state);
  if (symbols.length > 2) {
    state.lexer.source.fail(
      "expected at most a key and a value",
      state.token.start,
    );
  }
  const name = symbols.length === 1 ? "internal.member_2" : "internal.member_3";
  const call = callTerm(name, [...symbols, domain], at_);
  return { kind: "some", symbols: [call], location };
}

/** every: "every" [ key "," ] value "in" domain "{" body "}". */
function parseEvery(state: ParserState): ExprTerms {
  const location = locate(state, advance(state));
  const first = parseRelation(state);
  const second = accept(state, ",") ? parseRelation(state) : undefined;
  for (const variable of [first, second]) {
    if (variable && variable.kind !== "var") {
      state.lexer.source.fail("expected identifier", state.token.start);
    }
  }
  expect(state, "in");
  const domain = parseTermInfix(state);
  expect(state, "{");
  const body = parseBody(state, "}");
  expect(state, "}");
  return {
    kind: "every",
    key: second ? first : undefined,
    value: second ?? first,
    domain,
    body,
    location,
  };
}

function parseWith(state: ParserState): With[] {
  const modifiers: With[] = [];
  while (at(state, "with")) {
    const location = locate(state, advance(state));
    const target = parseTermInfix(state);
    expect(state, "as");
    modifiers.push({ target, value: parseTermInfix(state), location });
  }
  return modifiers;
}
