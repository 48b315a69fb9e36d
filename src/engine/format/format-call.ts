import { builtinDeclarations } from "../builtins/registry.ts";
import { PolicyError } from "../error.ts";
import type { Location } from "../source.ts";
import type { CallTerm, Term } from "../syntax/ast.ts";
import { formatList } from "./format-list.ts";
import { formatRef } from "./format-ref.ts";
import { type Infix, infixOf } from "./infix.ts";
import { formatOperand } from "./operand.ts";
import type { Writer } from "./writer.ts";

type Call = Pick<CallTerm, "operator" | "operands">;

/** Writes a call that is a term. */
export function formatCall(
  writer: Writer,
  call: CallTerm,
  { parens }: { readonly parens: boolean },
): void {
  const infix = infixOf(call.operator);
  if (infix === undefined) {
    formatPlainCall(writer, call);
    return;
  }
  if (infix.symbol === "in") {
    formatMembership(writer, call.operands, {
      infix,
      parens: true,
      location: call.location,
    });
    return;
  }
  const [left, right] = call.operands;
  if (!left || !right || call.operands.length !== infix.arity) {
    writer.errors.push(arityError(infix, call.operands, call.location));
    return;
  }
  writer.inParens(parens, () => {
    formatOperand(writer, left, true);
    writer.write(` ${infix.symbol} `);
    formatOperand(writer, right, true);
  });
}

/** Writes `f(x, y)`. */
export function formatPlainCall(
  writer: Writer,
  { operands, operator }: Call,
): void {
  formatRef(writer, operator);
  formatList(writer, operands, { pair: "()", location: operator.location });
}

type Membership = {
  readonly infix: Infix;
  /** Two names before `in` are written in parentheses. */
  readonly parens: boolean;
  readonly location: Location;
};

/** Writes `x in xs` or `k, v in xs`. */
export function formatMembership(
  writer: Writer,
  operands: readonly Term[],
  { infix, parens, location }: Membership,
): void {
  if (operands.length !== infix.arity) {
    writer.errors.push(arityError(infix, operands, location));
    return;
  }
  const isLong = operands.length > 2;
  const write = () => {
    for (const [index, operand] of operands.entries()) {
      if (index > 0) {
        writer.write(index < operands.length - 1 ? ", " : " in ");
      }
      // Without parentheses its `in` would be taken for this one.
      const isInner = isMembership(operand) && (index > 0 || isLong);
      writer.inParens(isInner, () => formatOperand(writer, operand, true));
    }
  };
  writer.inParens(parens && isLong, write);
}

/** `x in xs`, which has no parentheses of its own. */
function isMembership(term: Term): boolean {
  return (
    term.kind === "call" &&
    term.operands.length === 2 &&
    infixOf(term.operator)?.symbol === "in"
  );
}

/** A builtin with a symbol that is called with too few or too many operands. */
export function arityError(
  { name }: Infix,
  operands: readonly Term[],
  location: Location,
): PolicyError {
  const wanted = builtinDeclarations.get(name)?.args ?? [];
  const have = operands.map(({ kind }) => kind).join(",");
  const want = wanted
    .map(({ name: label, type, of }) =>
      [label, type + (of && "type" in of ? `[${of.type}]` : "")]
        .filter(Boolean)
        .join(": "),
    )
    .join(",");
  return new PolicyError("rego_type_error", `${name}: arity mismatch`, {
    location,
    details: { lines: [`have: (${have})`, `want: (${want})`] },
  });
}
