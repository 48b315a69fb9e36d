import type { Expr, StringTerm, Term } from "./ast.ts";
import { createLexer } from "./lexer.ts";
import { parseExpr } from "./parse-expr.ts";
import {
  advance,
  at,
  createParserState,
  locate,
  type ParserState,
  unexpected,
} from "./parser-state.ts";

/** A template string; each `{…}` holds one expression of the same file. */
export function parseTemplate(state: ParserState): Term {
  const token = advance(state);
  const location = locate(state, token);
  const parts = (token.parts ?? []).map((part): StringTerm | Expr => {
    if (part.kind === "text") {
      return { kind: "string", value: part.value, location };
    }
    const inner = createParserState(
      createLexer(state.lexer.source, part),
      state.regoVersion,
      state.grammar,
      { enabled: state.enabled, wildcards: state.wildcards },
    );
    inner.depth = state.depth + 1;
    const expr = parseExpr(inner, 0);
    return at(inner, "eof") ? expr : unexpected(inner, "end of expression");
  });
  const multiline = token.text.startsWith("$`");
  return { kind: "templatestring", multiline, parts, location };
}
