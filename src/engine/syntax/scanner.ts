import type { TemplateToken, TokenKind } from "./token.ts";

/** One token; offsets count UTF-16 units, columns count code points. */
export type Scanned = {
  /** "identifier" for every word: which are keywords depends on the place. */
  readonly kind: TokenKind;
  /** The text as written. */
  readonly lit: string;
  readonly start: number;
  readonly end: number;
  readonly row: number;
  readonly col: number;
  /** Faults of the characters up to the one after the token. */
  readonly errors: readonly string[];
};

/** Where a scanner stands: the place of the character ahead. */
export type ScannerPlace = { readonly row: number; readonly col: number };

const byteOrderMark = 0xfeff;
const newline = 0x0a;
const backslash = 0x5c;
const quote = 0x22;
const backquote = 0x60;
const brace = 0x7b;
const minus = 0x2d;
const plus = 0x2b;
const dot = 0x2e;
const end = -1;

const nothing: readonly string[] = [];

/**
 * Reads tokens from a text, one character ahead as OPA's scanner does: a bad
 * character is reported with the token before it, and the end of the file has
 * the place of its last character.
 */
export class Scanner {
  readonly text: string;
  /** The character ahead, in UTF-16 units. */
  index = -1;
  private width = 1;
  private row = 1;
  private col = 0;
  /** The code point at `index`; `end` behind the text. */
  private current = 0;
  private errors: string[] = [];

  constructor(text: string) {
    this.text = text;
  }

  /** A scanner at the start of a text; a byte order mark there is skipped. */
  static at(text: string): Scanner {
    const scanner = new Scanner(text);
    scanner.next();
    if (scanner.current === byteOrderMark) {
      scanner.next();
    }
    return scanner;
  }

  /** The place of the character ahead. */
  place(): ScannerPlace {
    return { row: this.row, col: this.col };
  }

  /** Goes back to the character at `index`, whose faults have been told. */
  seek(index: number, { row, col }: ScannerPlace): void {
    if (index === this.index) {
      return;
    }
    this.index = index;
    this.row = row;
    this.col = col;
    this.current = this.text.codePointAt(index) ?? end;
    this.width = this.current === end ? 0 : this.current > 0xffff ? 2 : 1;
    this.errors = [];
  }

  /** The next token; comments and runs of blanks are tokens too. */
  scan(): Scanned {
    const { index: start, row, col } = this;
    const character = this.current;
    if (isBlank(character)) {
      return this.blanks();
    }
    let kind: TokenKind;
    if (isLetter(character)) {
      this.skipWord();
      kind = "identifier";
    } else if (isDecimal(character)) {
      this.skipNumber();
      kind = "number";
    } else {
      this.next();
      kind = this.other(character);
    }
    const lit = this.text.slice(start, this.index);
    return this.token(kind, lit, { start, row, col });
  }

  /** A bad character behind blanks is a fault of the last of them. */
  private blanks(): Scanned {
    const first = { start: this.index, row: this.row, col: this.col };
    let last = first;
    do {
      const { index, row, col } = this;
      this.next();
      if (this.errors.length > 0) {
        last = { start: index, row, col };
      }
    } while (isBlank(this.current));
    const lit = this.text.slice(first.start, this.index);
    return this.token("whitespace", lit, last);
  }

  /** The template string's next piece, behind the `}` of an expression. */
  scanTemplate(raw: boolean): Scanned {
    const { index: start, row, col } = this;
    const kind = raw ? this.rawTemplate() : this.template();
    const lit = this.text.slice(start - 1, this.index);
    return this.token(kind, lit, { start, row, col });
  }

  private token(
    kind: TokenKind,
    lit: string,
    place: {
      readonly start: number;
      readonly row: number;
      readonly col: number;
    },
  ): Scanned {
    const { errors } = this;
    if (errors.length > 0) {
      this.errors = [];
    }
    const { start, row, col } = place;
    return {
      kind,
      lit,
      row,
      col,
      start,
      end: this.index,
      errors: errors.length > 0 ? errors : nothing,
    };
  }

  private next(): void {
    const { text } = this;
    this.index = Math.min(text.length, this.index + this.width);
    if (this.index < 0) {
      this.index = 0;
    }
    if (this.index >= text.length) {
      this.current = end;
      this.width = 0;
      return;
    }
    const character = text.codePointAt(this.index) as number;
    this.current = character;
    this.width = character > 0xffff ? 2 : 1;
    if (character === newline) {
      this.row += 1;
      this.col = 0;
      return;
    }
    this.col += 1;
    if (character === 0) {
      this.fail("illegal null character");
    } else if (character >= 0xd800 && character <= 0xdfff) {
      this.fail("illegal utf-8 character");
    } else if (character === byteOrderMark && this.index > 0) {
      this.fail("illegal byte-order mark");
    }
  }

  private fail(message: string): void {
    this.errors = [...this.errors, message];
  }

  /** Moves on over the characters that `isPlain` takes, at least over one. */
  private nextPlain(isPlain: (code: number) => boolean): void {
    if (this.width === 1) {
      const { text, index } = this;
      let ahead = index + 1;
      while (isPlain(text.charCodeAt(ahead))) {
        ahead += 1;
      }
      const skipped = ahead - 1 - index;
      this.index += skipped;
      this.col += skipped;
    }
    this.next();
  }

  private skipWord(): void {
    while (isLetter(this.current) || isDigit(this.current)) {
      this.nextPlain(isWord);
    }
  }

  private skipDecimals(): boolean {
    const found = isDecimal(this.current);
    while (isDecimal(this.current)) {
      this.next();
    }
    return found;
  }

  private skipNumber(): void {
    this.skipDecimals();
    if (this.current === dot) {
      this.next();
      if (!this.skipDecimals()) {
        this.fail("expected fraction");
      }
    }
    if ((this.current | 0x20) === 0x65) {
      this.next();
      if (this.current === plus || this.current === minus) {
        this.next();
      }
      if (!this.skipDecimals()) {
        this.fail("expected exponent");
      }
    }
    // `0a2b` is one bad number, not a number and a word.
    if (isLetter(this.current)) {
      this.fail("illegal number format");
      this.skipWord();
    }
  }

  /** A token that is told by its first character, which is behind. */
  private other(character: number): TokenKind {
    switch (character) {
      case end:
        return "eof";
      case 0x23:
        this.skipComment();
        return "comment";
      case quote:
        this.skipQuoted();
        return "string";
      case backquote:
        this.skipRaw();
        return "string";
      case 0x24:
        return this.dollar();
      default:
        return this.punctuation(String.fromCodePoint(character));
    }
  }

  private punctuation(character: string): TokenKind {
    switch (character) {
      case "[":
      case "]":
      case "{":
      case "}":
      case "(":
      case ")":
      case ",":
      case ";":
      case ".":
      case "+":
      case "-":
      case "*":
      case "/":
      case "%":
      case "&":
      case "|":
        return character;
      case ":":
        return this.withEquals(":=", ":");
      case "=":
        return this.withEquals("==", "=");
      case "<":
        return this.withEquals("<=", "<");
      case ">":
        return this.withEquals(">=", ">");
      case "!": {
        const kind = this.withEquals("!=", "illegal");
        if (kind === "illegal") {
          this.fail("illegal ! character");
        }
        return kind;
      }
      default:
        return "illegal";
    }
  }

  private withEquals(long: TokenKind, short: TokenKind): TokenKind {
    if (this.current !== 0x3d) {
      return short;
    }
    this.next();
    return long;
  }

  private dollar(): TokenKind {
    if (this.current === backquote) {
      this.next();
      return this.rawTemplate();
    }
    if (this.current === quote) {
      this.next();
      return this.template();
    }
    this.fail("illegal $ character");
    return "illegal";
  }

  private skipComment(): void {
    while (this.current !== newline && this.current !== end) {
      this.nextPlain(isPlainInLine);
    }
  }

  private skipQuoted(): void {
    for (;;) {
      const character = this.current;
      if (character === newline || character === end) {
        this.fail("non-terminated string");
        return;
      }
      if (character === quote) {
        this.next();
        return;
      }
      if (character === backslash) {
        this.next();
        this.skipEscape(false);
      } else {
        this.nextPlain(isPlainInQuotes);
      }
    }
  }

  private skipRaw(): void {
    for (;;) {
      const character = this.current;
      if (character === backquote) {
        this.next();
        return;
      }
      this.nextPlain(isPlainInBackquotes);
      if (character === end) {
        this.fail("non-terminated string");
        return;
      }
    }
  }

  private skipEscape(inTemplate: boolean): void {
    const character =
      this.current === end ? "" : String.fromCodePoint(this.current);
    if (character === "u") {
      for (let count = 0; count < 4; count += 1) {
        this.next();
      }
    } else if (
      (character !== "" && '\\"/bfnrt'.includes(character)) ||
      (inTemplate && character === "{")
    ) {
      this.next();
    } else {
      this.fail("illegal escape sequence");
    }
  }

  private template(): TemplateToken {
    for (;;) {
      const character = this.current;
      if (character === newline || character === end) {
        this.fail("non-terminated string");
        return "template-string-part";
      }
      this.next();
      if (character === quote) {
        return "template-string-end";
      }
      if (character === brace) {
        return "template-string-part";
      }
      if (character === backslash) {
        this.skipEscape(true);
      }
    }
  }

  private rawTemplate(): TemplateToken {
    for (;;) {
      const character = this.current;
      if (character === end) {
        this.fail("non-terminated string");
        return "raw-template-string-part";
      }
      this.next();
      if (character === backquote) {
        return "raw-template-string-end";
      }
      if (character === brace) {
        return "raw-template-string-part";
      }
      if (character === backslash && this.current === brace) {
        this.next();
      }
    }
  }
}

function isBlank(character: number): boolean {
  return (
    character === 0x20 ||
    character === 0x09 ||
    character === newline ||
    character === 0x0d
  );
}

function isLetter(character: number): boolean {
  const lower = character | 0x20;
  return (lower >= 0x61 && lower <= 0x7a) || character === 0x5f;
}

function isDecimal(character: number): boolean {
  return character >= 0x30 && character <= 0x39;
}

function isWord(code: number): boolean {
  return isLetter(code) || isDecimal(code);
}

/** ASCII that is neither a line break nor a fault. */
function isPlainInLine(code: number): boolean {
  return code > 0 && code < 0x80 && code !== newline;
}

function isPlainInQuotes(code: number): boolean {
  return isPlainInLine(code) && code !== quote && code !== backslash;
}

function isPlainInBackquotes(code: number): boolean {
  return isPlainInLine(code) && code !== backquote;
}

const decimalDigit = /^\p{Nd}$/u;

/** Words go on with any decimal digit of Unicode. */
function isDigit(character: number): boolean {
  return (
    isDecimal(character) ||
    (character >= 0x80 && decimalDigit.test(String.fromCodePoint(character)))
  );
}
