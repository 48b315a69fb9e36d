import type { Body, Expr, Module, Rule, Term, VarTerm } from "../syntax/ast.ts";
import { operatorRef } from "../syntax/parser-state.ts";
import { annotationChain, type PlacedAnnotations } from "./annotation-set.ts";
import { TermMaker } from "./annotation-term.ts";
import {
  appendToBody,
  headTerms,
  mapExpr,
  mapRules,
  mapTerm,
  visitExprs,
  visitTermExprs,
} from "./map.ts";
import { assignLocal } from "./names.ts";
import { operatorName } from "./operator-name.ts";
import type { State } from "./state.ts";

const chainName = "rego.metadata.chain";
const ruleName = "rego.metadata.rule";

/** Puts the annotations of a rule in place of its calls to `rego.metadata`. */
export function rewriteMetadata(state: State): void {
  state.modules = mapRules(
    state.modules,
    (rule, module) => rewriteRule(rule, module, state),
    ["rego"],
  );
}

function rewriteRule(rule: Rule, module: Module, state: State): Rule {
  const calls = firstCalls(rule);
  if (calls.size === 0) {
    return rule;
  }
  const values = new Map<string, VarTerm>();
  const added: Expr[] = [];
  const chain = annotationChain(
    state.annotations,
    rule,
    module.package.path.value,
  );
  for (const name of [chainName, ruleName]) {
    const call = calls.get(name);
    if (call) {
      const maker = new TermMaker(call.location);
      const term =
        name === chainName
          ? chainTerm(chain, maker)
          : ruleTerm(rule, state, maker);
      const { expr, local } = assignLocal(state.names, term);
      values.set(name, local);
      added.push(expr);
    }
  }
  const replace = (body: Body): Body => replaceCalls(body, values);
  const inside = (term: Term): Term => replaceInside(term, replace);
  const { head } = rule;
  return {
    ...rule,
    head: {
      ...head,
      key: head.key && inside(head.key),
      value: head.value && inside(head.value),
    },
    body: appendToBody(added, replace(rule.body)),
  };
}

/** The first call of each of the two builtins in a rule. */
function firstCalls(rule: Rule): ReadonlyMap<string, Expr> {
  const found = new Map<string, Expr>();
  const visit = (expr: Expr): void => {
    const name = metadataCall(expr);
    if (name !== undefined && !found.has(name)) {
      found.set(name, expr);
    }
  };
  visitExprs(rule.body, visit);
  for (const term of headTerms(rule)) {
    visitTermExprs(term, visit);
  }
  return found;
}

function metadataCall({ terms }: Expr): string | undefined {
  const name = terms.kind === "call" ? operatorName(terms.operator) : "";
  return name === chainName || name === ruleName ? name : undefined;
}

function chainTerm(
  chain: readonly PlacedAnnotations[],
  maker: TermMaker,
): Term {
  return maker.array(
    chain.map(({ annotations, path }) =>
      maker.object([
        ["path", maker.path(path.slice(1))],
        ["annotations", annotations && maker.annotations(annotations)],
      ]),
    ),
  );
}

function ruleTerm(rule: Rule, state: State, maker: TermMaker): Term {
  const [own] = state.annotations.byRule.get(rule.location) ?? [];
  return own ? maker.annotations(own) : maker.object([]);
}

/** `output = local` in place of a call with an output, else the local alone. */
function replaceCalls(body: Body, values: ReadonlyMap<string, VarTerm>): Body {
  const replace = (inner: Body): Body => replaceCalls(inner, values);
  return body.map((expr) => {
    const name = metadataCall(expr);
    const local = name === undefined ? undefined : values.get(name);
    if (!local || expr.terms.kind !== "call") {
      return mapExpr(expr, {
        term: (term) => replaceInside(term, replace),
        body: replace,
      });
    }
    const { index, location } = expr;
    const [output] = expr.terms.operands;
    return {
      index,
      negated: false,
      generated: true,
      terms: output
        ? {
            kind: "call",
            operator: operatorRef("eq", location),
            operands: [output, local],
          }
        : { kind: "term", term: local },
      with: [],
      location,
    };
  });
}

function replaceInside(term: Term, replace: (body: Body) => Body): Term {
  return mapTerm(term, {
    term: (inner) => replaceInside(inner, replace),
    body: replace,
  });
}
