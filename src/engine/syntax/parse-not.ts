import type { Location } from "../source.ts";
import type { Expr, Term } from "./ast.ts";
import { createExpr } from "./parse-expr.ts";
import { parseTermInfix } from "./parse-term.ts";
import {
  at,
  extend,
  fail,
  hint,
  locate,
  type Parser,
  restore,
  type State,
  save,
  scan,
} from "./parser-state.ts";
import { isAmbiguousUnion, rejectUnion } from "./reject-operand.ts";

/** "{" body "}" behind `not`, under `future.keywords.not`. */
export function parseNotBody(parser: Parser, not: Location): Expr | undefined {
  const brace = locate(parser);
  const start = save(parser);
  scan(parser);
  const isEmpty = at(parser, "}");
  const body = parser.grammar.body(parser, "}");
  if (body === undefined) {
    return isEmpty ? undefined : rejectValue(parser, brace, start);
  }
  scan(parser);
  if (isAmbiguousUnion(body)) {
    return rejectUnion(parser, brace, body, "not ");
  }
  const location = extend(parser, not);
  return createExpr({ kind: "not", body, explicit: true, location }, location);
}

/** Braces that hold a value: say how to write what was meant. */
function rejectValue(parser: Parser, brace: Location, start: State): undefined {
  const failed = save(parser);
  restore(parser, start);
  const term = parseTermInfix(parser);
  if (term === undefined) {
    restore(parser, failed);
    return undefined;
  }
  const operand = extend(parser, brace).text;
  hint(
    parser,
    `write \`not (${operand})\` to negate the value, or \`not {${operand}}\` for a body holding it`,
  );
  const { kind } = firstOperand(term);
  return fail(
    parser,
    brace,
    `\`{...}\` in an operand position must contain expression(s), got: ${kind}`,
  );
}

const infix: ReadonlySet<string> = new Set([
  "plus",
  "minus",
  "mul",
  "div",
  "rem",
  "and",
  "or",
  "eq",
  "equal",
  "neq",
  "lt",
  "lte",
  "gt",
  "gte",
  "internal.member_2",
]);

/** The term that the leading brace opens: the left one of an operator's. */
function firstOperand(term: Term): Term {
  const name =
    term.kind === "call"
      ? term.operator.value
          .map((part) =>
            part.kind === "var" || part.kind === "string" ? part.value : "",
          )
          .join(".")
      : "";
  return term.kind === "call" && infix.has(name) && term.operands[0]
    ? firstOperand(term.operands[0])
    : term;
}
