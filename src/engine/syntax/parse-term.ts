import type { Location } from "../source.ts";
import type { RefTerm, Term } from "./ast.ts";
import {
  accept,
  advance,
  at,
  callTerm,
  expect,
  isAdjacent,
  locate,
  nested,
  type ParserState,
  unexpected,
} from "./parser-state.ts";
import { keywords } from "./token.ts";

const keywordSet: ReadonlySet<string> = new Set(keywords);

/** Parses an operand; with `first`, goes on behind a primary already read. */
type ParseOperand = (state: ParserState, first?: Term) => Term;

/** term-in: relation [ "in" relation ]; lowest precedence. */
export function parseTermInfix(state: ParserState, first?: Term): Term {
  return nested(state, () => parseMembers(state, parseRelation(state, first)));
}

/** { "in" relation } after a first operand. */
export function parseMembers(state: ParserState, first: Term): Term {
  let left = first;
  while (at(state, "in")) {
    const location = locate(state, advance(state));
    const right = parseRelation(state);
    left = callTerm("internal.member_2", [left, right], location);
  }
  return left;
}

const relations: Readonly<Record<string, string>> = {
  "==": "equal",
  "!=": "neq",
  "<": "lt",
  "<=": "lte",
  ">": "gt",
  ">=": "gte",
};

/** relation: union { ( "==" | "!=" | "<" | "<=" | ">" | ">=" ) union }. */
export const parseRelation = level(
  relations,
  // union: intersection { "|" intersection }.
  level(
    { "|": "or" },
    // intersection: sum { "&" sum }.
    level(
      { "&": "and" },
      // sum: factor { ( "+" | "-" ) factor }.
      level(
        { "+": "plus", "-": "minus" },
        // factor: primary { ( "*" | "/" | "%" ) primary }.
        level(
          { "*": "mul", "/": "div", "%": "rem" },
          (state, first) => first ?? parseTerm(state),
        ),
      ),
    ),
  ),
);

/** One level of left-associative operators over the next tighter one. */
function level(
  operators: Readonly<Record<string, string>>,
  parseOperand: ParseOperand,
): ParseOperand {
  return (state, first) => {
    let left = parseOperand(state, first);
    for (;;) {
      const name = operators[state.token.kind];
      if (name === undefined) {
        return left;
      }
      const location = locate(state, advance(state));
      left = callTerm(name, [left, parseOperand(state)], location);
    }
  };
}

/** primary: scalar | ref | call | composite | comprehension | "(" term ")". */
export function parseTerm(state: ParserState): Term {
  const { token } = state;
  const location = locate(state, token);
  switch (token.kind) {
    case "null":
      advance(state);
      return { kind: "null", location };
    case "true":
    case "false":
      advance(state);
      return { kind: "boolean", value: token.kind === "true", location };
    case "number":
      advance(state);
      return { kind: "number", value: token.text, location };
    case "-":
      return parseNegative(state, location);
    case "string":
      advance(state);
      return { kind: "string", value: token.value, location };
    case "template":
      return state.grammar.template(state);
    case "identifier":
    case "contains":
      return parseSuffixes(state, parseVar(state), location);
    case "[":
    case "{":
      return parseSuffixes(
        state,
        nested(state, () => state.grammar.collection(state)),
        location,
      );
    case "(":
      return parseParentheses(state);
    default:
      return unexpected(state, "rule value term");
  }
}

function parseNegative(state: ParserState, location: Location): Term {
  advance(state);
  if (!at(state, "number") || !isAdjacent(state)) {
    return unexpected(state, "number");
  }
  return { kind: "number", value: `-${advance(state).text}`, location };
}

function parseVar(state: ParserState): Term {
  const token = advance(state);
  const location = locate(state, token);
  if (token.text === "_") {
    const value = `$${state.wildcards.count}`;
    state.wildcards.count += 1;
    return { kind: "var", value, location };
  }
  return { kind: "var", value: token.text, location };
}

/** "(" term ")" or "(" key "," value "in" collection ")". */
function parseParentheses(state: ParserState): Term {
  expect(state, "(");
  const first = parseTermInfix(state);
  if (accept(state, ")")) {
    return first;
  }
  expect(state, ",", ")");
  const value = parseRelation(state);
  const location = locate(state, expect(state, "in"));
  const domain = parseTermInfix(state);
  expect(state, ")");
  return callTerm("internal.member_3", [first, value, domain], location);
}

/** suffix: "." name | "[" term "]" | "(" terms ")", with no blank before it. */
function parseSuffixes(
  state: ParserState,
  head: Term,
  location: Location,
): Term {
  let term = head;
  while (isAdjacent(state)) {
    if (at(state, ".") || at(state, "[")) {
      term = parseRefSuffixes(state, term, location);
    } else if (at(state, "(") && isCallable(term)) {
      term = parseCall(state, term, location);
    } else {
      return term;
    }
  }
  return term;
}

function isCallable(term: Term): boolean {
  return (
    term.kind === "var" ||
    (term.kind === "ref" &&
      term.value.slice(1).every(({ kind }) => kind === "string"))
  );
}

/** All adjacent "." and "[" suffixes make one ref. */
export function parseRefSuffixes(
  state: ParserState,
  head: Term,
  location: Location,
): RefTerm {
  const terms: Term[] = head.kind === "ref" ? [...head.value] : [head];
  while (isAdjacent(state) && (at(state, ".") || at(state, "["))) {
    if (accept(state, ".")) {
      const { token } = state;
      if (token.kind !== "identifier" && !keywordSet.has(token.kind)) {
        unexpected(state, "identifier");
      }
      advance(state);
      terms.push({
        kind: "string",
        value: token.text,
        location: locate(state, token),
      });
    } else {
      advance(state);
      terms.push(parseTermInfix(state));
      expect(state, "]");
    }
  }
  return { kind: "ref", value: terms, location };
}

function parseCall(state: ParserState, callee: Term, location: Location): Term {
  const operator: RefTerm =
    callee.kind === "ref" ? callee : { kind: "ref", value: [callee], location };
  expect(state, "(");
  const operands = parseTerms(state, ")");
  if (isSetLiteral(operator) && operands.length === 0) {
    return { kind: "set", value: [], location };
  }
  return { kind: "call", operator, operands, location };
}

function isSetLiteral({ value }: RefTerm): boolean {
  const [head] = value;
  return value.length === 1 && head?.kind === "var" && head.value === "set";
}

/** Terms up to `end`, which is taken; a trailing comma is allowed. */
export function parseTerms(state: ParserState, end: ")" | "]" | "}"): Term[] {
  const terms: Term[] = [];
  while (!accept(state, end)) {
    terms.push(parseTermInfix(state));
    if (!at(state, end) && !accept(state, ",")) {
      unexpected(state, `"," or "${end}"`);
    }
  }
  return terms;
}
