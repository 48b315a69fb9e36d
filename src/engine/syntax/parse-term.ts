import type { Location } from "../source.ts";
import type { RefTerm, Term } from "./ast.ts";
import { parseCollection } from "./parse-collection.ts";
import { parseTemplate } from "./parse-template.ts";
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
  withPipe,
} from "./parser-state.ts";
import { keywords } from "./token.ts";

const keywordSet: ReadonlySet<string> = new Set(keywords);

/** term-in: relation [ "in" relation ]; lowest precedence. */
export function parseTermInfix(state: ParserState): Term {
  return nested(state, () => {
    let left = parseRelation(state);
    while (at(state, "in")) {
      const location = locate(state, advance(state));
      const right = parseRelation(state);
      left = callTerm("internal.member_2", [left, right], location);
    }
    return left;
  });
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
export function parseRelation(state: ParserState): Term {
  return parseLevel(state, relations, parseUnion);
}

/** union: intersection { "|" intersection }, unless `|` ends a comprehension's head. */
function parseUnion(state: ParserState): Term {
  return state.noPipe
    ? parseIntersection(state)
    : parseLevel(state, { "|": "or" }, parseIntersection);
}

/** intersection: sum { "&" sum }. */
function parseIntersection(state: ParserState): Term {
  return parseLevel(state, { "&": "and" }, parseSum);
}

/** sum: factor { ( "+" | "-" ) factor }. */
function parseSum(state: ParserState): Term {
  return parseLevel(state, { "+": "plus", "-": "minus" }, parseFactor);
}

/** factor: primary { ( "*" | "/" | "%" ) primary }. */
function parseFactor(state: ParserState): Term {
  return parseLevel(state, { "*": "mul", "/": "div", "%": "rem" }, parseTerm);
}

function parseLevel(
  state: ParserState,
  operators: Readonly<Record<string, string>>,
  parseOperand: (state: ParserState) => Term,
): Term {
  let left = parseOperand(state);
  for (;;) {
    const name = operators[state.token.kind];
    if (name === undefined) {
      return left;
    }
    const location = locate(state, advance(state));
    const right = parseOperand(state);
    left = callTerm(name, [left, right], location);
  }
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
      return parseTemplate(state);
    case "identifier":
    case "contains":
      return parseSuffixes(state, parseVar(state), location);
    case "[":
    case "{":
      return parseSuffixes(
        state,
        nested(state, () => parseCollection(state)),
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
  const term = withPipe(state, false, () => {
    const first = parseTermInfix(state);
    if (!accept(state, ",")) {
      return first;
    }
    const value = parseRelation(state);
    const { token } = state;
    expect(state, "in");
    const domain = parseTermInfix(state);
    return callTerm(
      "internal.member_3",
      [first, value, domain],
      locate(state, token),
    );
  });
  expect(state, ")");
  return term;
}

/** suffix: "." name | "[" term "]" | "(" terms ")", with no blank before it. */
export function parseSuffixes(
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
      terms.push(withPipe(state, false, () => parseTermInfix(state)));
      expect(state, "]");
    }
  }
  return { kind: "ref", value: terms, location };
}

function parseCall(state: ParserState, callee: Term, location: Location): Term {
  const operator: RefTerm =
    callee.kind === "ref" ? callee : { kind: "ref", value: [callee], location };
  expect(state, "(");
  const operands = withPipe(state, false, () => parseTerms(state, ")"));
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
