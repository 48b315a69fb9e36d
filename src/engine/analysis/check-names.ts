import { PolicyError } from "../error.ts";
import type { Location } from "../source.ts";
import type { Body, Expr, Import, Module, Term } from "../syntax/ast.ts";
import { printTerm } from "../syntax/print.ts";
import { headTerms, visitExprs, visitTermExprs } from "./map.ts";
import { operatorName } from "./operator-name.ts";
import { allRules, importName, printImport } from "./resolve-refs.ts";
import type { Report } from "./state.ts";
import { rootNames } from "./vars.ts";

/** Reports rules and variables named `data` or `input`, in v1 or strict mode. */
export function checkKeywordOverrides(
  modules: readonly Module[],
  report: Report,
  strict: boolean,
): void {
  const fail = failWith(report);
  for (const module of modules) {
    if (!strict && module.regoVersion === 0) {
      continue;
    }
    for (const { head, location } of module.rules) {
      const [name] = head.ref.value;
      if (name?.kind === "var" && rootNames.has(name.value)) {
        fail(
          `rules must not shadow ${name.value} (use a different rule name)`,
          location,
        );
      }
    }
    for (const rule of allRules(module)) {
      visitExprs(rule.body, (expr) => checkAssignment(expr, fail));
      for (const term of headTerms(rule)) {
        visitTermExprs(term, (expr) => checkAssignment(expr, fail));
      }
    }
  }
}

/** The same for a query, which is checked in strict mode only. */
export function checkQueryOverrides(body: Body, report: Report): void {
  visitExprs(body, (expr) => checkAssignment(expr, failWith(report)));
}

type Fail = (message: string, location: Location) => void;

function failWith(report: Report): Fail {
  return (message, location) =>
    report(new PolicyError("rego_compile_error", message, { location }));
}

function checkAssignment({ location, terms }: Expr, fail: Fail): void {
  if (terms.kind !== "call" || operatorName(terms.operator) !== "assign") {
    return;
  }
  const [left] = terms.operands;
  const name = left && nameOf(left);
  if (name !== undefined && rootNames.has(name)) {
    fail(
      `variables must not shadow ${name} (use a different variable name)`,
      location,
    );
  }
}

function nameOf(term: Term): string | undefined {
  return term.kind === "var" || term.kind === "ref"
    ? printTerm(term)
    : undefined;
}

/** Reports two imports of one name, in v1 or strict mode. */
export function checkImports(
  modules: readonly Module[],
  report: Report,
  strict: boolean,
): void {
  const fail = failWith(report);
  for (const module of modules) {
    if (!strict && module.regoVersion === 0) {
      continue;
    }
    const known = new Map<string, Import>();
    for (const entry of module.imports) {
      const name = importName(entry);
      const first = known.get(name);
      if (first) {
        fail(`import must not shadow ${printImport(first)}`, entry.location);
      } else {
        known.set(name, entry);
      }
    }
  }
}
