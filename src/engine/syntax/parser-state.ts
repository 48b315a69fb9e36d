import type { Location } from "../source.ts";
import type { RefTerm, StringTerm, Term, VarTerm } from "./ast.ts";
import type { Lexer } from "./lexer.ts";
import { keywords, type Token, type TokenKind } from "./token.ts";

/** The productions that a term reaches, in files that themselves need terms. */
export type Grammar = {
  /** An array, a set, an object, or a comprehension. */
  readonly collection: (state: ParserState) => Term;
  readonly template: (state: ParserState) => Term;
};

/** What the parse functions share: one token of look-ahead and few switches. */
export type ParserState = {
  readonly lexer: Lexer;
  readonly regoVersion: 0 | 1;
  /** The future keywords that are words of the language here. */
  readonly enabled: Set<string>;
  token: Token;
  /** The token before `token`; adjacency decides calls and refs. */
  previous: Token;
  /** Counts `_`, which become `$0`, `$1`, … */
  wildcards: { count: number };
  /** Where a `|` was found to be the union operator, not a comprehension's bar. */
  readonly unions: Set<number>;
  readonly grammar: Grammar;
  depth: number;
};

// Deeper nesting than any real policy; keeps the stack of the host safe.
const maxDepth = 300;

const keywordSet: ReadonlySet<string> = new Set(keywords);

const futureKeywords: ReadonlySet<string> = new Set([
  "in",
  "every",
  "if",
  "contains",
  "and",
  "or",
]);

/** Starts at the first token of the lexer's range. */
export function createParserState(
  lexer: Lexer,
  regoVersion: 0 | 1,
  grammar: Grammar,
  shared: Partial<Pick<ParserState, "enabled" | "wildcards">> = {},
): ParserState {
  const enabled =
    shared.enabled ??
    new Set(regoVersion === 1 ? ["in", "every", "if", "contains"] : []);
  const first = lexer.next();
  const state: ParserState = {
    lexer,
    regoVersion,
    enabled,
    token: first,
    previous: { ...first, end: first.start, text: "" },
    wildcards: shared.wildcards ?? { count: 0 },
    unions: new Set(),
    grammar,
    depth: 0,
  };
  state.token = demote(state, first);
  return state;
}

/** A future keyword that is not enabled is an identifier; so is `if` in `if.x`. */
function demote(state: ParserState, token: Token): Token {
  const isOff =
    futureKeywords.has(token.kind) && !state.enabled.has(token.kind);
  const isRefHead =
    keywordSet.has(token.kind) && state.lexer.source.text[token.end] === ".";
  return isOff || isRefHead ? { ...token, kind: "identifier" } : token;
}

/** Moves to the next token and returns the one left behind. */
export function advance(state: ParserState): Token {
  const { token } = state;
  state.previous = token;
  state.token = demote(state, state.lexer.next());
  return token;
}

/** True when the current token is of this kind. */
export function at(state: ParserState, kind: TokenKind): boolean {
  return state.token.kind === kind;
}

/** Takes the token if it is of this kind. */
export function accept(state: ParserState, kind: TokenKind): boolean {
  if (state.token.kind !== kind) {
    return false;
  }
  advance(state);
  return true;
}

/** Takes the token, which must be of this kind. */
export function expect(
  state: ParserState,
  kind: TokenKind,
  what: string = kind,
): Token {
  return state.token.kind === kind ? advance(state) : unexpected(state, what);
}

/** Throws: the current token cannot stand here. */
export function unexpected(state: ParserState, what?: string): never {
  const { token } = state;
  const hint = what === undefined ? "" : `: expected ${what}`;
  return state.lexer.source.fail(
    `unexpected ${describe(token)}${hint}`,
    token.start,
  );
}

function describe(token: Token): string {
  switch (token.kind) {
    case "eof":
      return "eof token";
    case "identifier":
      return "identifier token";
    case "number":
      return "number token";
    case "string":
    case "template":
      return "string token";
    default:
      return /^[a-z]/.test(token.kind)
        ? `${token.kind} keyword`
        : `${token.text} token`;
  }
}

/** True when no blank stands between the previous token and this one. */
export function isAdjacent(state: ParserState): boolean {
  return state.previous.end === state.token.start;
}

export type Mark = {
  readonly offset: number;
  readonly token: Token;
  readonly previous: Token;
  readonly wildcards: number;
};

/** Remembers the place, for a second attempt. */
export function mark(state: ParserState): Mark {
  return {
    offset: state.lexer.offset(),
    token: state.token,
    previous: state.previous,
    wildcards: state.wildcards.count,
  };
}

/** Goes back to a remembered place. */
export function rewind(state: ParserState, place: Mark): void {
  state.lexer.seek(place.offset);
  state.token = place.token;
  state.previous = place.previous;
  state.wildcards.count = place.wildcards;
}

/** Runs a parse one level deeper; too deep is a parse error. */
export function nested<T>(state: ParserState, parse: () => T): T {
  state.depth += 1;
  if (state.depth > maxDepth) {
    state.lexer.source.fail("nested too deeply", state.token.start);
  }
  const value = parse();
  state.depth -= 1;
  return value;
}

/** The place of a token. */
export function locate(state: ParserState, token: Token): Location {
  return { file: state.lexer.source.file, row: token.row, col: token.col };
}

/** A ref to a builtin by its dotted name. */
export function operatorRef(name: string, location: Location): RefTerm {
  const [head = "", ...rest] = name.split(".");
  const first: VarTerm = { kind: "var", value: head, location };
  const tail = rest.map(
    (value): StringTerm => ({ kind: "string", value, location }),
  );
  return { kind: "ref", value: [first, ...tail], location };
}

/** A call of a builtin as a term. */
export function callTerm(
  name: string,
  operands: readonly Term[],
  location: Location,
): Term {
  return {
    kind: "call",
    operator: operatorRef(name, location),
    operands,
    location,
  };
}
