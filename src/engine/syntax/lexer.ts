import { PolicyError } from "../error.ts";
import type { Comment } from "./ast.ts";
import {
  keywords,
  punctuations,
  type TemplatePart,
  type Token,
  type TokenKind,
} from "./token.ts";

/** A cursor over source text; `save` and `restore` make look-ahead cheap. */
export type Lexer = {
  readonly file: string;
  readonly text: string;
  readonly comments: Comment[];
  /** The next token. */
  next(): Token;
  offset(): number;
  seek(offset: number): void;
  fail(message: string, offset: number): never;
};

const identifierStart = /[A-Za-z_]/;
const identifier = /[A-Za-z_][A-Za-z0-9_]*/y;
const number = /(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const keywordSet: ReadonlySet<string> = new Set(keywords);

/** Creates a lexer over `text`, or over its part from `start` to `end`. */
export function createLexer(
  file: string,
  text: string,
  range: { readonly start: number; readonly end: number } = {
    start: 0,
    end: text.length,
  },
): Lexer {
  const rows = rowStarts(text);
  const comments: Comment[] = [];
  let position = range.start;

  const place = (offset: number) => {
    const row = rowOf(rows, offset);
    const start = rows[row] ?? 0;
    const before = text.slice(start, offset);
    return { row: row + 1, col: [...before].length + 1 };
  };
  const fail = (message: string, offset: number): never => {
    throw new PolicyError("rego_parse_error", message, {
      location: { file, ...place(offset) },
    });
  };
  const token = (
    kind: TokenKind,
    start: number,
    end: number,
    extra: { value?: string; parts?: readonly TemplatePart[] } = {},
  ): Token => {
    position = end;
    const source = text.slice(start, end);
    return {
      kind,
      text: source,
      value: extra.value ?? source,
      start,
      end,
      ...place(start),
      endRow: rowOf(rows, Math.max(start, end - 1)) + 1,
      ...(extra.parts ? { parts: extra.parts } : {}),
    };
  };

  const skipBlank = (): void => {
    while (position < range.end) {
      const character = text.charCodeAt(position);
      if (character === 0x23) {
        const end = text.indexOf("\n", position);
        const stop = end < 0 || end > range.end ? range.end : end;
        const known = comments.at(-1);
        const at = { file, ...place(position) };
        if (!known || known.location.row < at.row) {
          comments.push({
            text: text.slice(position + 1, stop).replace(/\r$/, ""),
            location: at,
          });
        }
        position = stop;
      } else if (
        character === 0x20 ||
        character === 0x09 ||
        character === 0x0a ||
        character === 0x0d ||
        character === 0xfeff
      ) {
        position += 1;
      } else {
        return;
      }
    }
  };

  const next = (): Token => {
    skipBlank();
    const start = position;
    if (start >= range.end) {
      return token("eof", start, start);
    }
    const character = text[start] ?? "";
    if (character === '"') {
      return quoted(start);
    }
    if (character === "`") {
      return raw(start);
    }
    if (
      character === "$" &&
      (text[start + 1] === '"' || text[start + 1] === "`")
    ) {
      return template(start);
    }
    if (identifierStart.test(character)) {
      identifier.lastIndex = start;
      const word = identifier.exec(text)?.[0] ?? "";
      const kind = keywordSet.has(word) ? (word as TokenKind) : "identifier";
      return token(kind, start, start + word.length);
    }
    if (character >= "0" && character <= "9") {
      return numeric(start);
    }
    const mark = punctuations.find((one) => text.startsWith(one, start));
    return mark
      ? token(mark, start, start + mark.length)
      : fail(`illegal token`, start);
  };

  const numeric = (start: number): Token => {
    number.lastIndex = start;
    const digits = number.exec(text)?.[0] ?? "";
    const end = start + digits.length;
    if (/[0-9A-Za-z_]/.test(text[end] ?? "")) {
      fail("illegal number format", start);
    }
    return token("number", start, end);
  };

  const quoted = (start: number): Token => {
    const end = endOfQuoted(start);
    const source = text.slice(start, end);
    return token("string", start, end, { value: unquote(source, start) });
  };

  const endOfQuoted = (start: number): number => {
    for (let at = start + 1; at < range.end; at += 1) {
      const character = text[at];
      if (character === "\\") {
        at += 1;
      } else if (character === '"') {
        return at + 1;
      } else if (character === "\n") {
        break;
      }
    }
    return fail("non-terminated string", start);
  };

  const unquote = (source: string, start: number): string => {
    try {
      return JSON.parse(source.replaceAll("\t", "\\t"));
    } catch {
      return fail("illegal string literal", start);
    }
  };

  const raw = (start: number): Token => {
    const end = text.indexOf("`", start + 1);
    if (end < 0 || end >= range.end) {
      fail("non-terminated string", start);
    }
    return token("string", start, end + 1, {
      value: text.slice(start + 1, end),
    });
  };

  /** `$"…{expr}…"`: braces nest, strings inside expressions are skipped. */
  const template = (start: number): Token => {
    const quote = text[start + 1];
    const parts: TemplatePart[] = [];
    let at = start + 2;
    let from = at;
    const flush = (end: number): void => {
      if (end > from) {
        const piece = text.slice(from, end).replaceAll("\\{", "{");
        parts.push({
          kind: "text",
          value: quote === '"' ? unquote(`"${piece}"`, start) : piece,
        });
      }
    };
    while (at < range.end && text[at] !== quote) {
      if (text[at] === "\\") {
        at += 2;
      } else if (text[at] === "{") {
        flush(at);
        const end = endOfBraces(at);
        parts.push({ kind: "expr", start: at + 1, end: end - 1 });
        at = end;
        from = end;
      } else {
        at += 1;
      }
    }
    if (at >= range.end) {
      fail("non-terminated string", start);
    }
    flush(at);
    return token("template", start, at + 1, { parts });
  };

  const endOfBraces = (start: number): number => {
    let depth = 0;
    let at = start;
    while (at < range.end) {
      const character = text[at];
      if (character === '"') {
        at = endOfQuoted(at);
        continue;
      }
      depth += character === "{" ? 1 : character === "}" ? -1 : 0;
      at += 1;
      if (depth === 0) {
        return at;
      }
    }
    return fail("non-terminated template expression", start);
  };

  return {
    file,
    text,
    comments,
    next,
    offset: () => position,
    seek: (offset) => {
      position = offset;
    },
    fail,
  };
}

function rowStarts(text: string): number[] {
  const starts = [0];
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) {
    starts.push(at + 1);
  }
  return starts;
}

/** The index of the row that holds `offset`. */
function rowOf(starts: readonly number[], offset: number): number {
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((starts[middle] ?? 0) <= offset) {
      low = middle;
    } else {
      high = middle - 1;
    }
  }
  return low;
}
