import type { Location } from "../source.ts";
import type { Term } from "./ast.ts";
import { parseBody } from "./parse-literal.ts";
import { parseListTerm, parseTerm, parseTermList } from "./parse-term.ts";
import {
  at,
  illegal,
  locate,
  type Parser,
  restore,
  type State,
  save,
  scan,
  span,
} from "./parser-state.ts";

/** Arrays, sets, objects and the three comprehensions; the last token stays current. */
export function parseCollection(parser: Parser): Term | undefined {
  const start = locate(parser);
  const parse = at(parser, "[") ? parseArray : parseSetOrObject;
  scan(parser);
  const term = parse(parser, start);
  return (
    term && {
      ...term,
      location: span(parser, start, start.offset ?? 0, parser.state.token.end),
    }
  );
}

/** A leading comma is allowed, as in OPA; no comprehension begins with one. */
function skipComma(parser: Parser): boolean {
  const found = at(parser, ",");
  if (found) {
    scan(parser);
  }
  return found;
}

/** "[" terms "]" or "[" term "|" body "]". */
function parseArray(parser: Parser, location: Location): Term | undefined {
  if (at(parser, "]")) {
    return { kind: "array", value: [], location };
  }
  const mayComprehend = !skipComma(parser);
  const first = save(parser);
  const head = parseTerm(parser);
  if (head === undefined) {
    return undefined;
  }
  if (at(parser, "]")) {
    return { kind: "array", value: [head], location };
  }
  if (at(parser, ",")) {
    scan(parser);
    return list("array", parseTermList(parser, "]", [head]), location);
  }
  if (at(parser, "|") && mayComprehend) {
    scan(parser);
    const body = parseBody(parser, "]");
    if (body) {
      return { kind: "arraycomprehension", term: head, body, location };
    }
    // A list with a union in it goes on with a comma.
    if (!at(parser, ",")) {
      return undefined;
    }
  }
  restore(parser, first);
  return list("array", parseTermList(parser, "]"), location);
}

function list(
  kind: "array" | "set",
  value: readonly Term[] | undefined,
  location: Location,
): Term | undefined {
  return value && { kind, value, location };
}

/** What stands between braces. */
function parseSetOrObject(
  parser: Parser,
  location: Location,
): Term | undefined {
  if (at(parser, "}")) {
    return { kind: "object", value: [], location };
  }
  const mayComprehend = !skipComma(parser);
  const first = save(parser);
  const head = parseTerm(parser);
  if (head === undefined) {
    return undefined;
  }
  if (at(parser, "}") || at(parser, ",")) {
    return parseSet(parser, head, location);
  }
  if (at(parser, ":")) {
    return parseObject(parser, head, mayComprehend, location);
  }
  if (at(parser, "|") && mayComprehend) {
    return parseSetComprehension(parser, head, first, location);
  }
  restore(parser, first);
  const whole = parseListTerm(parser);
  if (whole === undefined) {
    return undefined;
  }
  if (at(parser, "}") || at(parser, ",")) {
    return parseSet(parser, whole, location);
  }
  return at(parser, ":")
    ? parseObject(parser, whole, mayComprehend, location)
    : illegal(parser, "non-terminated set");
}

/** A set's terms after its first. */
function parseSet(
  parser: Parser,
  head: Term,
  location: Location,
): Term | undefined {
  if (at(parser, "}")) {
    return { kind: "set", value: [head], location };
  }
  scan(parser);
  return list("set", parseTermList(parser, "}", [head]), location);
}

/** term "|" body "}", or a set whose first term is a union. */
function parseSetComprehension(
  parser: Parser,
  head: Term,
  first: State,
  location: Location,
): Term | undefined {
  scan(parser);
  const body = parseBody(parser, "}");
  if (body) {
    return { kind: "setcomprehension", term: head, body, location };
  }
  if (!at(parser, ",")) {
    return undefined;
  }
  restore(parser, first);
  return list("set", parseTermList(parser, "}"), location);
}

/** key ":" value and what follows; the colon is current. */
function parseObject(
  parser: Parser,
  key: Term,
  mayComprehend: boolean,
  location: Location,
): Term | undefined {
  scan(parser);
  const start = save(parser);
  const value = parseTerm(parser);
  if (value === undefined) {
    return undefined;
  }
  let mayRelate = true;
  if (
    mayComprehend &&
    (at(parser, "}") || at(parser, ",") || at(parser, "|"))
  ) {
    mayRelate = at(parser, "|");
    const object = at(parser, "|")
      ? parseObjectComprehension(parser, key, value, location)
      : parseEntries(parser, key, value, location);
    if (object) {
      return object;
    }
  }
  restore(parser, start);
  if (mayRelate) {
    const whole = parseListTerm(parser);
    if (whole === undefined) {
      return undefined;
    }
    if (at(parser, "}") || at(parser, ",")) {
      return parseEntries(parser, key, whole, location);
    }
  }
  return illegal(parser, "non-terminated object");
}

function parseObjectComprehension(
  parser: Parser,
  key: Term,
  value: Term,
  location: Location,
): Term | undefined {
  scan(parser);
  const body = parseBody(parser, "}");
  return body && { kind: "objectcomprehension", key, value, body, location };
}

/** An object's entries after its first. */
function parseEntries(
  parser: Parser,
  firstKey: Term,
  firstValue: Term,
  location: Location,
): Term | undefined {
  const value: [Term, Term][] = [[firstKey, firstValue]];
  while (at(parser, ",")) {
    scan(parser);
    if (at(parser, "}")) {
      break;
    }
    const key = parseListTerm(parser);
    if (key === undefined) {
      return undefined;
    }
    if (!at(parser, ":")) {
      return illegal(parser, 'expected ":"');
    }
    scan(parser);
    const next = parseListTerm(parser);
    if (next === undefined) {
      return undefined;
    }
    value.push([key, next]);
  }
  return at(parser, "}")
    ? { kind: "object", value, location }
    : illegal(parser, 'expected "," or "}"');
}
