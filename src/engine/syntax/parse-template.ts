import type { Expr, Term } from "./ast.ts";
import { parseLiteral } from "./parse-literal.ts";
import { unquote } from "./parse-scalar.ts";
import {
  at,
  fail,
  isCallOf,
  locate,
  type Parser,
  scan,
  scanTemplate,
  span,
} from "./parser-state.ts";

/** A template string; each `{…}` holds one expression. The last piece stays current. */
export function parseTemplate(parser: Parser, raw: boolean): Term | undefined {
  const start = locate(parser);
  if (parser.regoVersion === 0) {
    const message =
      "template strings are not supported by current capabilities";
    return fail(parser, start, message);
  }
  const parts: (Term | Expr)[] = [];
  for (;;) {
    if (at(parser, "illegal")) {
      return fail(parser, locate(parser), "expected template-string part");
    }
    const text = pieceText(parser, raw);
    if (text === undefined) {
      const message = `illegal template-string part: ${parser.state.token.lit}`;
      return fail(parser, locate(parser), message);
    }
    if (text !== "") {
      parts.push({ kind: "string", value: text, location: locate(parser) });
    }
    if (parser.state.kind.endsWith("-end")) {
      break;
    }
    const part = parsePart(parser);
    if (part === undefined) {
      return undefined;
    }
    parts.push(part);
    if (!at(parser, "}")) {
      const message = "expected } to end template string expression";
      return fail(parser, locate(parser), message);
    }
    scanTemplate(parser, raw);
  }
  const { end } = parser.state.token;
  const location = span(parser, start, start.offset ?? 0, end);
  return { kind: "templatestring", multiline: raw, parts, location };
}

/** The text of the current piece: what stands between its delimiters. */
function pieceText(parser: Parser, raw: boolean): string | undefined {
  const { lit } = parser.state.token;
  const inner = lit.slice(lit.startsWith("$") ? 2 : 1, -1);
  const text = inner.replace(/\\(.)/gs, (whole, character: string) =>
    character === "{" ? "{" : whole,
  );
  return raw || !text.includes("\\") ? text : unquote(text);
}

function parsePart(parser: Parser): Term | Expr | undefined {
  const { comments } = parser.state.token;
  scan(parser);
  const hasComment = parser.state.token.comments !== comments;
  const expr = parseLiteral(parser);
  if (expr === undefined) {
    return fail(parser, locate(parser), "invalid template-string expression");
  }
  const what = forbidden(expr);
  if (what !== undefined) {
    const message = `unexpected ${what} in template-string expression`;
    return fail(parser, expr.location, message);
  }
  const { terms } = expr;
  return terms.kind === "term" && !hasComment && isScalar(terms.term)
    ? terms.term
    : expr;
}

/** What is not allowed between the braces. */
function forbidden({ negated, terms }: Expr): string | undefined {
  if (negated) {
    return "negation ('not')";
  }
  if (terms.kind === "call" && isCallOf(terms.operator, "eq")) {
    return "unification ('=')";
  }
  if (terms.kind === "call" && isCallOf(terms.operator, "assign")) {
    return "assignment (':=')";
  }
  return terms.kind === "every" || terms.kind === "some"
    ? `'${terms.kind}'`
    : undefined;
}

function isScalar({ kind }: Term): boolean {
  return (
    kind === "string" ||
    kind === "number" ||
    kind === "boolean" ||
    kind === "null"
  );
}
