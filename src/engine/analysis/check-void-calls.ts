import { PolicyError } from "../error.ts";
import type { Body, Module, Term } from "../syntax/ast.ts";
import { printTerm } from "../syntax/print.ts";
import { type BuiltinNames, firstWords } from "./builtin-names.ts";
import { hasAny, headTerms, visitTerm, visitTerms } from "./map.ts";
import { operatorName } from "./operator-name.ts";
import { allRules } from "./resolve-refs.ts";
import type { Report } from "./state.ts";

/** Reports calls without a value, like `print`, that stand as a value. */
export function checkVoidCalls(
  modules: readonly Module[],
  builtins: BuiltinNames,
  report: Report,
): void {
  const visit = check(builtins, report);
  const names = firstWords(builtins, ({ hasResult }) => !hasResult);
  const concerned = modules.filter((module) => hasAny(module, names));
  for (const rule of concerned.flatMap(allRules)) {
    visitTerms(rule.body, visit);
    for (const term of headTerms(rule)) {
      visitTerm(term, visit);
    }
  }
}

/** The same for the body of a query. */
export function checkQueryVoidCalls(
  body: Body,
  builtins: BuiltinNames,
  report: Report,
): void {
  visitTerms(body, check(builtins, report));
}

function check(builtins: BuiltinNames, report: Report): (term: Term) => void {
  return (term) => {
    if (
      term.kind === "call" &&
      builtins.get(operatorName(term.operator))?.hasResult === false
    ) {
      const { location } = term;
      const message = `${printTerm(term)} used as value`;
      report(new PolicyError("rego_type_error", message, { location }));
    }
  };
}
