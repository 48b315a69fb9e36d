import {
  BuiltinError,
  parseJson,
  type Value,
} from "../../engine/builtins/index.ts";

/** The value of a JSON text; the error is the one that Go's `encoding/json` has. */
export function parseGoJson(text: string): Value {
  try {
    return parseJson(text);
  } catch (error) {
    if (error instanceof SyntaxError) {
      throw new BuiltinError(
        text.trim() === "" ? "EOF" : (jsonFault(text) ?? error.message),
      );
    }
    throw error;
  }
}

/** The value that a text begins with, as Go's streaming decoder reads it: the rest is not looked at. */
export function firstGoJson(text: string): Value {
  return parseGoJson(text.slice(0, new Scanner(text).firstEnd()));
}

/** What Go finds wrong with a JSON text; undefined for nothing. */
function jsonFault(text: string): string | undefined {
  try {
    new Scanner(text).document();
    return undefined;
  } catch (error) {
    if (error instanceof Fault) {
      return error.message;
    }
    throw error;
  }
}

class Fault extends Error {
  override readonly name = "Fault";
}

/** Walks through a text without recursion, so that depth costs nothing. */
class Scanner {
  private readonly text: string;
  private at = 0;
  private readonly open: ("{" | "[")[] = [];

  constructor(text: string) {
    this.text = text;
  }

  document(): void {
    this.element();
    this.space();
    if (this.at < this.text.length) {
      this.fail("after top-level value");
    }
  }

  /** Where the first value ends; the text's end for one that is malformed. */
  firstEnd(): number {
    try {
      this.element();
      return this.at;
    } catch (error) {
      if (error instanceof Fault) {
        return this.text.length;
      }
      throw error;
    }
  }

  private element(): void {
    this.value();
    while (this.open.length > 0) {
      this.afterElement();
    }
  }

  /** A scalar, or the beginning of a composite with its first element. */
  private value(): void {
    for (;;) {
      this.space();
      const char = this.text[this.at];
      if (char !== "{" && char !== "[") {
        this.scalar();
        return;
      }
      this.at += 1;
      this.space();
      if (this.text[this.at] === (char === "{" ? "}" : "]")) {
        this.at += 1;
        return;
      }
      this.open.push(char);
      if (char === "{") {
        this.key();
      }
    }
  }

  private afterElement(): void {
    this.space();
    const inObject = this.open[this.open.length - 1] === "{";
    switch (this.text[this.at]) {
      case ",":
        this.at += 1;
        if (inObject) {
          this.key();
        }
        this.value();
        return;
      case inObject ? "}" : "]":
        this.at += 1;
        this.open.pop();
        return;
      default:
        this.fail(
          inObject ? "after object key:value pair" : "after array element",
        );
    }
  }

  private key(): void {
    this.space();
    if (this.text[this.at] !== '"') {
      this.fail("looking for beginning of object key string");
    }
    this.string();
    this.space();
    this.expect(/:/, "after object key");
  }

  private scalar(): void {
    const char = this.text[this.at] ?? "";
    const word = ["true", "false", "null"].find((one) => one[0] === char);
    if (char === '"') {
      this.string();
    } else if (word !== undefined) {
      this.word(word);
    } else if (/[-0-9]/.test(char)) {
      this.number();
    } else {
      this.fail("looking for beginning of value");
    }
  }

  private word(word: string): void {
    for (const char of word) {
      if (this.text[this.at] !== char) {
        this.fail(`in literal ${word} (expecting '${char}')`);
      }
      this.at += 1;
    }
  }

  private number(): void {
    if (this.text[this.at] === "-") {
      this.at += 1;
    }
    if (this.text[this.at] === "0") {
      this.at += 1;
    } else {
      this.digits("in numeric literal");
    }
    if (this.text[this.at] === ".") {
      this.at += 1;
      this.digits("after decimal point in numeric literal");
    }
    if (/[eE]/.test(this.text[this.at] ?? "")) {
      this.at += 1;
      if (/[+-]/.test(this.text[this.at] ?? "")) {
        this.at += 1;
      }
      this.digits("in exponent of numeric literal");
    }
  }

  private digits(where: string): void {
    this.expect(/[0-9]/, where);
    while (/[0-9]/.test(this.text[this.at] ?? "")) {
      this.at += 1;
    }
  }

  private string(): void {
    this.at += 1;
    for (;;) {
      const char = this.text[this.at];
      if (char === undefined || char < " ") {
        this.fail("in string literal");
      }
      this.at += 1;
      if (char === '"') {
        return;
      }
      if (char === "\\") {
        this.escape();
      }
    }
  }

  private escape(): void {
    const isHex = this.text[this.at] === "u";
    this.expect(/["\\/bfnrtu]/, "in string escape code");
    for (let digit = 0; isHex && digit < 4; digit += 1) {
      this.expect(/[0-9a-fA-F]/, "in \\u hexadecimal character escape");
    }
  }

  private expect(wanted: RegExp, where: string): void {
    if (!wanted.test(this.text[this.at] ?? "")) {
      this.fail(where);
    }
    this.at += 1;
  }

  private space(): void {
    while (/[ \t\n\r]/.test(this.text[this.at] ?? "")) {
      this.at += 1;
    }
  }

  private fail(where: string): never {
    const [char] = this.text.slice(this.at, this.at + 2);
    throw new Fault(
      char === undefined
        ? "unexpected EOF"
        : `invalid character ${quoteByte(char)} ${where}`,
    );
  }
}

/** The first byte of a character in quotes, as Go shows it. */
function quoteByte(char: string): string {
  switch (char) {
    case "'":
      return String.raw`'\''`;
    case '"':
      return `'"'`;
    default: {
      const byte = String.fromCharCode(Buffer.from(char, "utf8")[0] ?? 0);
      const inner =
        byte >= "\x7f" && byte < "\xa0"
          ? hex(byte)
          : JSON.stringify(byte).slice(1, -1);
      return `'${inner.replace(/^\\u00/, "\\x")}'`;
    }
  }
}

function hex(byte: string): string {
  return `\\u00${byte.charCodeAt(0).toString(16)}`;
}
