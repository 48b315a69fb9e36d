/** What a token is; punctuation and keywords are their own text. */
export type TokenKind =
  | "identifier"
  | "number"
  | "string"
  | "template"
  | "eof"
  | Keyword
  | Punctuation;

export const keywords = [
  "package",
  "import",
  "default",
  "not",
  "some",
  "with",
  "as",
  "else",
  "null",
  "true",
  "false",
  "in",
  "every",
  "if",
  "contains",
  "and",
  "or",
] as const;
type Keyword = (typeof keywords)[number];

/** Longest first: the lexer takes the first that fits. */
export const punctuations = [
  ":=",
  "==",
  "!=",
  "<=",
  ">=",
  "[",
  "]",
  "(",
  ")",
  "{",
  "}",
  ",",
  ";",
  ":",
  ".",
  "|",
  "&",
  "=",
  "<",
  ">",
  "+",
  "-",
  "*",
  "/",
  "%",
] as const;
type Punctuation = (typeof punctuations)[number];

/** One token; offsets count UTF-16 units of the source text. */
export type Token = {
  readonly kind: TokenKind;
  /** The text as written. */
  readonly text: string;
  /** The decoded value of a string. */
  readonly value: string;
  readonly start: number;
  readonly end: number;
  readonly row: number;
  readonly col: number;
  /** The row of the token's last character. */
  readonly endRow: number;
  /** The pieces of a template string. */
  readonly parts?: readonly TemplatePart[];
};

/** Text, or the place of an expression between braces. */
export type TemplatePart =
  | { readonly kind: "text"; readonly value: string }
  | { readonly kind: "expr"; readonly start: number; readonly end: number };
