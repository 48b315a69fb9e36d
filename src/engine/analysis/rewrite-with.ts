import { PolicyError } from "../error.ts";
import type { Location } from "../source.ts";
import type { Body, Expr, RefTerm, Rule, Term, With } from "../syntax/ast.ts";
import { printTerm } from "../syntax/print.ts";
import {
  isSameList,
  mapExpr,
  mapRules,
  mapTerm,
  renumber,
  requiresEval,
  withParts,
} from "./map.ts";
import { assignLocal } from "./names.ts";
import { operatorName } from "./operator-name.ts";
import { findNode, type RuleTree } from "./rule-tree.ts";
import type { State } from "./state.ts";

/** Checks what `with` replaces, and computes the replacements beforehand. */
export function rewriteWith(state: State): void {
  const rewriter = new WithRewriter(state);
  state.modules = mapRules(state.modules, (rule) => rewriter.rule(rule), [
    "with",
  ]);
}

/** The same in the body of a query. */
export function rewriteQueryWith(body: Body, state: State): Body {
  return new WithRewriter(state).body(body);
}

class WithRewriter {
  private readonly state: State;
  private faults = 0;

  constructor(state: State) {
    this.state = state;
  }

  rule(rule: Rule): Rule {
    const { head } = rule;
    return withParts(rule, {
      key: head.key && this.term(head.key),
      value: head.value && this.term(head.value),
      body: this.body(rule.body),
    });
  }

  /** The first fault of a body is its only one. */
  body(body: Body): Body {
    const found: Expr[] = [];
    for (const expr of body) {
      const before = this.faults;
      found.push(...this.expr(expr));
      if (this.faults > before) {
        return body;
      }
    }
    const rewritten = found.map((expr) => this.inside(expr));
    return isSameList(rewritten, body) ? body : renumber(rewritten);
  }

  private inside(expr: Expr): Expr {
    return mapExpr(expr, {
      term: (term) => this.term(term),
      body: (body) => this.body(body),
    });
  }

  private term(term: Term): Term {
    return mapTerm(term, {
      term: (inner) => this.term(inner),
      body: (body) => this.body(body),
    });
  }

  private expr(expr: Expr): Expr[] {
    if (expr.with.length === 0) {
      return [expr];
    }
    const added: Expr[] = [];
    const modifiers: With[] = [];
    const before = this.faults;
    for (const modifier of expr.with) {
      modifiers.push(this.modifier(modifier, added));
      if (this.faults > before) {
        return [expr];
      }
    }
    return [...added, { ...expr, with: modifiers }];
  }

  private modifier(modifier: With, before: Expr[]): With {
    const value = this.builtinRef(modifier.value) ?? modifier.value;
    const target = this.builtinRef(modifier.target) ?? modifier.target;
    const kind = this.check(target, value);
    if (kind === "function") {
      return { ...modifier, target, value };
    }
    if (kind === undefined || !requiresEval(value)) {
      return { ...modifier, target, value };
    }
    const { expr, local } = assignLocal(this.state.names, value);
    before.push(expr);
    return { ...modifier, target, value: local };
  }

  /** The name of a builtin, as in `with count as …`, is a ref to it. */
  private builtinRef(term: Term): RefTerm | undefined {
    return term.kind === "var" && this.state.builtins.has(term.value)
      ? { kind: "ref", value: [term], location: term.location }
      : undefined;
  }

  private isBuiltin(term: Term): boolean {
    return (
      (term.kind === "var" && this.state.builtins.has(term.value)) ||
      (term.kind === "ref" && this.state.builtins.has(operatorName(term)))
    );
  }

  /** What the replacement is; undefined after a report. */
  private check(target: Term, value: Term): "value" | "function" | undefined {
    const root = target.kind === "ref" ? target.value[0] : undefined;
    const name = root?.kind === "var" ? root.value : undefined;
    if (target.kind === "ref" && name === "data") {
      return this.checkData(target, value);
    }
    if (name === "input") {
      return "value";
    }
    if (this.isBuiltin(target)) {
      return this.checkBuiltin(target, value);
    }
    this.fail(
      "rego_type_error",
      "with keyword target must reference existing input, data, or a function",
      target.location,
    );
    return undefined;
  }

  private checkData(
    target: RefTerm,
    value: Term,
  ): "value" | "function" | undefined {
    const path = target.value
      .slice(1)
      .map((term) => (term.kind === "string" ? term.value : undefined));
    let node: RuleTree | undefined = this.state.ruleTree;
    for (const name of path.slice(0, -1)) {
      node = name === undefined ? undefined : node?.children.get(name);
      if (node && node.rules.length > 0) {
        this.fail(
          "rego_compile_error",
          "with keyword cannot partially replace virtual document(s)",
          target.location,
        );
        return undefined;
      }
    }
    const last = path.at(-1);
    const replaced = last === undefined ? undefined : node?.children.get(last);
    if (isFunctionNode(replaced) && this.isFunctionValue(value)) {
      return "function";
    }
    return isFunctionNode(this.nodeOf(value)) ? "function" : "value";
  }

  private nodeOf(value: Term): RuleTree | undefined {
    const [head, ...rest] = value.kind === "ref" ? value.value : [];
    if (head?.kind !== "var" || head.value !== "data") {
      return undefined;
    }
    const path = rest.map((term) => (term.kind === "string" ? term.value : ""));
    return findNode(this.state.ruleTree, path);
  }

  private isFunctionValue(value: Term): boolean {
    return this.nodeOf(value) !== undefined || this.isBuiltin(value);
  }

  private checkBuiltin(
    target: Term,
    value: Term,
  ): "value" | "function" | undefined {
    const name = printTerm(target);
    const builtin = this.state.builtins.get(name);
    const prefix = "with keyword replacing built-in function:";
    const fault = ["eq", "rego.metadata.chain", "rego.metadata.rule"].includes(
      name,
    )
      ? `replacement of "${name}" invalid`
      : name.startsWith("internal.")
        ? `replacement of internal function "${name}" invalid`
        : builtin?.relation
          ? "target must not be a relation"
          : builtin?.hasResult === false
            ? "target must not be a void function"
            : undefined;
    if (fault !== undefined) {
      this.fail("rego_compile_error", `${prefix} ${fault}`, target.location);
      return undefined;
    }
    return this.isFunctionValue(value) ? "function" : "value";
  }

  private fail(
    code: "rego_type_error" | "rego_compile_error",
    message: string,
    location: Location,
  ): void {
    this.faults += 1;
    this.state.report(new PolicyError(code, message, { location }));
  }
}

function isFunctionNode(node: RuleTree | undefined): boolean {
  return node?.rules.some(({ rule }) => rule.head.args.length > 0) ?? false;
}
