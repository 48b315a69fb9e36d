import type {
  Body,
  Expr,
  ExprTerms,
  RefTerm,
  Term,
  With,
} from "../syntax/ast.ts";
import { bodiesOf } from "../syntax/expr-parts.ts";

/** What a collection of variables leaves out; the names are OPA's. */
export type VarParams = {
  /** The heads of refs. */
  readonly skipRefHead?: boolean;
  /** The names of called functions, and the heads of refs in `with`. */
  readonly skipRefCallHead?: boolean;
  /** Comprehensions, `not`, `and`, `or` and the body of `every`. */
  readonly skipClosures?: boolean;
  readonly skipObjectKeys?: boolean;
  readonly skipSets?: boolean;
  /** Sees `not`, `and` and `or`; true when it has done what is to be done. */
  readonly closure?: (terms: ExprTerms, found: Set<string>) => boolean;
};

const everything: VarParams = {};

/** What a safety check looks at: not the names of functions, not closures. */
export const safetyParams: VarParams = {
  skipRefCallHead: true,
  skipClosures: true,
};

/** `data` and `input`, which are never unsafe. */
export const rootNames: ReadonlySet<string> = new Set(["data", "input"]);

/** The variables of a term. */
export function termVars(
  term: Term,
  params: VarParams = everything,
): Set<string> {
  const found = new Set<string>();
  addTermVars(term, found, params);
  return found;
}

/** The variables of a body. */
export function bodyVars(
  body: Body,
  params: VarParams = everything,
): Set<string> {
  const found = new Set<string>();
  addBodyVars(body, found, params);
  return found;
}

export function addBodyVars(
  body: Body,
  found: Set<string>,
  params: VarParams = everything,
): void {
  for (const expr of body) {
    addExprVars(expr, found, params);
  }
}

function addAll(
  terms: readonly Term[],
  found: Set<string>,
  params: VarParams,
): void {
  for (const term of terms) {
    addTermVars(term, found, params);
  }
}

/** The variables in a ref's brackets. */
function addKeys(
  { value }: RefTerm,
  found: Set<string>,
  params: VarParams,
): void {
  for (let index = 1; index < value.length; index += 1) {
    addTermVars(value[index] as Term, found, params);
  }
}

export function addTermVars(
  term: Term,
  found: Set<string>,
  params: VarParams = everything,
): void {
  switch (term.kind) {
    case "var":
      found.add(term.value);
      return;
    case "ref":
      if (params.skipRefHead) {
        addKeys(term, found, params);
      } else {
        addAll(term.value, found, params);
      }
      return;
    case "array":
      addAll(term.value, found, params);
      return;
    case "set":
      if (!params.skipSets) {
        addAll(term.value, found, params);
      }
      return;
    case "object":
      addEntries(term.value, found, params);
      return;
    case "call":
      addCallVars(term.operator, term.operands, found, params);
      return;
    default:
      if (!params.skipClosures) {
        addClosureVars(term, found, params);
      }
  }
}

function addEntries(
  entries: readonly (readonly [Term, Term])[],
  found: Set<string>,
  params: VarParams,
): void {
  for (const [key, value] of entries) {
    if (!params.skipObjectKeys) {
      addTermVars(key, found, params);
    }
    addTermVars(value, found, params);
  }
}

/** The variables of a term that is a scope of its own. */
function addClosureVars(
  term: Term,
  found: Set<string>,
  params: VarParams,
): void {
  switch (term.kind) {
    case "arraycomprehension":
    case "setcomprehension":
      addTermVars(term.term, found, params);
      addBodyVars(term.body, found, params);
      return;
    case "objectcomprehension":
      addAll([term.key, term.value], found, params);
      addBodyVars(term.body, found, params);
      return;
    case "templatestring":
      for (const part of term.parts) {
        if ("kind" in part) {
          addTermVars(part, found, params);
        } else {
          addExprVars(part, found, params);
        }
      }
      return;
    default:
      return;
  }
}

function addCallVars(
  operator: RefTerm,
  operands: readonly Term[],
  found: Set<string>,
  params: VarParams,
): void {
  if (params.skipRefCallHead) {
    addKeys(operator, found, params);
  } else {
    addTermVars(operator, found, params);
  }
  addAll(operands, found, params);
}

export function addExprVars(
  expr: Expr,
  found: Set<string>,
  params: VarParams = everything,
): void {
  const { terms } = expr;
  if (terms.kind === "every" && params.skipClosures) {
    addTermVars(terms.domain, found, params);
    return;
  }
  addTermsVars(terms, found, params);
  for (const modifier of expr.with) {
    addWithVars(modifier, found, params);
  }
}

function addTermsVars(
  terms: ExprTerms,
  found: Set<string>,
  params: VarParams,
): void {
  switch (terms.kind) {
    case "term":
      addTermVars(terms.term, found, params);
      return;
    case "call":
      addCallVars(terms.operator, terms.operands, found, params);
      return;
    case "some":
      addAll(terms.symbols, found, params);
      return;
    case "every":
      addAll([...(terms.key ? [terms.key] : []), terms.value], found, params);
      addTermVars(terms.domain, found, params);
      addBodyVars(terms.body, found, params);
      return;
    case "not":
    case "and":
    case "or":
      if (params.closure?.(terms, found) || params.skipClosures) {
        return;
      }
      for (const body of bodiesOf(terms)) {
        addBodyVars(body, found, params);
      }
  }
}

/** The variables of a `with` modifier. */
export function addWithVars(
  { target, value }: With,
  found: Set<string>,
  params: VarParams,
): void {
  if (!params.skipRefCallHead) {
    addTermVars(target, found, params);
    addTermVars(value, found, params);
    return;
  }
  if (target.kind === "ref") {
    addKeys(target, found, params);
  }
  if (value.kind === "ref") {
    addKeys(value, found, params);
  } else {
    addTermVars(value, found, params);
  }
}

/**
 * How the variables begin that take the values of a query's expressions, as in
 * OPA: no author can write such a name, and it is printed as `_`.
 */
export const capturePrefix = "$term";

/** True for a variable that the compiler made. */
export function isGenerated(name: string): boolean {
  return name.startsWith("__local");
}

/** True when every variable of the first set is in the second. */
export function isSubset(
  vars: ReadonlySet<string>,
  of: ReadonlySet<string>,
): boolean {
  for (const name of vars) {
    if (!of.has(name)) {
      return false;
    }
  }
  return true;
}

/** The variables of the first set that are not in the second. */
export function difference(
  vars: ReadonlySet<string>,
  other: ReadonlySet<string>,
): Set<string> {
  const found = new Set<string>();
  for (const name of vars) {
    if (!other.has(name)) {
      found.add(name);
    }
  }
  return found;
}
