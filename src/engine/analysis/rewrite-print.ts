import { PolicyError } from "../error.ts";
import type { Body, Expr, Rule, Term } from "../syntax/ast.ts";
import { operatorRef } from "../syntax/parser-state.ts";
import { mapExpr, mapRules, mapTerm, renumber, withParts } from "./map.ts";
import { assignLocal, shownName } from "./names.ts";
import { operatorName } from "./operator-name.ts";
import { type Arity, bodyOutputs } from "./output-vars.ts";
import type { State } from "./state.ts";
import {
  addTermVars,
  bodyVars,
  isGenerated,
  rootNames,
  safetyParams,
  termVars,
} from "./vars.ts";

type Vars = ReadonlySet<string>;

/**
 * `print` calls become calls of `internal.print` with the set of each operand's
 * values, so that an undefined operand prints as such; or are taken out.
 */
export function rewritePrint(state: State, arity: Arity): void {
  const rewriter = new PrintRewriter(state, arity);
  state.modules = mapRules(state.modules, (rule) => rewriter.rule(rule), [
    "print",
  ]);
}

/** The same in the body of a query. */
export function rewriteQueryPrint(
  body: Body,
  state: State,
  arity: Arity,
): Body {
  return new PrintRewriter(state, arity).body(body, rootNames);
}

class PrintRewriter {
  private readonly state: State;
  private readonly arity: Arity;

  constructor(state: State, arity: Arity) {
    this.state = state;
    this.arity = arity;
  }

  rule(rule: Rule): Rule {
    const globals = new Set(rootNames);
    for (const arg of rule.head.args) {
      addTermVars(arg, globals);
    }
    const { head } = rule;
    return withParts(rule, {
      body: this.body(rule.body, globals),
      key: head.key && this.term(head.key, globals),
      value: head.value && this.term(head.value, globals),
    });
  }

  body(body: Body, globals: Vars): Body {
    const rewritten: Expr[] = [];
    for (const [index, expr] of body.entries()) {
      const isPrint = isPrintCall(expr);
      if (isPrint && !this.state.print) {
        continue;
      }
      const before = body.slice(0, index);
      if (isPrint) {
        rewritten.push(this.print(expr, before, globals));
      } else if (hasBodies(expr)) {
        const bound = bodyOutputs(before, this.arity, globals);
        rewritten.push(this.inside(expr, new Set([...globals, ...bound])));
      } else {
        rewritten.push(expr);
      }
    }
    const [first] = body;
    if (rewritten.length === 0 && first) {
      const { location } = first;
      const term: Term = { kind: "boolean", value: true, location };
      rewritten.push({ ...first, terms: { kind: "term", term }, with: [] });
    }
    return renumber(rewritten);
  }

  private inside(expr: Expr, globals: Vars): Expr {
    const { terms } = expr;
    const known = new Set(globals);
    if (terms.kind === "every") {
      for (const term of [terms.key, terms.value]) {
        if (term) {
          addTermVars(term, known);
        }
      }
    }
    return mapExpr(expr, {
      term: (term) => this.term(term, globals),
      body: (body) => this.body(body, known),
    });
  }

  private term(term: Term, globals: Vars): Term {
    return mapTerm(term, {
      term: (inner) => this.term(inner, globals),
      body: (body) => this.body(body, globals),
    });
  }

  private print(expr: Expr, before: Body, globals: Vars): Expr {
    if (expr.terms.kind !== "call") {
      return expr;
    }
    const safe = new Set([
      ...globals,
      ...bodyOutputs(before, this.arity, globals),
      ...[...bodyVars(before)].filter(isGenerated),
    ]);
    const { location } = expr;
    const value = expr.terms.operands.map((operand): Term => {
      this.checkDeclared(operand, safe);
      const { expr: capture, local } = assignLocal(this.state.names, operand);
      return {
        kind: "setcomprehension",
        term: local,
        body: [{ ...capture, generated: false }],
        location: operand.location,
      };
    });
    return {
      ...expr,
      terms: {
        kind: "call",
        operator: operatorRef("internal.print", location),
        operands: [{ kind: "array", value, location }],
      },
    };
  }

  private checkDeclared(operand: Term, safe: Vars): void {
    for (const name of [...termVars(operand, safetyParams)].sort()) {
      if (!safe.has(name)) {
        const written = shownName(name, this.state.names);
        const message = `var ${written} is undeclared`;
        const { location } = operand;
        this.state.report(
          new PolicyError("rego_compile_error", message, { location }),
        );
      }
    }
  }
}

function isPrintCall({ terms }: Expr): boolean {
  return terms.kind === "call" && operatorName(terms.operator) === "print";
}

/** True for an expression with a body inside: a closure, or `every` and its like. */
function hasBodies(expr: Expr): boolean {
  let found = false;
  const note = (body: Body): Body => {
    found = true;
    return body;
  };
  const look = (term: Term): Term => mapTerm(term, { term: look, body: note });
  mapExpr(expr, { term: look, body: note });
  return found;
}
