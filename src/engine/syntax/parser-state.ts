import { PolicyError } from "../error.ts";
import type { Location } from "../source.ts";
import type { Body, RefTerm, StringTerm, Term, VarTerm } from "./ast.ts";
import {
  baseKeywords,
  futureKeywords,
  isKeywordIn,
  isKeywordToken,
  type TokenKind,
  tokenName,
  v1Keywords,
} from "./token.ts";
import { type Token, TokenStream } from "./token-stream.ts";

/** The productions that others reach only through the parser. */
export type Grammar = {
  /** A body up to `end`, which stays. */
  readonly body: (parser: Parser, end: TokenKind) => Body | undefined;
  /** An array, a set, an object, or a comprehension. */
  readonly collection: (parser: Parser) => Term | undefined;
  readonly template: (parser: Parser, raw: boolean) => Term | undefined;
};

/** Words that are keywords at this place of the file. */
type Keywords = Map<string, TokenKind>;

/** What a second attempt goes back to. */
export type State = {
  token: Token;
  /** What the current token is where it stands. */
  kind: TokenKind;
  /** Where the token before ended, blanks not counted. */
  lastEnd: number;
  skippedNewline: boolean;
  /** Counts `_`, which become `$0`, `$1`, … */
  wildcards: number;
  errors: readonly ParseFault[];
  hints: readonly string[];
};

/** A fault that counts unless the parser goes back before it: no error yet, which would cost a stack. */
export type ParseFault = { readonly text: string; readonly location: Location };

export function toError({ text, location }: ParseFault): PolicyError {
  // The place of a token, not of what it is part of.
  const { file, row, col } = location;
  return new PolicyError("rego_parse_error", text, {
    location: { file, row, col },
  });
}

/** What a term was found to be, and where the parser was behind it. */
type KnownTerm = {
  readonly offset: number;
  readonly term: Term | undefined;
  readonly after: State;
};

/**
 * The parser of one text. A production returns undefined when it does not
 * apply or has failed; faults gather in `state.errors`, and going back to a
 * saved state forgets those found since. This is how OPA's parser works, and
 * what decides which faults it reports.
 */
export type Parser = {
  readonly file: string;
  readonly text: string;
  readonly tokens: TokenStream;
  readonly regoVersion: 0 | 1;
  readonly grammar: Grammar;
  keywords: Keywords;
  /** `import future.keywords.not` is in force. */
  notBodies: boolean;
  /** What OPA's parser places elsewhere keeps its place. */
  asWritten: boolean;
  state: State;
  /** Terms inside the one being read, by rising offset: a second attempt is free. */
  terms: KnownTerm[];
  depth: number;
};

// Deeper nesting than any real policy has; keeps within the host's stack.
const maxDepth = 300;

/** A parser at the first token of a text. */
export function createParser(
  file: string,
  text: string,
  regoVersion: 0 | 1,
  grammar: Grammar,
): Parser {
  const words =
    regoVersion === 1 ? [...baseKeywords, ...v1Keywords] : baseKeywords;
  const tokens = new TokenStream(file, text);
  const parser: Parser = {
    file,
    text,
    tokens,
    regoVersion,
    grammar,
    keywords: new Map([...words].map((word) => [word, word as TokenKind])),
    notBodies: false,
    asWritten: false,
    state: {
      token: tokens.start,
      kind: "illegal",
      lastEnd: 0,
      skippedNewline: false,
      wildcards: 0,
      errors: [],
      hints: [],
    },
    terms: [],
    depth: 0,
  };
  scan(parser);
  return parser;
}

/** A word becomes a keyword from here on; `every` is written with `in`. */
export function addKeyword(parser: Parser, word: string): void {
  parser.keywords.set(word, word as TokenKind);
  if (word === "every") {
    parser.keywords.set("in", "in");
  }
}

/** The same parser with all future keywords, for hints on what is missing. */
export function futureParser(parser: Parser): Parser {
  const keywords: Keywords = new Map(parser.keywords);
  for (const word of [...v1Keywords, ...futureKeywords]) {
    keywords.set(word, word);
  }
  return { ...parser, keywords, state: save(parser), terms: [] };
}

/** The same parser without any future keyword: import paths may name them. */
export function presentParser(parser: Parser): Parser {
  const keywords: Keywords = new Map(parser.keywords);
  for (const word of [...v1Keywords, ...futureKeywords]) {
    keywords.delete(word);
  }
  return { ...parser, keywords, state: save(parser), terms: [] };
}

/** Remembers the place, for a second attempt. */
export function save({ state }: Parser): State {
  return { ...state };
}

/** Goes back to a remembered place, which must not be used again. */
export function restore(parser: Parser, state: State): void {
  parser.state = state;
}

/** Goes back to a remembered place and keeps it for another time. */
export function restoreCopy(parser: Parser, state: State): void {
  parser.state = { ...state };
}

/** True when the current token is of this kind. */
export function at({ state }: Parser, kind: TokenKind): boolean {
  return state.kind === kind;
}

/** Moves to the next token that is neither blank nor comment. */
export function scan(parser: Parser): void {
  enter(parser, parser.tokens.after(parser.state.token));
}

/** Moves to the next token, which may be a blank. */
export function scanBlank(parser: Parser): void {
  const { state, tokens } = parser;
  const next = tokens.after(state.token);
  enter(parser, tokens.blankBefore(next) ?? next);
}

/** Moves to the next piece of a template string. */
export function scanTemplate(parser: Parser, raw: boolean): void {
  enter(parser, parser.tokens.pieceAfter(parser.state.token, raw));
}

function enter(parser: Parser, token: Token): void {
  const { state } = parser;
  if (state.token.kind !== "whitespace") {
    state.lastEnd = state.token.end;
    state.skippedNewline = token.newline;
  }
  state.token = token;
  state.kind = kindOf(parser, token);
  for (const message of token.errors) {
    fail(parser, locate(parser), message);
  }
}

function kindOf({ keywords }: Parser, { kind, lit }: Token): TokenKind {
  return kind === "identifier" ? (keywords.get(lit) ?? kind) : kind;
}

/** The place and text of the current token. */
export function locate(parser: Parser): Location {
  const { row, col, start, end } = parser.state.token;
  return {
    file: parser.file,
    row,
    col,
    text: parser.text.slice(start, end),
    offset: start,
  };
}

/** A place whose text reaches from `start` to `end`. */
export function span(
  parser: Parser,
  location: Location,
  start: number,
  end: number = parser.state.lastEnd,
): Location {
  return { ...location, text: parser.text.slice(start, end) };
}

/** A place whose text reaches up to the token before the current one. */
export function extend(parser: Parser, location: Location): Location {
  return span(parser, location, location.offset ?? 0);
}

/** Adds what may help to the next error. */
export function hint({ state }: Parser, text: string): void {
  state.hints = [...state.hints, text];
}

/** Records a fault. */
export function fail(
  parser: Parser,
  location: Location,
  message: string,
): undefined {
  const { state } = parser;
  const text = `${message}${hintText(state.hints)}`;
  state.errors = [...state.errors, { text, location }];
  state.hints = [];
}

function hintText(hints: readonly string[]): string {
  if (hints.length === 0) {
    return "";
  }
  const noun = hints.length === 1 ? "hint" : "hints";
  return ` (${noun}: ${hints.join(", ")})`;
}

/** Records that the current token cannot stand here. */
export function illegal(parser: Parser, note = ""): undefined {
  const { kind } = parser.state;
  if (kind === "illegal") {
    return fail(parser, locate(parser), "illegal token");
  }
  const type = isKeywordToken(kind) ? "keyword" : "token";
  const rest = note === "" ? "" : `: ${note}`;
  const message = `unexpected ${tokenName(kind)} ${type}${rest}`;
  return fail(parser, locate(parser), message);
}

/** Runs a parse one level deeper; too deep is a fault with this outcome. */
export function nested<T>(
  parser: Parser,
  parse: () => T | undefined,
  tooDeep?: T,
): T | undefined {
  if (parser.depth >= maxDepth) {
    fail(parser, locate(parser), "max parsing recursion depth exceeded");
    return tooDeep;
  }
  parser.depth += 1;
  const value = parse();
  parser.depth -= 1;
  return value;
}

/** True for a keyword, which a ref may have as its head or behind a dot. */
export function isRefKeyword(parser: Parser, kind: TokenKind): boolean {
  return isKeywordIn(kind, parser.regoVersion) || parser.keywords.has(kind);
}

/** The kind of the token behind the current one, blanks counted. */
export function peek(parser: Parser): TokenKind {
  const next = parser.tokens.after(parser.state.token);
  return next.blank ? "whitespace" : kindOf(parser, next);
}

/** Reads a keyword with a `.` or `[` behind it as the head of a ref. */
export function readKeywordAsRef(parser: Parser): boolean {
  if (!isRefKeyword(parser, parser.state.kind)) {
    return false;
  }
  const after = peek(parser);
  if (after !== "." && after !== "[") {
    return false;
  }
  parser.state.kind = "identifier";
  return true;
}

/** A variable's term; each `_` gets a name of its own. */
export function variable(parser: Parser): VarTerm {
  const { lit } = parser.state.token;
  const value = lit === "_" ? wildcard(parser) : lit;
  return { kind: "var", value, location: locate(parser) };
}

/** The name of the next wildcard. */
export function wildcard({ state }: Parser): string {
  const name = `$${state.wildcards}`;
  state.wildcards += 1;
  return name;
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

/** True for a call of the builtin of this name. */
export function isCallOf(operator: RefTerm, name: string): boolean {
  const text = operator.value
    .map((term) =>
      term.kind === "var" || term.kind === "string" ? term.value : "",
    )
    .join(".");
  return text === name;
}
