import type {
  Body,
  Expr,
  ExprTerms,
  LogicalExpr,
  RefTerm,
  SomeDecl,
  Term,
} from "./ast.ts";
import { sortEntries, sortTerms } from "./compare-terms.ts";

/** A term as OPA's errors spell it: not the author's text, but its value. */
export function printTerm(term: Term): string {
  switch (term.kind) {
    case "null":
      return "null";
    case "boolean":
    case "number":
      return String(term.value);
    case "string":
      return printString(term.value);
    case "var":
      return term.value.startsWith("$") ? "_" : term.value;
    case "ref":
      return printRef(term);
    case "array":
      return `[${printAll(term.value)}]`;
    case "set":
      return term.value.length === 0
        ? "set()"
        : `{${printAll(sortTerms(term.value))}}`;
    case "object":
      return `{${sortEntries(term.value)
        .map(([key, value]) => `${printTerm(key)}: ${printTerm(value)}`)
        .join(", ")}}`;
    case "call":
      return `${printRef(term.operator)}(${printAll(term.operands)})`;
    case "arraycomprehension":
      return `[${printHead(term.term)} | ${printBody(term.body)}]`;
    case "setcomprehension":
      return `{${printHead(term.term)} | ${printBody(term.body)}}`;
    case "objectcomprehension":
      return `{${printHead(term.key)}: ${printHead(term.value)} | ${printBody(term.body)}}`;
    case "templatestring":
      return `$"${term.parts.map(printPart).join("")}"`;
  }
}

function printAll(terms: readonly Term[]): string {
  return terms.map(printTerm).join(", ");
}

function printPart(part: Term | Expr): string {
  if (!("kind" in part)) {
    return `{${printExpr(part)}}`;
  }
  return part.kind === "string"
    ? printString(part.value).slice(1, -1).replaceAll("{", "\\{")
    : printTerm(part);
}

const escapes: Readonly<Record<string, string>> = {
  "\\": "\\\\",
  '"': '\\"',
  "\x07": "\\a",
  "\b": "\\b",
  "\f": "\\f",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "\v": "\\v",
};

/** A string quoted as Go's `strconv.Quote` does. */
function printString(text: string): string {
  const quoted = text.replace(
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is escaped.
    /[\\"\u0000-\u001f\u007f-\u009f\u00ad]|[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/gu,
    (character) => escapes[character] ?? escapeCode(character),
  );
  return `"${quoted}"`;
}

function escapeCode(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x80) {
    return `\\x${code.toString(16).padStart(2, "0")}`;
  }
  return code > 0xffff
    ? `\\U${code.toString(16).padStart(8, "0")}`
    : `\\u${code.toString(16).padStart(4, "0")}`;
}

const words: ReadonlySet<string> = new Set([
  "not",
  "package",
  "import",
  "as",
  "default",
  "else",
  "with",
  "null",
  "true",
  "false",
  "some",
  "if",
  "contains",
  "in",
  "every",
]);

/** A ref: `data.a["b-c"][x]`. */
export function printRef({ value }: RefTerm): string {
  const [head, ...rest] = value;
  const first =
    head?.kind === "string" ? head.value : head ? printTerm(head) : "";
  return first + rest.map(printRefPart).join("");
}

function printRefPart(term: Term): string {
  if (term.kind !== "string") {
    return `[${printTerm(term)}]`;
  }
  const { value } = term;
  if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(value) && !words.has(value)) {
    return `.${value}`;
  }
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they need the escaped form.
  return /[\u0000-\u001f\u007f\\]/.test(value)
    ? `[${printString(value)}]`
    : `["${value}"]`;
}

const infix: Readonly<Record<string, string>> = {
  plus: "+",
  minus: "-",
  mul: "*",
  div: "/",
  rem: "%",
  and: "&",
  or: "|",
  eq: "=",
  assign: ":=",
  equal: "==",
  neq: "!=",
  lt: "<",
  lte: "<=",
  gt: ">",
  gte: ">=",
};

/** A comprehension's head shows operators as such, in parentheses. */
function printHead(term: Term): string {
  if (term.kind === "call" && term.operands.length === 2) {
    const operator = infix[printRef(term.operator)];
    const [left, right] = term.operands as [Term, Term];
    if (operator !== undefined) {
      return `(${printHead(left)} ${operator} ${printHead(right)})`;
    }
  }
  return printTerm(term);
}

/** A body on one line. */
export function printBody(body: Body): string {
  return body.map(printExpr).join("; ");
}

/** An expression on one line. */
export function printExpr(expr: Expr): string {
  const not = expr.negated ? "not " : "";
  const modifiers = expr.with
    .map(
      ({ target, value }) =>
        ` with ${printTerm(target)} as ${printTerm(value)}`,
    )
    .join("");
  return `${not}${printTerms(expr.terms)}${modifiers}`;
}

function printTerms(terms: ExprTerms): string {
  switch (terms.kind) {
    case "term":
      return printTerm(terms.term);
    case "call": {
      const name = printRef(terms.operator);
      const [left, right] = terms.operands;
      return name === "eq" && left && right && terms.operands.length === 2
        ? `${printTerm(left)} = ${printTerm(right)}`
        : `${name}(${printAll(terms.operands)})`;
    }
    case "some":
      return printSome(terms);
    case "every": {
      const key = terms.key ? `${printTerm(terms.key)}, ` : "";
      const domain = printTerm(terms.domain);
      return `every ${key}${printTerm(terms.value)} in ${domain} { ${printBody(terms.body)} }`;
    }
    case "not":
      return terms.explicit || terms.body.length !== 1
        ? `not {${printBody(terms.body)}}`
        : `not ${printBody(terms.body)}`;
    case "and":
    case "or":
      return `${printSide(terms, "left")} ${terms.kind} ${printSide(terms, "right")}`;
  }
}

function printSome({ symbols }: SomeDecl): string {
  const [first] = symbols;
  if (first?.kind !== "call") {
    return `some ${printAll(symbols)}`;
  }
  const domain = first.operands.at(-1);
  const names = printAll(first.operands.slice(0, -1));
  return `some ${names} in ${domain ? printTerm(domain) : ""}`;
}

function printSide(terms: LogicalExpr, side: "left" | "right"): string {
  const body = terms[side];
  const explicit = side === "left" ? terms.explicitLeft : terms.explicitRight;
  return explicit || body.length !== 1
    ? `{ ${printBody(body)} }`
    : printBody(body);
}
