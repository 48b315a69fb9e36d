import { PolicyError } from "../error.ts";
import type { Body, Expr, Module } from "../syntax/ast.ts";
import { printRef } from "../syntax/print.ts";
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

type Known = { readonly builtins: BuiltinNames; readonly names: LocalNames };

function checker(
  { builtins, names }: Known,
  arity: Arity,
  report: Report,
): (expr: Expr) => void {
  return ({ generated, location, terms }) => {
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
    const isEquality = operatorName(terms.operator) === "eq";
    const count = terms.operands.length;
    const isWrong = generated
      ? !isEquality && count !== wanted + 1
      : count !== wanted && count !== wanted + 1;
    if (!isWrong || builtins.get(operatorName(terms.operator))?.isVariadic) {
      return;
    }
    const given = generated ? count - 1 : count;
    if (builtins.has(operatorName(terms.operator))) {
      fail(`${name}: arity mismatch`);
      return;
    }
    const noun = given === 1 ? "argument" : "arguments";
    fail(`function ${name} has arity ${wanted}, got ${given} ${noun}`);
  };
}
