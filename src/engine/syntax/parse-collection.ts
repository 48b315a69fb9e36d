import { PolicyError } from "../error.ts";
import type { Location } from "../source.ts";
import type { Body, Term } from "./ast.ts";
import { parseBody } from "./parse-expr.ts";
import { parseTerm, parseTermInfix, parseTerms } from "./parse-term.ts";
import {
  accept,
  advance,
  at,
  expect,
  locate,
  mark,
  type ParserState,
  rewind,
  unexpected,
} from "./parser-state.ts";

/** Arrays, sets, objects and the three comprehensions. */
export function parseCollection(state: ParserState): Term {
  const location = locate(state, state.token);
  if (accept(state, "[")) {
    return parseArray(state, location);
  }
  expect(state, "{");
  if (accept(state, "}")) {
    return { kind: "object", value: [], location };
  }
  return parseSetOrObject(state, location);
}

/** "[" terms "]" or "[" term "|" body "]". */
function parseArray(state: ParserState, location: Location): Term {
  if (accept(state, "]")) {
    return { kind: "array", value: [], location };
  }
  const term = parseTerm(state);
  const body = tryBody(state, "]");
  if (body) {
    return { kind: "arraycomprehension", term, body, location };
  }
  const first = parseTermInfix(state, term);
  return { kind: "array", value: parseRest(state, first, "]"), location };
}

/** "{" … "}" after the brace, not empty. */
function parseSetOrObject(state: ParserState, location: Location): Term {
  const term = parseTerm(state);
  const body = tryBody(state, "}");
  if (body) {
    return { kind: "setcomprehension", term, body, location };
  }
  const first = parseTermInfix(state, term);
  return at(state, ":")
    ? parseObject(state, first, location)
    : { kind: "set", value: parseRest(state, first, "}"), location };
}

/** The terms of a list after its first one, up to `end`, which is taken. */
function parseRest(state: ParserState, first: Term, end: "]" | "}"): Term[] {
  if (!at(state, end) && !accept(state, ",")) {
    unexpected(state, `"," or "${end}"`);
  }
  return [first, ...parseTerms(state, end)];
}

function parseObject(state: ParserState, key: Term, location: Location): Term {
  expect(state, ":");
  const term = parseTerm(state);
  const body = tryBody(state, "}");
  if (body) {
    return { kind: "objectcomprehension", key, value: term, body, location };
  }
  const entries: [Term, Term][] = [[key, parseTermInfix(state, term)]];
  while (!accept(state, "}")) {
    if (!accept(state, ",")) {
      unexpected(state, '"," or "}"');
    }
    if (accept(state, "}")) {
      break;
    }
    const next = parseTermInfix(state);
    expect(state, ":");
    entries.push([next, parseTermInfix(state)]);
  }
  return { kind: "object", value: entries, location };
}

/**
 * "|" body end, of a comprehension. The bar may also be the union operator:
 * where no body follows but a list goes on, the state returns to the bar. Each
 * bar is tried once, so that nesting costs no more than its square.
 */
function tryBody(state: ParserState, end: "]" | "}"): Body | undefined {
  const bar = mark(state);
  if (!at(state, "|") || state.unions.has(bar.token.start)) {
    return undefined;
  }
  const { depth } = state;
  try {
    advance(state);
    const body = parseBody(state, end);
    expect(state, end);
    return body;
  } catch (error) {
    if (!(error instanceof PolicyError) || !at(state, ",")) {
      throw error;
    }
  }
  state.unions.add(bar.token.start);
  state.depth = depth;
  rewind(state, bar);
  return undefined;
}
