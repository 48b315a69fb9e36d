import type { Location } from "../source.ts";
import type { RefTerm, Term } from "./ast.ts";
import { parseNumber, parseString } from "./parse-scalar.ts";
import {
  at,
  fail,
  illegal,
  isRefKeyword,
  locate,
  nested,
  operatorRef,
  type Parser,
  peek,
  readKeywordAsRef,
  restore,
  restoreCopy,
  save,
  scan,
  scanBlank,
  span,
  variable,
} from "./parser-state.ts";
import { type TokenKind, tokenName } from "./token.ts";

/** Parses an operand; with `first`, goes on behind one already read. */
type ParseOperand = (
  parser: Parser,
  offset: number,
  first?: Term,
) => Term | undefined;

/** term: relation { [ "," relation ] "in" relation }; lowest precedence. */
export function parseTermInfix(parser: Parser): Term | undefined {
  return parseMembers(parser, true, parser.state.token.start);
}

/** The same inside a list, where a comma ends the term. */
export function parseListTerm(parser: Parser): Term | undefined {
  return parseMembers(parser, false, parser.state.token.start);
}

function parseMembers(
  parser: Parser,
  keyed: boolean,
  offset: number,
): Term | undefined {
  let left = parseRelation(parser, offset);
  while (left !== undefined) {
    const member: Term | undefined =
      (keyed && at(parser, ",")
        ? parseKeyedMember(parser, left, offset)
        : undefined) ?? parseMember(parser, left, offset);
    if (member === undefined) {
      return left;
    }
    left = member;
    if (!at(parser, "in")) {
      return left;
    }
  }
  return left;
}

/** key "," value "in" collection; the comma may also belong to a list around. */
function parseKeyedMember(
  parser: Parser,
  key: Term,
  offset: number,
): Term | undefined {
  const saved = save(parser);
  scan(parser);
  const value = parseRelation(parser, offset);
  if (value !== undefined && at(parser, "in")) {
    const operator = operatorRef("internal.member_3", locate(parser));
    scan(parser);
    const domain = parseRelation(parser, parser.state.token.start);
    if (domain !== undefined) {
      return {
        kind: "call",
        operator,
        operands: [key, value, domain],
        location: span(parser, key.location, offset),
      };
    }
  }
  restore(parser, saved);
  return undefined;
}

function parseMember(
  parser: Parser,
  left: Term,
  offset: number,
): Term | undefined {
  readKeywordAsRef(parser);
  if (!at(parser, "in")) {
    return undefined;
  }
  const operator = operatorRef("internal.member_2", locate(parser));
  scan(parser);
  const right = parseRelation(parser, parser.state.token.start);
  return (
    right && {
      kind: "call",
      operator,
      operands: [left, right],
      location: span(parser, left.location, offset),
    }
  );
}

/** relation: union { ( "==" | "!=" | "<" | "<=" | ">" | ">=" ) union }. */
const parseRelation = level(
  ["==", "!=", "<", ">", "<=", ">="],
  // union: intersection { "|" intersection }.
  level(
    ["|"],
    // intersection: sum { "&" sum }.
    level(
      ["&"],
      // sum: factor { ( "+" | "-" ) factor }.
      level(
        ["+", "-"],
        // factor: primary { ( "*" | "/" | "%" ) primary }.
        level(["*", "/", "%"], (parser) => parseTerm(parser)),
      ),
    ),
  ),
);

/** One level of left-associative operators over the next tighter one. */
function level(
  operators: readonly TokenKind[],
  parseOperand: ParseOperand,
): ParseOperand {
  const kinds: ReadonlySet<TokenKind> = new Set(operators);
  return (parser, offset) => {
    let left = parseOperand(parser, offset);
    while (left !== undefined && kinds.has(parser.state.kind)) {
      const name = tokenName(parser.state.kind);
      const operator = operatorRef(name, locate(parser));
      scan(parser);
      const right = parseOperand(parser, parser.state.token.start);
      // The fault of the right side is recorded; what was read so far stands.
      if (right === undefined) {
        return left;
      }
      left = {
        kind: "call",
        operator,
        operands: [left, right],
        location: span(parser, left.location, offset),
      };
    }
    return left;
  };
}

/** primary: scalar | ref | call | composite | comprehension | "(" term ")". */
export function parseTerm(parser: Parser): Term | undefined {
  const { start } = parser.state.token;
  const known = parser.terms.findLast(({ offset }) => offset <= start);
  if (known?.offset === start) {
    restoreCopy(parser, known.after);
    return known.term;
  }
  const term = nested(parser, () => parsePrimary(parser));
  remember(parser, start, term);
  return term;
}

/** Terms behind the start of this one lie inside it: they are done with. */
function remember(
  parser: Parser,
  offset: number,
  term: Term | undefined,
): void {
  const { terms } = parser;
  while ((terms.at(-1)?.offset ?? -1) >= offset) {
    terms.pop();
  }
  terms.push({ offset, term, after: save(parser) });
}

function parsePrimary(parser: Parser): Term | undefined {
  readOperatorAsCall(parser);
  const minus = at(parser, "-") ? readUnaryMinus(parser) : undefined;
  const head = minus ? variable(parser) : parseHead(parser);
  const term = head && parseSuffixes(parser, head);
  if (!minus || !term) {
    return term;
  }
  const zero: Term = { kind: "number", value: "0", location: minus };
  return {
    kind: "call",
    operator: operatorRef("minus", minus),
    operands: [zero, term],
    location: span(parser, minus, minus.offset ?? 0),
  };
}

/** `and(x, y)` and `or(x, y)` are calls where a term is expected. */
function readOperatorAsCall(parser: Parser): void {
  if ((at(parser, "and") || at(parser, "or")) && peek(parser) === "(") {
    parser.state.kind = "identifier";
  }
}

/** The place of a minus that stands before a name, which is then current. */
function readUnaryMinus(parser: Parser): Location | undefined {
  const location = locate(parser);
  const saved = save(parser);
  scan(parser);
  if (at(parser, "identifier") || at(parser, "contains")) {
    return location;
  }
  restore(parser, saved);
  return undefined;
}

/** A term without what follows it; its last token stays current. */
function parseHead(parser: Parser): Term | undefined {
  const { kind } = parser.state;
  switch (kind) {
    case "null":
      return { kind: "null", location: locate(parser) };
    case "true":
    case "false":
      return {
        kind: "boolean",
        value: kind === "true",
        location: locate(parser),
      };
    case "-":
    case ".":
    case "number":
      return parseNumber(parser);
    case "string":
      return parseString(parser);
    case "template-string-part":
    case "template-string-end":
      return parser.grammar.template(parser, false);
    case "raw-template-string-part":
    case "raw-template-string-end":
      return parser.grammar.template(parser, true);
    case "identifier":
    case "contains":
      return variable(parser);
    case "[":
    case "{":
      return parser.grammar.collection(parser);
    case "(":
      return parseParentheses(parser);
    default:
      return illegal(parser);
  }
}

function parseParentheses(parser: Parser): Term | undefined {
  const { start } = parser.state.token;
  scan(parser);
  const term = parseTermInfix(parser);
  if (term === undefined) {
    return undefined;
  }
  if (!at(parser, ")")) {
    return fail(parser, locate(parser), "non-terminated expression");
  }
  return {
    ...term,
    location: span(parser, term.location, start, parser.state.token.end),
  };
}

/** What adjoins a head: "." name | "[" term "]" | "(" terms ")". */
function parseSuffixes(parser: Parser, head: Term): Term | undefined {
  const offset = parser.state.token.start;
  scanBlank(parser);
  return parseRefBehind(parser, head, offset);
}

/** A ref if the current token goes on with one, else the head itself. */
export function parseRefBehind(
  parser: Parser,
  head: Term,
  offset: number,
): Term | undefined {
  if (at(parser, "(") || at(parser, ".") || at(parser, "[")) {
    return parseRef(parser, head, offset);
  }
  if (at(parser, "whitespace")) {
    scan(parser);
  }
  return isRoot(head)
    ? { kind: "ref", value: [head], location: head.location }
    : head;
}

/** `input` and `data` are refs even alone. */
function isRoot(term: Term): boolean {
  return (
    term.kind === "var" && (term.value === "input" || term.value === "data")
  );
}

function parseRef(
  parser: Parser,
  head: Term,
  offset: number,
): Term | undefined {
  if (!mayHeadRef(head)) {
    const message = `illegal ref (head cannot be ${head.kind})`;
    fail(parser, head.location, message);
  }
  const terms: Term[] = [head];
  const finish = (): RefTerm => ({
    kind: "ref",
    value: terms,
    location: span(parser, head.location, offset),
  });
  for (;;) {
    switch (parser.state.kind) {
      case ".": {
        const name = parseDotName(parser);
        if (name === undefined) {
          return undefined;
        }
        terms.push(name);
        break;
      }
      case "(": {
        const location = span(
          parser,
          head.location,
          offset,
          parser.state.token.start,
        );
        const operator: RefTerm = { kind: "ref", value: terms, location };
        return parseCallBehind(parser, operator, offset);
      }
      case "[": {
        const key = parseKey(parser);
        if (key === undefined) {
          return undefined;
        }
        terms.push(key);
        break;
      }
      case "whitespace": {
        const ref = finish();
        scan(parser);
        return ref;
      }
      default:
        return finish();
    }
  }
}

function parseDotName(parser: Parser): Term | undefined {
  scanBlank(parser);
  if (!at(parser, "identifier") && !isRefKeyword(parser, parser.state.kind)) {
    return illegal(parser, "expected identifier");
  }
  const location = locate(parser);
  const { lit } = parser.state.token;
  scanBlank(parser);
  return { kind: "string", value: lit, location };
}

function parseKey(parser: Parser): Term | undefined {
  scan(parser);
  const key = parseTermInfix(parser);
  if (key === undefined) {
    return undefined;
  }
  if (!at(parser, "]")) {
    return illegal(parser, "expected [");
  }
  scanBlank(parser);
  return key;
}

/** A call, and the ref into its value that may follow. */
function parseCallBehind(
  parser: Parser,
  operator: RefTerm,
  offset: number,
): Term | undefined {
  const call = parseCall(parser, operator, offset);
  if (call === undefined) {
    return undefined;
  }
  if (at(parser, "whitespace")) {
    scan(parser);
    return call;
  }
  return at(parser, ".") || at(parser, "[")
    ? parseRef(parser, call, offset)
    : call;
}

function parseCall(
  parser: Parser,
  operator: RefTerm,
  offset: number,
): Term | undefined {
  scan(parser);
  const operands = at(parser, ")") ? [] : parseTermList(parser, ")");
  if (operands === undefined) {
    return undefined;
  }
  const { end } = parser.state.token;
  scanBlank(parser);
  const location = span(parser, operator.location, offset, end);
  return operands.length === 0 && isSetConstructor(operator)
    ? { kind: "set", value: [], location }
    : { kind: "call", operator, operands, location };
}

function isSetConstructor({ value }: RefTerm): boolean {
  const [head] = value;
  return value.length === 1 && head?.kind === "var" && head.value === "set";
}

function mayHeadRef({ kind }: Term): boolean {
  switch (kind) {
    case "var":
    case "array":
    case "object":
    case "set":
    case "arraycomprehension":
    case "setcomprehension":
    case "objectcomprehension":
    case "call":
      return true;
    default:
      return false;
  }
}

/** Terms up to `end`, which stays; a trailing comma is allowed. */
export function parseTermList(
  parser: Parser,
  end: ")" | "]" | "}",
  first: readonly Term[] = [],
): Term[] | undefined {
  const terms = [...first];
  while (!at(parser, end)) {
    const term = parseListTerm(parser);
    if (term === undefined) {
      return undefined;
    }
    terms.push(term);
    if (at(parser, end)) {
      break;
    }
    if (!at(parser, ",")) {
      return illegal(parser, `expected "," or "${end}"`);
    }
    scan(parser);
  }
  return terms;
}
