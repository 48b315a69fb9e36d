import { operatorName } from "../analysis/operator-name.ts";
import { addExprVars, addTermVars, bodyVars } from "../analysis/vars.ts";
import type {
  ShownDocument,
  ShownExpression,
  ShownTerm,
  ShownValue,
} from "../ir/shown.ts";
import type { Body, Expr, RefTerm, Rule, Term } from "../syntax/ast.ts";
import { bodiesOf } from "../syntax/expr-parts.ts";
import { printRef } from "../syntax/print.ts";

/**
 * What an expression shows when it fails. `parts` are those that the compiler
 * moved out of the same written expression, and that one itself.
 */
export function shownExpression(
  expr: Expr,
  parts: readonly Expr[],
): ShownExpression {
  const names = new Set<string>();
  addExprVars(expr, names);
  const others = new Set<string>();
  const found = new ShownTerms();
  // Of a negated expression the variables may just not be looked at.
  found.expr(expr, !expr.negated);
  for (const part of parts) {
    if (part !== expr) {
      addExprVars(part, others);
      found.expr(part, false);
    }
  }
  return {
    location: expr.base ?? expr.location,
    names: [...names],
    otherNames: [...others].filter((name) => !names.has(name)),
    terms: found.terms,
    documents: documentsOf(expr),
    sides: sidesOf(expr),
    isEvery: expr.terms.kind === "every",
  };
}

/** Of a rule the variables in its head that OPA looks at: not those of a longer reference. */
export function shownHead({ head }: Rule): ShownExpression {
  const { args, location, ref, value } = head;
  const key = head.key ?? (ref.value.length === 2 ? ref.value[1] : undefined);
  const names = new Set<string>();
  for (const term of [...args, key, value]) {
    if (term) {
      addTermVars(term, names);
    }
  }
  return { ...shownNothing, location, names: [...names] };
}

/** Of a body that is evaluated by itself all its variables. */
export function shownBody(body: Body): ShownExpression {
  const location = body[0]?.location ?? shownNothing.location;
  const documents = body.flatMap(documentsOf);
  return { ...shownNothing, location, documents, names: [...bodyVars(body)] };
}

const shownNothing: ShownExpression = {
  location: { file: "", row: 1, col: 1 },
  names: [],
  otherNames: [],
  terms: [],
  documents: [],
  sides: undefined,
  isEvery: false,
};

/** Collects terms in the order of OPA: not in comprehensions, not the names of functions. */
class ShownTerms {
  readonly terms: ShownTerm[] = [];

  expr({ terms, with: modifiers }: Expr, undefinedIfUnknown: boolean): void {
    const visit = (term: Term): void => this.term(term, undefinedIfUnknown);
    switch (terms.kind) {
      case "term":
        visit(terms.term);
        break;
      case "call":
        terms.operands.forEach(visit);
        break;
      case "every":
        visit(terms.value);
        visit(terms.domain);
        break;
      default:
        break;
    }
    for (const body of bodiesOf(terms)) {
      for (const inner of body) {
        this.expr(inner, undefinedIfUnknown);
      }
    }
    for (const { value } of modifiers) {
      visit(value);
    }
  }

  private term(term: Term, undefinedIfUnknown: boolean): void {
    const visit = (inner: Term): void => this.term(inner, undefinedIfUnknown);
    switch (term.kind) {
      case "var":
        this.add(term, term.value, [], undefinedIfUnknown);
        break;
      case "ref":
        this.selection(term);
        term.value.forEach(visit);
        break;
      case "array":
      case "set":
        term.value.forEach(visit);
        break;
      case "object":
        term.value.flat().forEach(visit);
        break;
      case "call":
        term.operands.forEach(visit);
        break;
      default:
        break;
    }
  }

  /** What a ref selects in a variable's value. */
  private selection(ref: RefTerm): void {
    const [head, ...rest] = ref.value;
    const keys = rest.map(shownValue);
    if (head?.kind === "var" && rest.length > 0 && keys.every(isKnown)) {
      this.add(ref, head.value, keys, false);
    }
  }

  private add(
    { location }: Term,
    name: string,
    keys: readonly ShownValue[],
    undefinedIfUnknown: boolean,
  ): void {
    this.terms.push({ name, keys, location, undefinedIfUnknown });
  }
}

/** The refs to rules, each up to its first variable. */
function documentsOf(expr: Expr): ShownDocument[] {
  const found: ShownDocument[] = [];
  const visit = (term: Term): void => {
    if (term.kind !== "ref") {
      return;
    }
    const [head] = term.value;
    const end = term.value.findIndex(
      (key, index) => index > 0 && shownConstant(key) === undefined,
    );
    if (head?.kind === "var" && head.value === "data") {
      const value = end < 0 ? term.value : term.value.slice(0, end);
      const text = printRef({ ...term, value });
      found.push({ text, location: head.location });
    }
  };
  visitDirectTerms(expr, visit);
  return found;
}

function visitDirectTerms({ terms }: Expr, visit: (term: Term) => void): void {
  if (terms.kind === "term") {
    visit(terms.term);
  } else if (terms.kind === "call") {
    terms.operands.forEach(visit);
  } else if (terms.kind === "every") {
    visit(terms.domain);
  }
}

/** The two sides of an equation, where what they are made of can be told. */
function sidesOf({ negated, terms }: Expr): ShownExpression["sides"] {
  if (negated || terms.kind !== "call") {
    return undefined;
  }
  const [left, right] = terms.operands.map(shownValue);
  const name = operatorName(terms.operator);
  return left && right && (name === "eq" || name === "equal")
    ? [left, right]
    : undefined;
}

function isKnown<T>(value: T | undefined): value is T {
  return value !== undefined;
}

function shownConstant(term: Term): ShownValue | undefined {
  return term.kind === "var" ? undefined : shownValue(term);
}

function shownValue(term: Term): ShownValue | undefined {
  switch (term.kind) {
    case "null":
      return { kind: "null" };
    case "boolean":
      return { kind: "boolean", value: term.value };
    case "number":
    case "string":
    case "var":
      return { kind: term.kind, value: term.value };
    case "array":
    case "set": {
      const value = term.value.map(shownValue);
      return value.every(isKnown) ? { kind: term.kind, value } : undefined;
    }
    case "object": {
      const entries = term.value.flatMap(([key, value]) => {
        const pair = [shownValue(key), shownValue(value)] as const;
        return pair[0] && pair[1] ? [[pair[0], pair[1]] as const] : [];
      });
      return entries.length === term.value.length
        ? { kind: "object", value: entries }
        : undefined;
    }
    default:
      return undefined;
  }
}
