import type { Comment } from "./ast.ts";
import { endOfQuoted, scanTemplate, unquote } from "./scan-string.ts";
import { createSourceText, type SourceText } from "./source-text.ts";
import {
  keywords,
  punctuations,
  type TemplatePart,
  type Token,
  type TokenKind,
} from "./token.ts";

/** A cursor over source text; `offset` and `seek` make look-ahead cheap. */
export type Lexer = {
  readonly source: SourceText;
  readonly comments: Comment[];
  /** The next token. */
  next(): Token;
  offset(): number;
  seek(offset: number): void;
};

type Cursor = {
  readonly source: SourceText;
  readonly comments: Comment[];
  readonly limit: number;
  position: number;
};

const identifierStart = /[A-Za-z_]/;
const identifier = /[A-Za-z_][A-Za-z0-9_]*/y;
const number = /(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const blanks = /[ \t\n\r\ufeff]*/y;
const keywordSet: ReadonlySet<string> = new Set(keywords);

/** Creates a lexer over a text, or over its part from `start` to `end`. */
export function createLexer(
  source: SourceText,
  range: { readonly start: number; readonly end: number } = {
    start: 0,
    end: source.text.length,
  },
): Lexer {
  const cursor: Cursor = {
    source,
    comments: [],
    limit: range.end,
    position: range.start,
  };
  return {
    source,
    comments: cursor.comments,
    next: () => scan(cursor),
    offset: () => cursor.position,
    seek: (offset) => {
      cursor.position = offset;
    },
  };
}

/** Creates a lexer over a whole file. */
export function createFileLexer(file: string, text: string): Lexer {
  return createLexer(createSourceText(file, text));
}

function scan(cursor: Cursor): Token {
  skipBlank(cursor);
  const { limit, position: start, source } = cursor;
  const { text } = source;
  if (start >= limit) {
    return token(cursor, "eof", start);
  }
  const character = text[start] ?? "";
  if (identifierStart.test(character)) {
    return scanWord(cursor);
  }
  if (character >= "0" && character <= "9") {
    return scanNumber(cursor);
  }
  if (character === '"') {
    const end = endOfQuoted(source, start, limit);
    const value = unquote(source, text.slice(start, end), start);
    return token(cursor, "string", end, { value });
  }
  if (character === "`") {
    return scanRaw(cursor);
  }
  if (character === "$" && /["`]/.test(text[start + 1] ?? "")) {
    const { parts, end } = scanTemplate(source, start, limit);
    return token(cursor, "template", end, { parts });
  }
  const mark = punctuations.find((one) => text.startsWith(one, start));
  return mark
    ? token(cursor, mark, start + mark.length)
    : source.fail("illegal token", start);
}

/** Ends a token that starts at the cursor, and moves behind it. */
function token(
  cursor: Cursor,
  kind: TokenKind,
  end: number,
  extra: { value?: string; parts?: readonly TemplatePart[] } = {},
): Token {
  const { position: start, source } = cursor;
  cursor.position = end;
  const text = source.text.slice(start, end);
  return {
    kind,
    text,
    value: extra.value ?? text,
    start,
    end,
    ...source.place(start),
    endRow: source.place(Math.max(start, end - 1)).row,
    ...(extra.parts ? { parts: extra.parts } : {}),
  };
}

/** Skips blanks and gathers comments. */
function skipBlank(cursor: Cursor): void {
  const { comments, limit, source } = cursor;
  for (;;) {
    blanks.lastIndex = cursor.position;
    const skipped = blanks.exec(source.text)?.[0].length ?? 0;
    cursor.position = Math.min(limit, cursor.position + skipped);
    if (cursor.position >= limit || source.text[cursor.position] !== "#") {
      return;
    }
    const newline = source.text.indexOf("\n", cursor.position);
    const end = newline < 0 || newline > limit ? limit : newline;
    const place = source.place(cursor.position);
    // A rewound parse meets the same comment again.
    if ((comments.at(-1)?.location.row ?? 0) < place.row) {
      comments.push({
        text: source.text.slice(cursor.position + 1, end).replace(/\r$/, ""),
        location: { file: source.file, ...place },
      });
    }
    cursor.position = end;
  }
}

function scanWord(cursor: Cursor): Token {
  identifier.lastIndex = cursor.position;
  const word = identifier.exec(cursor.source.text)?.[0] ?? "";
  const kind = keywordSet.has(word) ? (word as TokenKind) : "identifier";
  return token(cursor, kind, cursor.position + word.length);
}

function scanNumber(cursor: Cursor): Token {
  const { position: start, source } = cursor;
  number.lastIndex = start;
  const end = start + (number.exec(source.text)?.[0] ?? "").length;
  if (/[0-9A-Za-z_]/.test(source.text[end] ?? "")) {
    source.fail("illegal number format", start);
  }
  return token(cursor, "number", end);
}

function scanRaw(cursor: Cursor): Token {
  const { limit, position: start, source } = cursor;
  const end = source.text.indexOf("`", start + 1);
  if (end < 0 || end >= limit) {
    source.fail("non-terminated string", start);
  }
  const value = source.text.slice(start + 1, end);
  return token(cursor, "string", end + 1, { value });
}
