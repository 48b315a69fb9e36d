import type { TemplateToken, TokenKind } from "./token.ts";

/** One token; offsets count UTF-16 units, columns count code points. */
export type Scanned = {
  readonly kind: TokenKind;
  /** The text as written, for words, numbers, strings and blanks. */
  readonly lit: string;
  readonly start: number;
  readonly end: number;
  readonly row: number;
  readonly col: number;
  /** Faults of the characters up to the one after the token. */
  readonly errors: readonly string[];
};

/** Words that are keywords at this place of the file. */
export type Keywords = Map<string, TokenKind>;

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
  private index = -1;
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

  /** A scanner at the same place. */
  clone(): Scanner {
    const copy = new Scanner(this.text);
    copy.index = this.index;
    copy.width = this.width;
    copy.row = this.row;
    copy.col = this.col;
    copy.current = this.current;
    copy.errors = this.errors;
    return copy;
  }

  /** The next token, blanks and comments included. */
  scan(keywords: Keywords): Scanned {
    const { index: start, row, col } = this;
    const character = this.current;
    let kind: TokenKind;
    let lit = "";
    if (isBlank(character)) {
      this.next();
      kind = "whitespace";
      lit = this.text.charAt(start);
    } else if (isLetter(character)) {
      this.skipWord();
      lit = this.text.slice(start, this.index);
      kind = keywords.get(lit) ?? "identifier";
    } else if (isDecimal(character)) {
      this.skipNumber();
      lit = this.text.slice(start, this.index);
      kind = "number";
    } else {
      this.next();
      kind = this.other(character);
      lit = this.text.slice(start, this.index);
    }
    return this.token(kind, lit, { start, row, col });
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
    return {
      kind,
      lit,
      ...place,
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

  private skipWord(): void {
    while (isLetter(this.current) || isDigit(this.current)) {
      this.next();
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
      this.next();
    }
  }

  private skipQuoted(): void {
    for (;;) {
      const character = this.current;
      if (character === newline || character === end) {
        this.fail("non-terminated string");
        return;
      }
      this.next();
      if (character === quote) {
        return;
      }
      if (character === backslash) {
        this.skipEscape(false);
      }
    }
  }

  private skipRaw(): void {
    for (;;) {
      const character = this.current;
      this.next();
      if (character === backquote) {
        return;
      }
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

const decimalDigit = /^\p{Nd}$/u;

/** Words go on with any decimal digit of Unicode. */
function isDigit(character: number): boolean {
  return (
    isDecimal(character) ||
    (character >= 0x80 && decimalDigit.test(String.fromCodePoint(character)))
  );
}
