import { PolicyError } from "../error.ts";
import type { Body, Expr, Module } from "../syntax/ast.ts";
import { printRef } from "../syntax/print.ts";
import { TypeEnv } from "../types/type-env.ts";
import { argumentFault } from "../types/type-fault.ts";
import type { BuiltinNames } from "./builtin-names.ts";
import { headTerms, visitExprs, visitTermExprs } from "./map.ts";
import { type LocalNames, writtenRef } from "./names.ts";
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

type Known = { readonly builtins: BuiltinNames; readonly names: LocalNames };

function checker(
  { builtins, names }: Known,
  arity: Arity,
  report: Report,
): (expr: Expr) => void {
  return (expr) => {
    const { generated, location, terms } = expr;
    if (terms.kind !== "call") {
      return;
    }
    const fail = (message: string): void =>
      report(new PolicyError("rego_type_error", message, { location }));
    const name = printRef(writtenRef(terms.operator, names));
    const wanted = arity(terms.operator);
    if (wanted === undefined) {
      fail(`undefined function ${name}`);
      return;
    }
    if (isCount(terms.operands.length, wanted, expr)) {
      return;
    }
    const builtin = builtins.get(operatorName(terms.operator));
    if (builtin) {
      if (!builtin.isVariadic) {
        const have = terms.operands.map((term) => constants.typeOf(term));
        const { type: want } = builtin;
        const types = { have, want };
        report(argumentFault(name, "arity mismatch", location, types).error);
      }
      return;
    }
    const given = terms.operands.length - (generated ? 1 : 0);
    const noun = given === 1 ? "argument" : "arguments";
    fail(`function ${name} has arity ${wanted}, got ${given} ${noun}`);
  };
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
