import { capabilities } from "../builtins/capabilities.ts";
import type { CallTerm, Expr, RefTerm, Term } from "../syntax/ast.ts";
import { printRef } from "../syntax/print.ts";

/** A builtin that is written between its operands. */
export type Infix = {
  readonly name: string;
  readonly symbol: string;
  readonly arity: number;
};

const infixes: ReadonlyMap<string, Infix> = new Map(
  capabilities.builtins.flatMap(({ decl, infix, name }) =>
    infix === undefined
      ? []
      : [[name, { name, symbol: infix, arity: decl.args?.length ?? 0 }]],
  ),
);

/** How a call's operator is written between operands; undefined for a plain call. */
export function infixOf(operator: RefTerm): Infix | undefined {
  const [first] = operator.value;
  const name =
    operator.value.length === 1 && first?.kind === "var"
      ? first.value
      : printRef(operator);
  return infixes.get(name);
}

/** How tightly symbols bind; those that are equal lean to the left. */
const strength: Readonly<Record<string, number>> = {
  ":=": 0,
  "=": 0,
  in: 1,
  "==": 2,
  "!=": 2,
  "<": 2,
  "<=": 2,
  ">": 2,
  ">=": 2,
  "|": 3,
  "&": 4,
  "+": 5,
  "-": 5,
  "*": 6,
  "/": 6,
  "%": 6,
};

/** Whether an operand of an infix call is read as that only in parentheses. */
export function needsParens(
  { symbol }: Infix,
  operand: Term,
  isRight: boolean,
): boolean {
  const inner = operand.kind === "call" ? infixOf(operand.operator) : undefined;
  // Two names before `in` have parentheses anyway.
  if (inner === undefined || inner.arity > 2) {
    return false;
  }
  const [outer = 0, own = 0] = [strength[symbol], strength[inner.symbol]];
  return outer > 0 && (isRight ? own <= outer : own < outer);
}

/** Whether a term is a union, whose `|` means something else in a collection. */
export function isUnion(term: Term): boolean {
  return term.kind === "call" && isUnionOperator(term.operator);
}

/** Whether an expression is a union of two operands. */
export function isUnionExpr({ terms }: Expr): boolean {
  return (
    terms.kind === "call" &&
    terms.operands.length === 2 &&
    isUnionOperator(terms.operator)
  );
}

function isUnionOperator({ value }: RefTerm): boolean {
  const [first] = value;
  return value.length === 1 && first?.kind === "var" && first.value === "or";
}

/** The operand that an infix call begins with when it is written. */
export function leadOf({
  operator,
  operands,
}: Pick<CallTerm, "operator" | "operands">): Term | undefined {
  const infix = infixOf(operator);
  if (infix === undefined) {
    return undefined;
  }
  if (operands.length === infix.arity) {
    return operands[0];
  }
  // With its result: `z = x | y`.
  return operands.length === infix.arity + 1 ? operands.at(-1) : undefined;
}

/** Whether a term is written with a `{` first, which some places take for a body. */
function leadsWithBrace(term: Term): boolean {
  switch (term.kind) {
    case "set":
      return term.value.length > 0;
    case "object":
    case "setcomprehension":
    case "objectcomprehension":
      return true;
    case "ref": {
      const [first] = term.value;
      return first !== undefined && leadsWithBrace(first);
    }
    case "call": {
      const lead =
        infixOf(term.operator)?.arity === term.operands.length
          ? term.operands[0]
          : undefined;
      return lead !== undefined && leadsWithBrace(lead);
    }
    default:
      return false;
  }
}

/** The same of an expression. */
export function exprLeadsWithBrace({ terms }: Expr): boolean {
  if (terms.kind === "term") {
    return leadsWithBrace(terms.term);
  }
  const lead = terms.kind === "call" ? leadOf(terms) : undefined;
  return lead !== undefined && leadsWithBrace(lead);
}
