import type { Comment } from "./ast.ts";
import { type Scanned, Scanner, type ScannerPlace } from "./scanner.ts";
import type { TokenKind } from "./token.ts";

/** What a parser sees of a token, or of the blanks before one. */
export type Token = {
  /** "identifier" for every word: which are keywords depends on the place. */
  readonly kind: TokenKind;
  /** The text as written. */
  readonly lit: string;
  readonly row: number;
  readonly col: number;
  readonly start: number;
  readonly end: number;
  /** Faults of the characters up to the one behind the token. */
  readonly errors: readonly string[];
  /** The first blanks before it, if there are any. */
  readonly blank: Scanned | undefined;
  /** Those blanks, or those that it is, hold a line break. */
  readonly newline: boolean;
  /** How many comments the text has up to here. */
  readonly comments: number;
  /** Where the scanner stands behind it. */
  readonly behind: ScannerPlace;
  /** The token behind it, once it was asked for. */
  next: Token | undefined;
};

/** What a token knows of its surroundings. */
type Around = Pick<Token, "comments" | "behind"> &
  Partial<Pick<Token, "blank" | "newline" | "next">>;

/** The tokens of one text, each read once however often a parser goes back. */
export class TokenStream {
  /** Stands before the first token. */
  readonly start: Token;
  /** The comments read so far. */
  readonly comments: Comment[] = [];
  /** The words read so far, and the kinds of the other tokens. */
  readonly seen = new Set<string>();
  private readonly file: string;
  private readonly scanner: Scanner;

  constructor(file: string, text: string) {
    this.file = file;
    this.scanner = Scanner.at(text);
    this.start = {
      kind: "illegal",
      lit: "",
      row: 1,
      col: 1,
      start: 0,
      end: this.scanner.index,
      errors: [],
      blank: undefined,
      newline: false,
      comments: 0,
      behind: this.scanner.place(),
      next: undefined,
    };
  }

  /** The token behind this one. */
  after(token: Token): Token {
    token.next ??= this.read(token);
    return token.next;
  }

  /** The blanks before a token, as a token of their own; comments go unseen. */
  blankBefore(token: Token): Token | undefined {
    const { blank, newline, comments, behind } = token;
    return blank && toToken(blank, { newline, comments, behind, next: token });
  }

  /** The template string's next piece, behind the `}` of an expression. */
  pieceAfter({ behind, comments, end }: Token, raw: boolean): Token {
    const { scanner } = this;
    scanner.seek(end, behind);
    const piece = scanner.scanTemplate(raw);
    this.seen.add(piece.kind);
    return toToken(piece, { comments, behind: scanner.place() });
  }

  private read({ behind, comments: known, end }: Token): Token {
    const { scanner } = this;
    scanner.seek(end, behind);
    let comments = known;
    let blank: Scanned | undefined;
    let newline = false;
    for (;;) {
      const scanned = scanner.scan();
      const { errors, kind, lit } = scanned;
      if (errors.length === 0 && kind === "whitespace") {
        blank ??= scanned;
        newline ||= lit.includes("\n");
      } else if (errors.length === 0 && kind === "comment") {
        this.comments[comments] = this.toComment(scanned);
        comments += 1;
      } else {
        this.seen.add(kind === "identifier" ? lit : kind);
        const place = scanner.place();
        return toToken(scanned, { blank, newline, comments, behind: place });
      }
    }
  }

  private toComment({ lit, row, col, start }: Scanned): Comment {
    const { file } = this;
    return {
      text: lit.slice(1).replace(/\r+$/, ""),
      location: { file, row, col, text: lit, offset: start },
    };
  }
}

function toToken(scanned: Scanned, around: Around): Token {
  const { kind, lit, row, col, start, end, errors } = scanned;
  const { blank, newline = false, comments, behind, next } = around;
  return {
    kind: errors.length > 0 ? "illegal" : kind,
    lit,
    row,
    col,
    start,
    end,
    errors,
    blank,
    newline,
    comments,
    behind,
    next,
  };
}
