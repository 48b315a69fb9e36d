import { PolicyError } from "../error.ts";
import type { Location } from "../source.ts";
import type { Body, Expr, RefTerm, Term } from "../syntax/ast.ts";
import type { BuiltinNames } from "./builtin-names.ts";
import type { Report } from "./resolve.ts";
import {
  addClosureVars,
  addOpenVars,
  allClosures,
  type Closure,
  childTerms,
  closureOf,
  isRootVar,
  openTerms,
} from "./term-vars.ts";

/** What ordering needs to know of calls: how many operands are inputs. */
export type Arities = {
  /** Operands of a function by the text of its ref; undefined if unknown. */
  arity(operator: RefTerm): number | undefined;
  readonly builtins: BuiltinNames;
};

type Vars = ReadonlySet<string>;

/** Orders bodies so that every variable is bound before it is needed. */
export class BodyOrder {
  private readonly arities: Arities;
  private readonly report: Report;

  constructor(arities: Arities, report: Report) {
    this.arities = arities;
    this.report = report;
  }

  /**
   * The body in a safe order, closures inside included. Adds what it binds to
   * `safe`; reports each variable that nothing binds.
   */
  order(body: Body, safe: Set<string>): Body {
    const outer = bodyOpenVars(body, safe);
    const waiting = [...body];
    const ordered: Expr[] = [];
    while (waiting.length > 0) {
      const next = waiting.findIndex((one) => this.isReady(one, safe, outer));
      if (next < 0) {
        this.reportUnsafe(waiting, safe, outer);
        return body;
      }
      const [expr] = waiting.splice(next, 1) as [Expr];
      for (const name of this.outputs(expr, safe)) {
        safe.add(name);
      }
      ordered.push(this.inner(expr, safe));
    }
    return ordered.map((expr, index) => ({ ...expr, index }));
  }

  private isReady(expr: Expr, safe: Vars, outer: Vars): boolean {
    const outputs = this.outputs(expr, safe);
    return [...needed(expr, outer)].every(
      (name) => safe.has(name) || outputs.has(name),
    );
  }

  private reportUnsafe(
    waiting: readonly Expr[],
    safe: Vars,
    outer: Vars,
  ): void {
    const seen = new Set<string>();
    for (const expr of waiting) {
      const outputs = this.outputs(expr, safe);
      for (const name of needed(expr, outer)) {
        if (!safe.has(name) && !outputs.has(name) && !seen.has(name)) {
          seen.add(name);
          this.report(
            unsafe(name, findVar(openTerms(expr), name) ?? expr.location),
          );
        }
      }
    }
  }

  /** Variables that the expression binds, given what is safe before it. */
  private outputs(expr: Expr, safe: Vars): Set<string> {
    const found = new Set<string>();
    const { terms } = expr;
    for (const { isBuiltin, value } of expr.with) {
      if (!isBuiltin) {
        this.refOutputs(value, safe, found);
      }
    }
    if (terms.kind === "every") {
      this.refOutputs(terms.domain, safe, found);
    }
    if (expr.negated || (terms.kind !== "term" && terms.kind !== "call")) {
      return found;
    }
    if (terms.kind === "term") {
      this.refOutputs(terms.term, safe, found);
      return found;
    }
    const [head] = terms.operator.value;
    if (
      terms.operator.value.length === 1 &&
      head?.kind === "var" &&
      head.value === "eq"
    ) {
      const [left, right] = terms.operands as [Term, Term];
      this.unify(left, right, safe, found);
      return found;
    }
    const arity = this.arities.arity(terms.operator);
    for (const [index, operand] of terms.operands.entries()) {
      if (index === arity) {
        this.bindPattern(operand, found);
      }
      this.refOutputs(operand, safe, found);
    }
    return found;
  }

  private unify(left: Term, right: Term, safe: Vars, found: Set<string>): void {
    this.refOutputs(left, safe, found);
    this.refOutputs(right, safe, found);
    if (left.kind === "array" && right.kind === "array") {
      this.unifyAll(left.value, right.value, safe, found);
      return;
    }
    if (left.kind === "object" && right.kind === "object") {
      const [values, others] = [left, right].map((object) =>
        object.value.map(([, value]) => value),
      ) as [Term[], Term[]];
      this.unifyAll(values, others, safe, found);
    }
    if (this.isKnown(right, safe, found)) {
      this.bindPattern(left, found);
    } else if (this.isKnown(left, safe, found)) {
      this.bindPattern(right, found);
    }
  }

  private unifyAll(
    left: readonly Term[],
    right: readonly Term[],
    safe: Vars,
    found: Set<string>,
  ): void {
    for (const [index, item] of left.entries()) {
      const other = right[index];
      if (other) {
        this.unify(item, other, safe, found);
      }
    }
  }

  private isKnown(term: Term, safe: Vars, found: Vars): boolean {
    const names = new Set<string>();
    addOpenVars(term, names);
    return [...names].every((name) => safe.has(name) || found.has(name));
  }

  /** Variables that stand where a pattern binds them. */
  private bindPattern(term: Term, found: Set<string>): void {
    if (term.kind === "var" && !isRootVar(term.value)) {
      found.add(term.value);
    } else if (term.kind === "array") {
      for (const item of term.value) {
        this.bindPattern(item, found);
      }
    } else if (term.kind === "object") {
      for (const [, value] of term.value) {
        this.bindPattern(value, found);
      }
    }
  }

  /** `xs[i]` binds i when xs is known; refs may stand inside other terms. */
  private refOutputs(term: Term, safe: Vars, found: Set<string>): void {
    if (closureOf(term)) {
      return;
    }
    if (term.kind === "ref") {
      const [head, ...rest] = term.value;
      const known =
        head !== undefined &&
        (head.kind !== "var" ||
          isRootVar(head.value) ||
          safe.has(head.value) ||
          found.has(head.value));
      for (const item of known ? rest : []) {
        this.bindPattern(item, found);
      }
    }
    for (const child of childTerms(term)) {
      this.refOutputs(child, safe, found);
    }
  }

  /** Orders the closures of an expression. */
  private inner(expr: Expr, safe: Vars): Expr {
    const term = (one: Term): Term => this.term(one, safe);
    const { terms } = expr;
    const modifiers = expr.with.map((one) => ({
      ...one,
      value: term(one.value),
    }));
    switch (terms.kind) {
      case "term":
        return {
          ...expr,
          with: modifiers,
          terms: { ...terms, term: term(terms.term) },
        };
      case "call":
        return {
          ...expr,
          with: modifiers,
          terms: {
            ...terms,
            operator: this.operator(terms.operator, safe),
            operands: terms.operands.map(term),
          },
        };
      case "every": {
        const inside = new Set(safe);
        for (const variable of [terms.key, terms.value]) {
          if (variable) {
            this.bindPattern(variable, inside);
          }
        }
        const body = this.order(terms.body, inside);
        return {
          ...expr,
          with: modifiers,
          terms: { ...terms, domain: term(terms.domain), body },
        };
      }
      case "not":
        return {
          ...expr,
          with: modifiers,
          terms: { ...terms, body: this.order(terms.body, new Set(safe)) },
        };
      case "and":
      case "or":
        return {
          ...expr,
          with: modifiers,
          terms: {
            ...terms,
            left: this.order(terms.left, new Set(safe)),
            right: this.order(terms.right, new Set(safe)),
          },
        };
      case "some":
        return expr;
    }
  }

  private operator(operator: RefTerm, safe: Vars): RefTerm {
    return {
      ...operator,
      value: operator.value.map((one) => this.term(one, safe)),
    };
  }

  /** Orders the comprehensions inside a term. */
  term(term: Term, safe: Vars): Term {
    const again = (one: Term): Term => this.term(one, safe);
    switch (term.kind) {
      case "ref":
      case "array":
      case "set":
        return { ...term, value: term.value.map(again) };
      case "object":
        return {
          ...term,
          value: term.value.map(
            ([key, value]) => [again(key), again(value)] as const,
          ),
        };
      case "call":
        return { ...term, operands: term.operands.map(again) };
      case "arraycomprehension":
      case "setcomprehension": {
        const inside = new Set(safe);
        const body = this.order(term.body, inside);
        this.checkHeads([term.term], inside);
        return { ...term, body, term: this.term(term.term, inside) };
      }
      case "objectcomprehension": {
        const inside = new Set(safe);
        const body = this.order(term.body, inside);
        this.checkHeads([term.key, term.value], inside);
        return {
          ...term,
          body,
          key: this.term(term.key, inside),
          value: this.term(term.value, inside),
        };
      }
      case "templatestring":
        return {
          ...term,
          parts: term.parts.map((part) =>
            "kind" in part ? part : this.inner(part, safe),
          ) as typeof term.parts,
        };
      default:
        return term;
    }
  }

  /** Reports variables of head terms that the body did not bind. */
  checkHeads(heads: readonly Term[], safe: Vars): void {
    for (const head of heads) {
      const names = new Set<string>();
      addOpenVars(head, names);
      const bound = new Set<string>();
      this.refOutputs(head, safe, bound);
      for (const name of names) {
        if (!safe.has(name) && !bound.has(name)) {
          this.report(unsafe(name, findVar([head], name) ?? head.location));
        }
      }
    }
  }
}

/** Variables that must be bound before, or by, the expression. */
function needed(expr: Expr, outer: Vars): Set<string> {
  const names = new Set<string>();
  for (const term of openTerms(expr)) {
    addOpenVars(term, names);
  }
  for (const closure of allClosures(expr)) {
    addSharedVars(closure, outer, names);
  }
  if (expr.negated) {
    dropWildcards(names);
  }
  return names;
}

/** Of a closure's variables those that the surrounding body binds too. */
function addSharedVars(
  closure: Closure,
  outer: Vars,
  names: Set<string>,
): void {
  const inside = new Set<string>();
  addClosureVars(closure, inside);
  for (const name of inside) {
    if (outer.has(name)) {
      names.add(name);
    }
  }
}

/** A wildcard under `not` is the negated expression's own. */
function dropWildcards(names: Set<string>): void {
  for (const name of names) {
    if (name.startsWith("$")) {
      names.delete(name);
    }
  }
}

function bodyOpenVars(body: Body, safe: Vars): Set<string> {
  const names = new Set(safe);
  for (const expr of body) {
    for (const term of openTerms(expr)) {
      addOpenVars(term, names);
    }
  }
  return names;
}

function unsafe(name: string, location: Location): PolicyError {
  return new PolicyError("rego_unsafe_var_error", `var ${name} is unsafe`, {
    location,
  });
}

/** The first place of a variable. */
function findVar(terms: readonly Term[], name: string): Location | undefined {
  for (const term of terms) {
    if (term.kind === "var" && term.value === name) {
      return term.location;
    }
    const inside = findVar(childTerms(term), name);
    if (inside) {
      return inside;
    }
  }
  return undefined;
}
