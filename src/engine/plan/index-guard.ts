import { visitExprs } from "../analysis/map.ts";
import { operatorName } from "../analysis/operator-name.ts";
import type { Rule } from "../syntax/ast.ts";
import { planSubject } from "./plan-index.ts";
import type { Planner } from "./planner.ts";
import { indexTests } from "./rule-tests.ts";

// OPA's index leaves rules with such calls alone.
const unindexed: ReadonlySet<string> = new Set([
  "internal.print",
  "internal.test_case",
]);

/**
 * Goes on only where OPA's rule index would choose the rule. In an instrumented
 * build: there what is entered is told, and rules are too few for an index of
 * our own.
 */
export function requireIndexed(planner: Planner, rule: Rule): void {
  if (!planner.program.asksIndex || isUnindexed(rule)) {
    return;
  }
  const { writer } = planner;
  for (const { subject, values } of indexTests(planner, rule)) {
    const flag = planner.exists((succeed) =>
      planSubject(planner, subject, (value) => {
        if (!values) {
          succeed();
        }
        for (const constant of values ?? []) {
          writer.attempt(() => {
            planner.equal(value, constant);
            succeed();
          });
        }
      }),
    );
    writer.emit({ kind: "IsDefinedStmt", source: flag });
  }
}

function isUnindexed({ body }: Rule): boolean {
  let found = false;
  visitExprs(body, ({ terms }) => {
    found ||=
      terms.kind === "call" && unindexed.has(operatorName(terms.operator));
  });
  return found;
}
