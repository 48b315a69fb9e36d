import { PolicyError } from "../error.ts";
import type { Location } from "../source.ts";
import type { Body, Term } from "./ast.ts";
import { parseBody } from "./parse-expr.ts";
import { parseTermInfix, parseTerms } from "./parse-term.ts";
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
  withPipe,
} from "./parser-state.ts";

/** Arrays, sets, objects and the three comprehensions. */
export function parseCollection(state: ParserState): Term {
  const location = locate(state, state.token);
  if (accept(state, "[")) {
    return withPipe(state, false, () => parseArray(state, location));
  }
  expect(state, "{");
  if (accept(state, "}")) {
    return { kind: "object", value: [], location };
  }
  return withPipe(state, false, () => parseSetOrObject(state, location));
}

/** "[" terms "]" or "[" term "|" body "]". */
function parseArray(state: ParserState, location: Location): Term {
  const comprehension = tryComprehension(state, "]", () => {
    const term = parseTermInfix(state);
    return (body: Body): Term => ({
      kind: "arraycomprehension",
      term,
      body,
      location,
    });
  });
  return (
    comprehension ?? { kind: "array", value: parseTerms(state, "]"), location }
  );
}

/** "{" … "}" after the brace, not empty. */
function parseSetOrObject(state: ParserState, location: Location): Term {
  const comprehension = tryComprehension(state, "}", () => {
    const first = parseTermInfix(state);
    if (!accept(state, ":")) {
      return (body: Body): Term => ({
        kind: "setcomprehension",
        term: first,
        body,
        location,
      });
    }
    const value = parseTermInfix(state);
    return (body: Body): Term => ({
      kind: "objectcomprehension",
      key: first,
      value,
      body,
      location,
    });
  });
  if (comprehension) {
    return comprehension;
  }
  const first = parseTermInfix(state);
  if (at(state, ":")) {
    return parseObject(state, first, location);
  }
  if (!at(state, "}") && !accept(state, ",")) {
    unexpected(state, '"," or "}"');
  }
  return { kind: "set", value: [first, ...parseTerms(state, "}")], location };
}

function parseObject(
  state: ParserState,
  firstKey: Term,
  location: Location,
): Term {
  const entries: [Term, Term][] = [];
  let key = firstKey;
  for (;;) {
    expect(state, ":");
    entries.push([key, parseTermInfix(state)]);
    if (accept(state, "}")) {
      break;
    }
    if (!accept(state, ",")) {
      unexpected(state, '"," or "}"');
    }
    if (accept(state, "}")) {
      break;
    }
    key = parseTermInfix(state);
  }
  return { kind: "object", value: entries, location };
}

/**
 * `head | body end`. A `|` may also be the union operator, so an attempt that
 * fails goes back and lets the caller read a plain collection.
 */
function tryComprehension(
  state: ParserState,
  end: "]" | "}",
  parseHead: () => (body: Body) => Term,
): Term | undefined {
  const start = mark(state);
  const depth = state.depth;
  try {
    const finish = withPipe(state, true, parseHead);
    if (at(state, "|")) {
      advance(state);
      const body = parseBody(state, end);
      expect(state, end);
      return finish(body);
    }
  } catch (error) {
    if (!(error instanceof PolicyError)) {
      throw error;
    }
  }
  state.depth = depth;
  rewind(state, start);
  return undefined;
}
