import type { Body, Expr, Head, Term } from "../syntax/ast.ts";
import type { Analysis } from "./analyze.ts";
import { isScalar, mapRules, renumber } from "./map.ts";
import { assignLocal, type LocalNames, partOf } from "./names.ts";
import { operatorName } from "./operator-name.ts";
import { buildRuleTree } from "./rule-tree.ts";

/**
 * The analysed modules with the sides of each equation of a test in locals of
 * their own, as OPA has them for `--var-values`: a trace then knows their values.
 */
export function rewriteTestValues(analysis: Analysis): Analysis {
  const modules = mapRules(analysis.modules, (rule) => {
    return isNamedTest(rule.head)
      ? { ...rule, body: rewriteBody(rule.body, analysis.names) }
      : rule;
  });
  return { ...analysis, modules, ruleTree: buildRuleTree(modules) };
}

/** OPA looks at names only, which longer references do not have. */
function isNamedTest({ ref }: Head): boolean {
  const [name, key, ...rest] = ref.value;
  return (
    name?.kind === "var" &&
    name.value.startsWith("test_") &&
    (key === undefined || !isScalar(key)) &&
    rest.length === 0
  );
}

function rewriteBody(body: Body, names: LocalNames): Body {
  return renumber(body.flatMap((expr) => rewriteExpr(expr, names)));
}

function rewriteExpr(expr: Expr, names: LocalNames): readonly Expr[] {
  const { terms } = expr;
  // What a negation negates must not fail before it.
  if (expr.negated || expr.generated) {
    return [expr];
  }
  if (terms.kind === "every") {
    const body = rewriteBody(terms.body, names);
    return [{ ...expr, terms: { ...terms, body } }];
  }
  if (terms.kind !== "call" || operatorName(terms.operator) !== "eq") {
    return [expr];
  }
  const before: Expr[] = [];
  const operands = terms.operands.map((term) => {
    if (!isComputed(term)) {
      return term;
    }
    const { expr: made, local } = assignLocal(names, term);
    before.push({ ...partOf(expr)(made), with: expr.with });
    return local;
  });
  return [...before, { ...expr, terms: { ...terms, operands } }];
}

function isComputed({ kind }: Term): boolean {
  switch (kind) {
    case "ref":
    case "arraycomprehension":
    case "setcomprehension":
    case "objectcomprehension":
      return true;
    default:
      return false;
  }
}
