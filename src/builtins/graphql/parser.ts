import { goQuote } from "../go/quote.ts";
import { GraphqlError } from "./graphql-error.ts";
import { Lexer, type Token, type TokenKind, tokenText } from "./lexer.ts";

/** A node of gqlparser's tree, in the fields of its JSON. */
export type Node = { [field: string]: unknown };

/** The comments before a token; null where none stands there. */
export type Comments = { readonly List: readonly Node[] } | null;

// What the stack holds with room to spare.
const maxDepth = 500;

/** Reads tokens with one of look-ahead; comments are set aside. */
export class Parser {
  private readonly lexer: Lexer;
  private ahead: Token | undefined;
  private depth = 0;
  /** The comments before the token ahead. */
  comment: Comments = null;

  constructor(text: string) {
    this.lexer = new Lexer(text);
  }

  peek(): Token {
    if (this.ahead === undefined) {
      const comments: Node[] = [];
      let token = this.lexer.next();
      while (token.kind === "Comment") {
        comments.push({ Value: token.value });
        token = this.lexer.next();
      }
      this.comment = comments.length === 0 ? this.comment : { List: comments };
      this.ahead = token;
    }
    return this.ahead;
  }

  next(): Token {
    const token = this.peek();
    if (token.error !== undefined) {
      throw token.error;
    }
    this.ahead = undefined;
    this.comment = null;
    return token;
  }

  has(kind: TokenKind): boolean {
    return this.peek().kind === kind;
  }

  hasName(name: string): boolean {
    const { kind, value } = this.peek();
    return kind === "Name" && value === name;
  }

  skip(kind: TokenKind): boolean {
    const found = this.has(kind);
    if (found) {
      this.next();
    }
    return found;
  }

  expect(kind: TokenKind): Token {
    const token = this.peek();
    return token.kind === kind
      ? this.next()
      : this.fail(token, `Expected ${kind}, found ${token.kind}`);
  }

  expectKeyword(word: string): Comments {
    const token = this.peek();
    const { comment } = this;
    if (!this.hasName(word)) {
      this.fail(token, `Expected ${goQuote(word)}, found ${tokenText(token)}`);
    }
    this.next();
    return comment;
  }

  name(): string {
    return this.expect("Name").value;
  }

  unexpected(token: Token = this.peek()): never {
    return this.fail(token, `Unexpected ${tokenText(token)}`);
  }

  fail({ line, column }: Token, text: string): never {
    throw new GraphqlError(text, line, column);
  }

  /** A bracketed list, null without the opening bracket; `some` wants an element. */
  some<T>(open: TokenKind, close: TokenKind, element: () => T): T[] | null {
    return this.someWithComment(open, close, element).list;
  }

  /** As `some`, and what comments stand before the closing bracket. */
  someWithComment<T>(
    open: TokenKind,
    close: TokenKind,
    element: () => T,
  ): { readonly list: T[] | null; readonly comment: Comments } {
    let comment: Comments = null;
    const list = this.list(open, close, element, (before) => {
      comment = before;
    });
    if (list?.length === 0) {
      return this.noDefinition();
    }
    return { list, comment };
  }

  /** A bracketed list that may be empty. */
  any<T>(open: TokenKind, close: TokenKind, element: () => T): T[] | null {
    return this.list(open, close, element, () => {});
  }

  private closing: Token | undefined;

  private list<T>(
    open: TokenKind,
    close: TokenKind,
    element: () => T,
    end: (comment: Comments) => void,
  ): T[] | null {
    if (!this.skip(open)) {
      return null;
    }
    const elements: T[] = [];
    while (!this.has(close)) {
      elements.push(this.nested(element));
    }
    this.closing = this.peek();
    end(this.comment);
    if (elements.length > 0 || open === "[" || open === "{") {
      this.next();
    }
    return elements;
  }

  private noDefinition(): never {
    const token = this.closing as Token;
    return this.fail(
      token,
      `expected at least one definition, found ${token.kind}`,
    );
  }

  /** Runs a step one level deeper. */
  nested<T>(step: () => T): T {
    this.depth += 1;
    if (this.depth > maxDepth) {
      this.fail(this.peek(), "nested too deeply");
    }
    const result = step();
    this.depth -= 1;
    return result;
  }
}
