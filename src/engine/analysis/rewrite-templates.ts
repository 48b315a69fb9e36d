import { PolicyError } from "../error.ts";
import type { Body, Expr, Rule, Term } from "../syntax/ast.ts";
import { operatorRef } from "../syntax/parser-state.ts";
import type { TemplateToken } from "../syntax/token.ts";
import { mapExpr, mapList, mapRules, mapTerm, withParts } from "./map.ts";
import { assignLocal, shownName } from "./names.ts";
import { operatorName } from "./operator-name.ts";
import { type Arity, bodyOutputs } from "./output-vars.ts";
import { findNode, type RuleTree } from "./rule-tree.ts";
import type { State } from "./state.ts";
import { addTermVars, rootNames, safetyParams, termVars } from "./vars.ts";

type Vars = ReadonlySet<string>;

const templateTokens: readonly TemplateToken[] = [
  "template-string-part",
  "template-string-end",
  "raw-template-string-part",
  "raw-template-string-end",
];

/**
 * Template strings become calls of `internal.template_string`: each expression
 * the set of its values, so that an undefined one leaves the rest alone.
 */
export function rewriteTemplates(state: State, arity: Arity): void {
  const rewriter = new TemplateRewriter(state, arity);
  state.modules = mapRules(
    state.modules,
    (rule) => rewriter.rule(rule),
    templateTokens,
  );
}

/** The same in the body of a query. */
export function rewriteQueryTemplates(
  body: Body,
  state: State,
  arity: Arity,
): Body {
  return new TemplateRewriter(state, arity).body(body, rootNames);
}

class TemplateRewriter {
  private readonly state: State;
  private readonly arity: Arity;

  constructor(state: State, arity: Arity) {
    this.state = state;
    this.arity = arity;
  }

  rule(rule: Rule): Rule {
    const args = new Set(rootNames);
    for (const arg of rule.head.args) {
      addTermVars(arg, args);
    }
    const safe = this.withOutputs(rule.body, args);
    const { head } = rule;
    return withParts(rule, {
      body: this.body(rule.body, args),
      key: head.key && this.term(head.key, safe),
      value: head.value && this.term(head.value, safe),
    });
  }

  private withOutputs(body: Body, globals: Vars): Set<string> {
    return new Set([...globals, ...bodyOutputs(body, this.arity, globals)]);
  }

  body(body: Body, globals: Vars): Body {
    const safe = this.withOutputs(body, globals);
    return mapList(body, (expr) => this.expr(expr, safe));
  }

  private expr(expr: Expr, safe: Vars): Expr {
    const { terms } = expr;
    if (terms.kind === "every") {
      const inside = new Set(safe);
      for (const term of [terms.key, terms.value]) {
        if (term) {
          addTermVars(term, inside);
        }
      }
      const domain = this.term(terms.domain, safe);
      const body = this.body(terms.body, inside);
      return { ...expr, terms: { ...terms, domain, body } };
    }
    return mapExpr(expr, {
      term: (term) => this.term(term, safe),
      body: (inner) => mapList(inner, (one) => this.expr(one, safe)),
    });
  }

  private term(term: Term, safe: Vars): Term {
    switch (term.kind) {
      case "templatestring":
        return this.template(term, safe);
      case "arraycomprehension":
      case "setcomprehension": {
        const inside = this.withOutputs(term.body, safe);
        const body = this.body(term.body, safe);
        return { ...term, body, term: this.term(term.term, inside) };
      }
      case "objectcomprehension": {
        const inside = this.withOutputs(term.body, safe);
        const body = this.body(term.body, safe);
        const key = this.term(term.key, inside);
        return { ...term, body, key, value: this.term(term.value, inside) };
      }
      default:
        return mapTerm(term, {
          term: (inner) => this.term(inner, safe),
          body: (body) => body,
        });
    }
  }

  private template(
    template: Extract<Term, { kind: "templatestring" }>,
    safe: Vars,
  ): Term {
    const { location } = template;
    const parts = template.parts.map((part) =>
      "kind" in part ? part : this.part(part, safe),
    );
    const empty: Term = { kind: "string", value: "", location };
    const value = parts.length === 0 ? [empty] : parts;
    return {
      kind: "call",
      operator: operatorRef("internal.template_string", location),
      operands: [{ kind: "array", value, location }],
      location,
    };
  }

  /** The set of an expression's values: one, or none where it is undefined. */
  private part(expr: Expr, safe: Vars): Term {
    const { location, terms } = expr;
    const empty: Term = { kind: "set", value: [], location };
    if (terms.kind === "call") {
      const name = operatorName(terms.operator);
      if (this.state.builtins.get(name)?.relation) {
        const message = `illegal call to relation built-in '${name}' that may cause multiple outputs`;
        this.fail(message, location);
        return empty;
      }
    }
    const term: Term | undefined =
      terms.kind === "term"
        ? terms.term
        : terms.kind === "call"
          ? {
              kind: "call",
              operator: terms.operator,
              operands: terms.operands,
              location,
            }
          : undefined;
    if (!term) {
      this.fail("unexpected template-string expression type", location);
      return empty;
    }
    const isPlain =
      term.kind === "var" ||
      (term.kind === "ref" && isDefined(term.value, this.state.ruleTree));
    if (isPlain && expr.with.length === 0) {
      return { kind: "set", value: [term], location };
    }
    for (const name of [...termVars(term, safetyParams)].sort()) {
      if (!safe.has(name)) {
        const written = shownName(name, this.state.names);
        this.fail(`var ${written} is undeclared`, term.location);
      }
    }
    const { expr: capture, local } = assignLocal(
      this.state.names,
      this.term(term, safe),
    );
    const body: Body = [{ ...capture, generated: false, with: expr.with }];
    return { kind: "setcomprehension", term: local, body, location };
  }

  private fail(message: string, location: Expr["location"]): void {
    this.state.report(
      new PolicyError("rego_compile_error", message, { location }),
    );
  }
}

/** True for a ref to a rule that always has a value. */
function isDefined(ref: readonly Term[], tree: RuleTree): boolean {
  const [head, ...rest] = ref;
  if (head?.kind !== "var" || head.value !== "data") {
    return false;
  }
  const path = rest.map((term) => (term.kind === "string" ? term.value : ""));
  const rules = findNode(tree, path)?.rules ?? [];
  return (
    rules.length > 0 &&
    rules.every(({ rule }) => rule.head.args.length === 0) &&
    rules.some(
      ({ keys, rule }) => rule.default || (rule.head.key && !keys.length),
    )
  );
}
