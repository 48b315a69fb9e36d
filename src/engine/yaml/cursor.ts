import type { Mark } from "./token.ts";

/** Reads a text character by character and knows its line and column. */
export class Cursor {
  readonly text: string;
  index = 0;
  line = 0;
  column = 0;

  constructor(text: string) {
    this.text = text;
  }

  mark(): Mark {
    return { index: this.index, line: this.line, column: this.column };
  }

  /** The character so many places ahead; "" behind the end. */
  peek(ahead = 0): string {
    return this.text.charAt(this.index + ahead);
  }

  skip(count = 1): void {
    this.index += count;
    this.column += count;
  }

  read(): string {
    const character = this.peek();
    this.skip();
    return character;
  }

  /** Reads the characters that fit, as many as there are. */
  readWhile(fits: RegExp): string {
    let text = "";
    while (fits.test(this.peek())) {
      text += this.read();
    }
    return text;
  }

  /** Goes past a comment, if one begins here, to the end of its line. */
  skipComment(): void {
    if (this.peek() === "#") {
      while (!this.isBreakOrEnd()) {
        this.skip();
      }
    }
  }

  /** Goes past blanks, a comment and the end of the line; false where anything else stands. */
  skipRestOfLine(): boolean {
    while (this.isBlank()) {
      this.skip();
    }
    this.skipComment();
    if (this.isBreak()) {
      this.readBreak();
      return true;
    }
    return this.isEnd();
  }

  /** Reads a line break and gives it as it counts in a value. */
  readBreak(): string {
    const character = this.peek();
    this.index += character === "\r" && this.peek(1) === "\n" ? 2 : 1;
    this.line += 1;
    this.column = 0;
    return character === "\u2028" || character === "\u2029" ? character : "\n";
  }

  isEnd(ahead = 0): boolean {
    return this.index + ahead >= this.text.length;
  }

  isBlank(ahead = 0): boolean {
    const character = this.peek(ahead);
    return character === " " || character === "\t";
  }

  isBreak(ahead = 0): boolean {
    const character = this.peek(ahead);
    return character !== "" && "\r\n\u0085\u2028\u2029".includes(character);
  }

  isBreakOrEnd(ahead = 0): boolean {
    return this.isEnd(ahead) || this.isBreak(ahead);
  }

  isBlankOrEnd(ahead = 0): boolean {
    return this.isBlank(ahead) || this.isBreakOrEnd(ahead);
  }

  /** True at a line that consists of `---` or `...`. */
  isDocumentIndicator(): boolean {
    const three = this.text.slice(this.index, this.index + 3);
    return (
      this.column === 0 &&
      (three === "---" || three === "...") &&
      this.isBlankOrEnd(3)
    );
  }
}
