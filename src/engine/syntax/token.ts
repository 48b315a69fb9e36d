/** What a token is; punctuation and keywords are their own text. */
export type TokenKind =
  | "illegal"
  | "eof"
  | "whitespace"
  | "comment"
  | "identifier"
  | "number"
  | "string"
  | TemplateToken
  | Keyword
  | Punctuation;

/** A piece of a template string: up to the next `{`, or up to its end. */
export type TemplateToken =
  | "template-string-part"
  | "template-string-end"
  | "raw-template-string-part"
  | "raw-template-string-end";

const keywords = [
  "package",
  "import",
  "as",
  "default",
  "else",
  "not",
  "some",
  "with",
  "null",
  "true",
  "false",
] as const;

/** Words of Rego v1 that v0 must import from `future.keywords`. */
export const v1Keywords = ["in", "every", "contains", "if"] as const;

/** Words that are still imported from `future.keywords` in v1. */
export const futureKeywords = ["not", "and", "or"] as const;

type Keyword =
  | (typeof keywords)[number]
  | (typeof v1Keywords)[number]
  | (typeof futureKeywords)[number];

type Punctuation =
  | "["
  | "]"
  | "{"
  | "}"
  | "("
  | ")"
  | ","
  | ":"
  | ";"
  | "."
  | "+"
  | "-"
  | "*"
  | "/"
  | "%"
  | "&"
  | "|"
  | "="
  | "=="
  | ":="
  | "!="
  | "<"
  | ">"
  | "<="
  | ">=";

/** The words of every Rego file. */
export const baseKeywords: ReadonlySet<string> = new Set(keywords);

const v0Words: ReadonlySet<string> = new Set(keywords);
const v1Words: ReadonlySet<string> = new Set([...keywords, ...v1Keywords]);

/** The words that a version of the language reserves. */
export function keywordsOf(regoVersion: 0 | 1): ReadonlySet<string> {
  return regoVersion === 0 ? v0Words : v1Words;
}

/** True for a word that the version of the language reserves. */
export function isKeywordIn(word: string, regoVersion: 0 | 1): boolean {
  return keywordsOf(regoVersion).has(word);
}

const futureWords: ReadonlySet<string> = new Set(futureKeywords);

/** True for a word that v1 too reads as a keyword only where it is imported. */
export function isFutureKeyword(word: string): boolean {
  return futureWords.has(word);
}

const future: ReadonlySet<string> = new Set([...v1Keywords, ...futureKeywords]);

/** True for a token that an error calls a keyword. */
export function isKeywordToken(kind: TokenKind): boolean {
  return baseKeywords.has(kind) || future.has(kind);
}

// The operators' names are those of the builtins they call.
const names: Partial<Record<TokenKind, string>> = {
  "+": "plus",
  "-": "minus",
  "*": "mul",
  "/": "div",
  "%": "rem",
  "&": "and",
  "|": "or",
  "=": "eq",
  "==": "equal",
  ":=": "assign",
  "!=": "neq",
  "<": "lt",
  ">": "gt",
  "<=": "lte",
  ">=": "gte",
};

/** OPA's name of a token, for errors and for the builtin behind an operator. */
export function tokenName(kind: TokenKind): string {
  return names[kind] ?? kind;
}
