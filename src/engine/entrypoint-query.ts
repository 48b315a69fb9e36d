import type { AnalysedQuery, Analysis } from "./analysis/analyze.ts";
import { findNode } from "./analysis/rule-tree.ts";
import { entrypointFile, entrypointResult as result } from "./plan/observer.ts";
import type { Location } from "./source.ts";
import type { Body, Term } from "./syntax/ast.ts";

const location: Location = { file: entrypointFile, row: 1, col: 1 };

/**
 * `data.authz.allow = result`, as OPA plans the entrypoint `authz/allow`. What
 * is not plain text in a name is escaped as in a URL.
 */
export function entrypointBody(entrypoint: string): Body {
  const path = entrypointPath(entrypoint).map(
    (value): Term => ({ kind: "string", value, location }),
  );
  const operator: Term = { kind: "var", value: "eq", location };
  const data: Term = { kind: "var", value: "data", location };
  const operands: Term[] = [
    { kind: "ref", value: [data, ...path], location },
    { kind: "var", value: result, location },
  ];
  const terms = {
    kind: "call",
    operator: { kind: "ref", value: [operator], location },
    operands,
  } as const;
  const expr = { index: 0, negated: false, generated: false, with: [] };
  return [{ ...expr, terms, location }];
}

/** What the analysis would make of the body, where an entrypoint names a rule that has a value. */
export function ruleQuery(
  entrypoint: string,
  body: Body,
  { ruleTree }: Analysis,
): AnalysedQuery | undefined {
  const rules = findNode(ruleTree, entrypointPath(entrypoint))?.rules ?? [];
  return rules.length > 0 && rules.every(({ rule }) => !rule.head.args.length)
    ? { body, variables: new Map([[result, result]]) }
    : undefined;
}

/** The path below `data` that an entrypoint names. */
export function entrypointPath(entrypoint: string): readonly string[] {
  return entrypoint.split("/").map((name) => decodeURIComponent(name));
}

/** The entrypoint that names a path below `data`. */
export function entrypointOf(path: readonly string[]): string {
  return path.map(encodeURIComponent).join("/");
}
