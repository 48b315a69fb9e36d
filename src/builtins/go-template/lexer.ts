import { BuiltinError } from "../../engine/builtins/index.ts";

export type TokenKind =
  | "text"
  | "left"
  | "right"
  | "space"
  | "identifier"
  | "keyword"
  | "field"
  | "variable"
  | "dot"
  | "number"
  | "string"
  | "bool"
  | "nil"
  | "|"
  | ":="
  | "="
  | ","
  | "("
  | ")"
  | "char"
  | "EOF";

export type Token = {
  readonly kind: TokenKind;
  readonly text: string;
  readonly at: number;
};

/** A fault of the template's text, at a line. */
export function parseFault(
  source: string,
  at: number,
  text: string,
): BuiltinError {
  const line = source.slice(0, at).split("\n").length;
  return new BuiltinError(`template: template:${line}: ${text}`);
}

const keywords = new Set(
  "block break continue define else end if range template with".split(" "),
);

/** Splits a template into tokens as `text/template` does; space between operands is one too. */
export function tokenize(source: string): readonly Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (at < source.length) {
    const open = source.indexOf("{{", at);
    const end = open < 0 ? source.length : open;
    const trims =
      open >= 0 && /^-[ \t\r\n]/.test(source.slice(open + 2, open + 4));
    const text = source.slice(at, end);
    const kept = trims ? text.replace(/[ \t\r\n]+$/, "") : text;
    if (kept !== "") {
      tokens.push({ kind: "text", text: kept, at });
    }
    if (open < 0) {
      break;
    }
    at = new ActionLexer(source, open, trims).read(tokens);
  }
  tokens.push({ kind: "EOF", text: "EOF", at: source.length });
  return tokens;
}

class ActionLexer {
  private readonly source: string;
  private readonly open: number;
  private at: number;
  private depth = 0;

  constructor(source: string, open: number, trims: boolean) {
    this.source = source;
    this.open = open;
    this.at = open + 2 + (trims ? 2 : 0);
  }

  /** Adds the action's tokens; gives where the text goes on. */
  read(tokens: Token[]): number {
    if (this.source.startsWith("/*", this.at)) {
      return this.comment();
    }
    tokens.push({ kind: "left", text: "{{", at: this.open });
    for (;;) {
      const close = this.closing();
      if (close !== undefined) {
        if (this.depth > 0) {
          throw this.fault("unclosed left paren");
        }
        tokens.push({ kind: "right", text: "}}", at: this.at });
        return close;
      }
      tokens.push(this.token());
    }
  }

  private comment(): number {
    const end = this.source.indexOf("*/", this.at);
    if (end < 0) {
      throw this.fault("unclosed comment");
    }
    this.at = end + 2;
    const close = this.closing();
    if (close === undefined) {
      throw this.fault("comment ends before closing delimiter");
    }
    return close;
  }

  /** Where the text goes on if the action ends here. */
  private closing(): number | undefined {
    const [whole, spaces = ""] =
      /^(?:[ \t\r\n]-\}\}([ \t\r\n]*)|\}\})/.exec(
        this.source.slice(this.at, this.at + 4),
      ) ?? [];
    if (whole === undefined) {
      return undefined;
    }
    let next = this.at + whole.length - spaces.length;
    while (whole.length > 2 && " \t\r\n".includes(this.source[next] ?? "x")) {
      next += 1;
    }
    return next;
  }

  private token(): Token {
    const start = this.at;
    const rest = this.source.slice(start);
    const char = rest[0];
    if (char === undefined) {
      throw this.fault("unclosed action");
    }
    const make = (kind: TokenKind, length: number): Token => {
      this.at = start + length;
      return { kind, text: rest.slice(0, length), at: start };
    };
    const space = /^[ \t\r\n]+(?=[ \t\r\n]-\}\})|^[ \t\r\n]+/.exec(rest)?.[0];
    if (space !== undefined) {
      return make("space", space.length);
    }
    if (rest.startsWith(":=")) {
      return make(":=", 2);
    }
    if ("=|,".includes(char)) {
      return make(char as TokenKind, 1);
    }
    if (char === "(" || char === ")") {
      this.depth += char === "(" ? 1 : -1;
      if (this.depth < 0) {
        throw this.fault("unexpected right paren");
      }
      return make(char, 1);
    }
    if ("\"`'".includes(char)) {
      return make("string", this.quoted(rest, char));
    }
    return this.word(rest, make);
  }

  private quoted(rest: string, quote: string): number {
    const form =
      quote === "`"
        ? /^`[^`]*`/
        : quote === '"'
          ? /^"(?:[^"\\\n]|\\.)*"/
          : /^'(?:[^'\\\n]|\\.)*'/;
    const found = form.exec(rest)?.[0];
    if (found === undefined) {
      const what = { "`": "raw quoted string", '"': "quoted string" }[quote];
      throw this.fault(`unterminated ${what ?? "character constant"}`);
    }
    return found.length;
  }

  private word(
    rest: string,
    make: (kind: TokenKind, length: number) => Token,
  ): Token {
    const number = /^[+-]?\.?[0-9]|^[+-]/.test(rest)
      ? this.number(rest)
      : undefined;
    if (number !== undefined) {
      return make("number", number);
    }
    const name = /^[.$]?[\p{L}\p{Nd}_]*/u.exec(rest)?.[0] ?? "";
    if (name === "") {
      const char = [...rest][0] as string;
      if (char > " " && char < "\x7f") {
        return make("char", 1);
      }
      throw this.fault(
        `unrecognized character in action: ${unicodeName(char)}`,
      );
    }
    if (name !== ".") {
      this.checkTerminator(rest.slice(name.length));
    }
    return make(wordKind(name), name.length);
  }

  private checkTerminator(rest: string): void {
    const [next] = rest;
    if (next !== undefined && !/^(?:[ \t\r\n.,|:()]|\}\})/.test(rest)) {
      throw this.fault(`bad character ${unicodeName(next)}`);
    }
  }

  private number(rest: string): number {
    const form =
      /^[+-]?(?:0[xX][0-9a-fA-F_]+|0[oO][0-7_]+|0[bB][01_]+|[0-9_]*(?:\.[0-9_]*)?(?:[eE][+-]?[0-9_]+)?)/;
    const length = form.exec(rest)?.[0].length ?? 0;
    const next = rest[length] ?? "";
    if (/[\p{L}\p{Nd}_.]/u.test(next) || !/[0-9]/.test(rest.slice(0, length))) {
      const bad = /^[+-]?[\p{L}\p{Nd}_.]*/u.exec(rest)?.[0] ?? "";
      const shown = rest.slice(0, Math.min(bad.length, length + 1));
      throw this.fault(`bad number syntax: ${JSON.stringify(shown)}`);
    }
    return length;
  }

  private fault(text: string): BuiltinError {
    return parseFault(this.source, this.at, text);
  }
}

function wordKind(name: string): TokenKind {
  if (name === ".") {
    return "dot";
  }
  if (name.startsWith(".")) {
    return "field";
  }
  if (name.startsWith("$")) {
    return "variable";
  }
  if (name === "true" || name === "false") {
    return "bool";
  }
  if (name === "nil") {
    return "nil";
  }
  return keywords.has(name) ? "keyword" : "identifier";
}

/** A character as Go's `%#U` names it. */
function unicodeName(char: string): string {
  const code = (char.codePointAt(0) ?? 0).toString(16).toUpperCase();
  return `U+${code.padStart(4, "0")} '${char}'`;
}
