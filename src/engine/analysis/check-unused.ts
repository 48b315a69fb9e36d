import { PolicyError } from "../error.ts";
import type { Body, Expr } from "../syntax/ast.ts";
import type { DeclaredNames, Occurrence } from "./declared-names.ts";
import { addDeclared } from "./resolve-refs.ts";
import type { Report } from "./state.ts";
import { bodyVars, isGenerated } from "./vars.ts";

type Scope = {
  /** As the author wrote it. */
  readonly body: Body;
  readonly rewritten: Body;
  /** Names that the head around the body uses. */
  readonly used: ReadonlySet<string>;
  readonly strict: boolean;
};

/** Reports variables of the innermost scope that are declared and never used. */
export function checkUnused(
  scope: Scope,
  names: DeclaredNames,
  report: Report,
): void {
  const { body, rewritten, used, strict } = scope;
  const fail = (word: string, name: string, expr: Expr | undefined): void => {
    const message = `${word} var ${name} unused`;
    const location = (expr ?? body[0])?.location;
    report(new PolicyError("rego_compile_error", message, { location }));
  };
  const isUsed = (name: string): boolean => used.has(name);
  if (strict) {
    for (const name of withOccurrence(names, "assigned")) {
      if (!name.startsWith("$") && names.count(name) <= 1 && !isUsed(name)) {
        const local = names.local(name) ?? name;
        fail(
          "assigned",
          name,
          rewritten.find((expr) => uses(expr, local)),
        );
      }
    }
  }
  const declared = withOccurrence(names, "declared");
  if (declared.length === 0) {
    return;
  }
  const found = bodyVars(rewritten);
  for (const name of declared) {
    const local = names.local(name) ?? name;
    if (!found.has(local) && !isUsed(name) && !isGenerated(name)) {
      const place = body.find((expr) => declares(expr, name));
      fail("declared", name, place);
    }
  }
}

function withOccurrence(
  { inner }: DeclaredNames,
  wanted: Occurrence,
): string[] {
  return [...inner.occurrences]
    .filter(([, occurrence]) => occurrence === wanted)
    .map(([name]) => name);
}

function uses(expr: Expr, local: string): boolean {
  return bodyVars([expr]).has(local);
}

function declares(expr: Expr, name: string): boolean {
  const found = new Set<string>();
  addDeclared(expr, found);
  return found.has(name);
}
