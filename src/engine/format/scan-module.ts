import {
  elseChain,
  headTerms,
  visitExprs,
  visitTerm,
  visitTermExprs,
  visitTerms,
} from "../analysis/map.ts";
import type { Expr, Module, RefTerm, Rule, Term } from "../syntax/ast.ts";
import { isFuture } from "./format-imports.ts";
import { infixOf } from "./infix.ts";

/** The wildcards of heads that several bodies share: written twice, they need a name. */
export function sharedWildcards({ rules }: Module): ReadonlySet<string> {
  const found = new Set<string>();
  for (const { head } of rules.filter(isChained)) {
    for (const term of [head.ref, head.key, head.value]) {
      if (term) {
        visitTerm(term, (part) => {
          if (part.kind === "var" && part.value.startsWith("$")) {
            found.add(part.value);
          }
        });
      }
    }
  }
  return found;
}

/** A further body of a rule: its place is that body. */
function isChained({ location }: Rule): boolean {
  return location.text?.startsWith("{") === true;
}

/** The keywords of the language's future that a module's expressions are written with. */
export function usedKeywords(
  { imports, rules }: Module,
  text: string,
): ReadonlySet<string> {
  const used = new Set<string>();
  const mayUse =
    text.includes("internal.member_") ||
    imports.some(({ path }) => isFuture(path));
  if (!mayUse) {
    return used;
  }
  const noteOperator = (operator: RefTerm) => {
    if (infixOf(operator)?.symbol === "in") {
      used.add("in");
    }
  };
  const noteExpr = ({ terms }: Expr) => {
    if (terms.kind === "call") {
      noteOperator(terms.operator);
    } else if (terms.kind !== "term" && terms.kind !== "some") {
      used.add(terms.kind);
    }
  };
  const noteTerm = (term: Term) => {
    if (term.kind === "call") {
      noteOperator(term.operator);
    }
  };
  for (const rule of rules.flatMap(elseChain)) {
    visitExprs(rule.body, noteExpr);
    visitTerms(rule.body, noteTerm);
    for (const term of headTerms(rule)) {
      visitTermExprs(term, noteExpr);
      visitTerm(term, noteTerm);
    }
  }
  return used;
}

/** How the compiler's own variables begin. */
export const generatedPrefix = "__local";

/** Whether a variable in a term or expression is named as the compiler names its own. */
export function hasGenerated(node: Term | Expr): boolean {
  let found = false;
  const note = (term: Term) => {
    found ||= term.kind === "var" && term.value.startsWith(generatedPrefix);
  };
  if ("terms" in node) {
    visitTerms([node], note);
  } else {
    visitTerm(node, note);
  }
  return found;
}
