import { PolicyError } from "../error.ts";
import type { Location } from "../source.ts";
import type { Body, RefTerm, Term } from "../syntax/ast.ts";
import { firstWords } from "./builtin-names.ts";
import { hasAny, headTerms, visitExprs, visitTerm, visitTerms } from "./map.ts";
import { operatorName } from "./operator-name.ts";
import { allRules } from "./resolve-refs.ts";
import type { Report, State } from "./state.ts";

type Checked = Pick<State, "builtins" | "modules" | "report" | "strict">;

/** Reports calls of deprecated builtins, in v1 or strict mode. */
export function checkDeprecated(state: Checked): void {
  const names = firstWords(state.builtins, ({ isDeprecated }) => isDeprecated);
  for (const module of state.modules) {
    if ((!state.strict && module.regoVersion === 0) || !hasAny(module, names)) {
      continue;
    }
    for (const rule of allRules(module)) {
      checkBody(rule.body, state);
      for (const term of headTerms(rule)) {
        visitTerm(term, (one) => checkTerm(one, state));
      }
    }
  }
}

/** The same for a query, which is checked in strict mode only. */
export function checkQueryDeprecated(body: Body, state: State): void {
  if (state.strict) {
    checkBody(body, state);
  }
}

function checkBody(body: Body, state: Known): void {
  visitExprs(body, ({ location, terms }) => {
    if (terms.kind === "call") {
      checkOperator(terms.operator, location, state);
    }
  });
  visitTerms(body, (term) => checkTerm(term, state));
}

function checkTerm(term: Term, state: Known): void {
  if (term.kind === "call") {
    checkOperator(term.operator, term.location, state);
  }
}

type Known = Pick<State, "builtins"> & { readonly report: Report };

function checkOperator(
  operator: RefTerm,
  location: Location,
  { builtins, report }: Known,
): void {
  const name = operatorName(operator);
  if (builtins.get(name)?.isDeprecated) {
    const message = `deprecated built-in function calls in expression: ${name}`;
    report(new PolicyError("rego_type_error", message, { location }));
  }
}
