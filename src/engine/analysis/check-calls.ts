import { PolicyError } from "../error.ts";
import type { Body, Expr, Module, RefTerm } from "../syntax/ast.ts";
import { printRef } from "../syntax/print.ts";
import { TypeEnv } from "../types/type-env.ts";
import { argumentFault } from "../types/type-fault.ts";
import { headTerms, visitExprs, visitTermExprs } from "./map.ts";
import { writtenRef } from "./names.ts";
import { operatorName } from "./operator-name.ts";
import type { Arity } from "./output-vars.ts";
import { allRules } from "./resolve-refs.ts";
import type { Report, State } from "./state.ts";

/** Reports calls of what is not there, or with a wrong number of operands. */
export function checkCalls(state: State, arity: Arity): void {
  const check = checker(state, arity, state.report);
  for (const rule of state.modules.flatMap((module: Module) =>
    allRules(module),
  )) {
    visitExprs(rule.body, check);
    for (const term of headTerms(rule)) {
      visitTermExprs(term, check);
    }
  }
}

/** The same for the body of a query. */
export function checkQueryCalls(body: Body, state: State, arity: Arity): void {
  visitExprs(body, checker(state, arity, state.report));
}

/** Knows the types of constants, and nothing of variables yet. */
const constants = new TypeEnv(() => undefined);

type Known = Pick<State, "allowUndefinedCalls" | "builtins" | "names">;

function checker(
  known: Known,
  arity: Arity,
  report: Report,
): (expr: Expr) => void {
  return (expr) => {
    if (expr.terms.kind !== "call") {
      return;
    }
    const wanted = arity(expr.terms.operator);
    const isSound =
      wanted === undefined
        ? known.allowUndefinedCalls
        : isVariadic(known, expr.terms.operator) ||
          isCount(expr.terms.operands.length, wanted, expr);
    if (!isSound) {
      report(callFault(known, expr, wanted));
    }
  };
}

/** What is wrong with a call: nobody has the function, or it takes other operands. */
function callFault(
  { builtins, names }: Known,
  { generated, location, terms }: Expr,
  wanted: number | undefined,
): PolicyError {
  const { operands, operator } = terms as Extract<
    Expr["terms"],
    { kind: "call" }
  >;
  const name = printRef(writtenRef(operator, names));
  const fault = (message: string) =>
    new PolicyError("rego_type_error", message, { location });
  if (wanted === undefined) {
    return fault(`undefined function ${name}`);
  }
  const builtin = builtins.get(operatorName(operator));
  if (builtin) {
    const have = operands.map((term) => constants.typeOf(term));
    const types = { have, want: builtin.type };
    return argumentFault(name, "arity mismatch", location, types).error;
  }
  const given = operands.length - (generated ? 1 : 0);
  return fault(`function ${name} has arity ${wanted}, got ${countOf(given)}`);
}

function isVariadic({ builtins }: Known, operator: RefTerm): boolean {
  return builtins.get(operatorName(operator))?.isVariadic ?? false;
}

function countOf(given: number): string {
  return `${given} ${given === 1 ? "argument" : "arguments"}`;
}

/** Whether a call may have so many operands: the result may stand last. */
function isCount(
  count: number,
  wanted: number,
  { generated, terms }: Expr,
): boolean {
  const isEquality =
    terms.kind === "call" && operatorName(terms.operator) === "eq";
  return count === wanted + 1 || (generated ? isEquality : count === wanted);
}
