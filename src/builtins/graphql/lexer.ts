import { goQuote } from "../go/quote.ts";
import { GraphqlError } from "./graphql-error.ts";

export type TokenKind =
  | "<EOF>"
  | "!"
  | "$"
  | "&"
  | "("
  | ")"
  | "..."
  | ":"
  | "="
  | "@"
  | "["
  | "]"
  | "{"
  | "}"
  | "|"
  | "Name"
  | "Int"
  | "Float"
  | "String"
  | "BlockString"
  | "Comment"
  | "<Invalid>";

export type Token = {
  readonly kind: TokenKind;
  /** Empty for punctuation. */
  readonly value: string;
  readonly line: number;
  readonly column: number;
  /** Why the text is no token: thrown once it is taken. */
  readonly error?: GraphqlError;
};

/** A token as error texts show it. */
export function tokenText({ kind, value }: Token): string {
  return value === "" ? kind : `${kind} ${goQuote(value)}`;
}

const punctuation = new Set<string>([..."!$&():=@[]{}|"]);

/** Splits GraphQL text into tokens, with gqlparser's faults and places. */
export class Lexer {
  // Characters, as columns count them.
  private readonly text: readonly string[];
  private at = 0;
  private line = 1;
  private lineStart = 0;

  constructor(text: string) {
    this.text = [...text];
  }

  next(): Token {
    try {
      return this.read();
    } catch (error) {
      if (!(error instanceof GraphqlError)) {
        throw error;
      }
      const column = this.at - this.lineStart + 1;
      return { kind: "<Invalid>", value: "", line: this.line, column, error };
    }
  }

  private read(): Token {
    this.skip();
    const char = this.text[this.at];
    if (char === undefined) {
      return this.token("<EOF>", "", this.at);
    }
    if (punctuation.has(char)) {
      this.at += 1;
      return this.token(char as TokenKind, "", this.at - 1);
    }
    if (this.starts("...")) {
      this.at += 3;
      return this.token("...", "", this.at - 3);
    }
    if (char === "#") {
      return this.comment();
    }
    if (/[_a-zA-Z]/.test(char)) {
      const start = this.at;
      return this.token("Name", this.take(/[_0-9A-Za-z]/), start);
    }
    if (/[-0-9]/.test(char)) {
      return this.number();
    }
    if (char === '"') {
      return this.starts('"""') ? this.blockString() : this.string();
    }
    return this.unexpected(char);
  }

  private unexpected(char: string): never {
    if (char < " ") {
      this.fail(`Cannot contain the invalid character "${hexEscape(char)}"`);
    }
    if (char === "'") {
      this.fail(
        `Unexpected single quote character ('), did you mean to use a double quote (")?`,
      );
    }
    const byte = String.fromCharCode(Buffer.from(char, "utf8")[0] ?? 0);
    this.fail(`Cannot parse the unexpected character "${byte}".`);
  }

  private skip(): void {
    for (;;) {
      const char = this.text[this.at];
      if (char === "\r" || char === "\n") {
        this.at += 1;
        this.newLine();
        if (char === "\r" && this.text[this.at] === "\n") {
          this.at += 1;
        }
      } else if (
        char === "\t" ||
        char === " " ||
        char === "," ||
        char === "\ufeff"
      ) {
        this.at += 1;
      } else {
        return;
      }
    }
  }

  private newLine(): void {
    this.line += 1;
    this.lineStart = this.at;
  }

  private comment(): Token {
    const start = this.at;
    return this.token("Comment", this.take(/[\t\x20-\u{10ffff}]/u), start);
  }

  private number(): Token {
    const start = this.at;
    let kind: TokenKind = "Int";
    this.accept("-");
    if (this.accept("0")) {
      if (/[0-9]/.test(this.text[this.at] ?? "")) {
        this.fail(
          `Invalid number, unexpected digit after 0: ${this.nextText()}.`,
        );
      }
    } else {
      this.digits();
    }
    if (this.accept(".")) {
      kind = "Float";
      this.digits();
    }
    if (this.accept("e") || this.accept("E")) {
      kind = "Float";
      if (!this.accept("-")) {
        this.accept("+");
      }
      this.digits();
    }
    return this.token(kind, this.text.slice(start, this.at).join(""), start);
  }

  private digits(): void {
    if (this.take(/[0-9]/) === "") {
      this.fail(`Invalid number, expected digit but got: ${this.nextText()}.`);
    }
  }

  private nextText(): string {
    const char = this.text[this.at];
    return char === undefined ? "<EOF>" : `"${char}"`;
  }

  private string(): Token {
    this.at += 1;
    const start = this.at;
    let value = "";
    for (;;) {
      const char = this.text[this.at];
      if (char === undefined || char === "\n" || char === "\r") {
        this.fail("Unterminated string.");
      }
      if (char < " " && char !== "\t") {
        this.fail(`Invalid character within String: "${hexEscape(char)}".`);
      }
      if (char === '"') {
        const token = this.token("String", value, start);
        this.at += 1;
        return token;
      }
      value += char === "\\" ? this.escape() : char;
      this.at += 1;
    }
  }

  /** Reads an escape up to its last character. */
  private escape(): string {
    this.at += 1;
    const char = this.text[this.at];
    if (char === undefined) {
      this.fail("Invalid character escape sequence.");
    }
    const plain = escapes[char];
    if (plain !== undefined) {
      return plain;
    }
    if (char !== "u") {
      this.fail(`Invalid character escape sequence: \\${char}.`);
    }
    const digits = this.text.slice(this.at + 1, this.at + 5).join("");
    if (!/^[0-9a-fA-F]{4}$/.test(digits) || this.at + 5 >= this.text.length) {
      const rest = this.text.slice(this.at).join("");
      this.fail(
        `Invalid character escape sequence: \\${digits.length < 4 || this.at + 5 >= this.text.length ? rest : `u${digits}`}.`,
      );
    }
    this.at += 4;
    return String.fromCharCode(Number.parseInt(digits, 16)).replace(
      /[\ud800-\udfff]/,
      "\ufffd",
    );
  }

  private blockString(): Token {
    this.at += 3;
    const start = this.at;
    let raw = "";
    for (;;) {
      const char = this.text[this.at];
      if (char === undefined) {
        this.fail("Unterminated string.");
      }
      if (char === '"') {
        const quotes = this.countQuotes();
        if (quotes >= 3) {
          raw += '"'.repeat(quotes - 3);
          const token = this.token("BlockString", blockValue(raw), start);
          this.at += quotes;
          return token;
        }
      }
      if (char < " " && !"\t\n\r".includes(char)) {
        this.fail(`Invalid character within String: "${hexEscape(char)}".`);
      }
      raw += this.blockCharacter(char);
    }
  }

  private countQuotes(): number {
    let end = this.at;
    while (this.text[end] === '"') {
      end += 1;
    }
    return end - this.at;
  }

  private blockCharacter(char: string): string {
    if (this.starts('\\"""')) {
      this.at += 4;
      return '"""';
    }
    if (char === "\r" && this.text[this.at + 1] === "\n") {
      this.at += 1;
    }
    this.at += 1;
    if (char !== "\r" && char !== "\n") {
      return char;
    }
    this.newLine();
    return "\n";
  }

  private take(wanted: RegExp): string {
    const start = this.at;
    while (
      this.at < this.text.length &&
      wanted.test(this.text[this.at] ?? "")
    ) {
      this.at += 1;
    }
    return this.text.slice(start, this.at).join("");
  }

  private accept(char: string): boolean {
    const found = this.text[this.at] === char;
    this.at += found ? 1 : 0;
    return found;
  }

  private starts(word: string): boolean {
    return [...word].every(
      (char, index) => this.text[this.at + index] === char,
    );
  }

  private token(kind: TokenKind, value: string, start: number): Token {
    const column = start - this.lineStart + 1;
    return { kind, value, line: this.line, column };
  }

  private fail(text: string): never {
    throw new GraphqlError(text, this.line, this.at - this.lineStart + 1);
  }
}

const escapes: Readonly<Record<string, string>> = {
  '"': '"',
  "/": "/",
  "\\": "\\",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
};

function hexEscape(char: string): string {
  return `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

/** A block string without common indentation and blank lines at its ends. */
function blockValue(raw: string): string {
  const lines = raw.split("\n");
  const isBlank = (line: string) => /^[ \t]*$/.test(line);
  const indents = lines
    .filter((line) => !isBlank(line))
    .map((line) => line.search(/[^ \t]/));
  const common = indents.length === 0 ? 0 : Math.min(...indents);
  const shifted = lines.map((line, index) =>
    index === 0 ? line : line.slice(common),
  );
  const first = shifted.findIndex((line) => !isBlank(line));
  const last = shifted.findLastIndex((line) => !isBlank(line));
  return first < 0 ? "" : shifted.slice(first, last + 1).join("\n");
}
