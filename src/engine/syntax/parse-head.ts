import type { Head, RefTerm, Term } from "./ast.ts";
import { trueTerm } from "./parse-expr.ts";
import { parseRefBehind, parseTermInfix } from "./parse-term.ts";
import {
  at,
  extend,
  illegal,
  locate,
  type Parser,
  scan,
  scanBlank,
  variable,
} from "./parser-state.ts";
import { printRef } from "./print.ts";

/** head: ref [ "(" args ")" ] [ "contains" term ] [ ( ":=" | "=" ) term ]. */
export function parseHead(
  parser: Parser,
  isDefault: boolean,
): Head | undefined {
  const start = locate(parser);
  const named = parseHeadRef(parser);
  if (named === undefined) {
    return undefined;
  }
  const { ref, args, isCall } = named;
  const name = printRef(ref);
  const { kind } = parser.state;
  const hasIf = (): readonly "if"[] => (at(parser, "if") ? ["if"] : []);
  if (kind === "contains") {
    if (isCall) {
      illegal(
        parser,
        `the contains keyword can only be used with multi-value rule definitions (e.g., ${name} contains <VALUE> { ... })`,
      );
    }
    scan(parser);
    const key = parseTermInfix(parser);
    if (key === undefined) {
      illegal(
        parser,
        `expected rule key term (e.g., ${name} contains <VALUE> { ... })`,
      );
    }
    return {
      ref,
      args,
      key,
      value: undefined,
      assign: false,
      generatedValue: false,
      keywords: ["contains", ...hasIf()],
      location: extend(parser, start),
    };
  }
  let value: Term | undefined;
  if (kind === "=" || kind === ":=") {
    scan(parser);
    value = parseTermInfix(parser);
    if (value === undefined) {
      illegal(
        parser,
        missingValue(kind, name, { isCall: args.length > 0, isDefault }),
      );
    }
  }
  const location = extend(parser, start);
  const isTrue = !value && (ref.value.length !== 2 || args.length > 0);
  return {
    ref,
    args,
    key: undefined,
    value: isTrue ? trueTerm(location) : value,
    assign: kind === ":=",
    generatedValue: isTrue,
    keywords: hasIf(),
    location,
  };
}

function missingValue(
  kind: "=" | ":=",
  name: string,
  {
    isCall,
    isDefault,
  }: { readonly isCall: boolean; readonly isDefault: boolean },
): string {
  if (kind === "=") {
    return `expected rule value term (e.g., ${name}[<nil>] = <VALUE> { ... })`;
  }
  if (isCall) {
    return `expected function value term (e.g., ${name}(...) := <VALUE> { ... })`;
  }
  return isDefault
    ? `expected default rule value term (e.g., default ${name} := <VALUE>)`
    : `expected rule value term (e.g., ${name} := <VALUE> { ... })`;
}

const operators: ReadonlySet<string> = new Set([
  "+",
  "-",
  "*",
  "/",
  "%",
  "&",
  "|",
  "==",
  "!=",
  ">",
  ">=",
  "<",
  "<=",
]);

type HeadRef = {
  readonly ref: RefTerm;
  readonly args: readonly Term[];
  readonly isCall: boolean;
};

function parseHeadRef(parser: Parser): HeadRef | undefined {
  const name = variable(parser);
  const offset = parser.state.token.start;
  scanBlank(parser);
  if (operators.has(parser.state.kind)) {
    illegal(parser);
  } else if (at(parser, "whitespace")) {
    scan(parser);
  }
  const term = parseRefBehind(parser, name, offset);
  switch (term?.kind) {
    case undefined:
      return illegal(parser, "expected rule head name");
    case "var":
      return {
        ref: { kind: "ref", value: [term], location: term.location },
        args: [],
        isCall: false,
      };
    case "ref":
      // Not a rule: `f(x)[y]` is read as an expression.
      return term.value[0]?.kind === "var"
        ? { ref: term, args: [], isCall: false }
        : undefined;
    case "call":
      if (term.operator.value[0]?.kind !== "var") {
        const ref = printRef(term.operator);
        return illegal(parser, `rule head ref ${ref} invalid`);
      }
      return {
        ref: term.operator,
        args: term.operands,
        isCall: true,
      };
    default:
      return undefined;
  }
}
