import { PolicyError } from "../error.ts";
import type { Body, Expr, Rule, Term } from "../syntax/ast.ts";
import { DeclaredNames } from "./declared-names.ts";
import { LocalsRewriter } from "./locals-rewriter.ts";
import { isScalar, mapExpr, mapTerm, visitExprs } from "./map.ts";
import { declaredVars } from "./resolve-refs.ts";
import type { State } from "./state.ts";
import { addTermVars, bodyVars, termVars } from "./vars.ts";

/**
 * Gives every declared variable a name of its own, turns `:=` into `=` and
 * `some … in` into a ref, and reports what is declared twice or never used.
 */
export function rewriteLocals(state: State): void {
  state.modules = state.modules.map((module) => ({
    ...module,
    rules: module.rules.map((rule) => rewriteRule(rule, state)),
  }));
}

/** The same for the body of a query; its names are the query's own. */
export function rewriteQueryLocals(body: Body, state: State): Body {
  const names = new DeclaredNames(state.names);
  return new LocalsRewriter(names, state).declaring(body, new Set());
}

function rewriteRule(rule: Rule, state: State): Rule {
  const names = new DeclaredNames(state.names);
  const unused = new Set<string>();
  if (state.strict) {
    for (const arg of rule.head.args) {
      addTermVars(arg, unused);
    }
  }
  const rewriter = new LocalsRewriter(names, state);
  const args = rule.head.args.map((arg) =>
    rewriter.argument(rewriteNested(arg, state)),
  );
  const rewritten = rewriteLink(rule, { args, names, unused, state });
  for (const name of unused) {
    if (!name.startsWith("$")) {
      const { location } = rule.head;
      const message = `unused argument ${name}. (hint: use _ (wildcard variable) instead)`;
      state.report(
        new PolicyError("rego_compile_error", message, { location }),
      );
    }
  }
  return rewritten;
}

type RuleNames = {
  readonly args: readonly Term[];
  readonly names: DeclaredNames;
  /** Arguments that no link has used yet. */
  readonly unused: Set<string>;
  readonly state: State;
};

/** One rule, then its else rules with the same arguments. */
function rewriteLink(rule: Rule, shared: RuleNames): Rule {
  const { args, state, unused } = shared;
  const head = rewriteNestedHead(rule, state);
  const used = new Set<string>();
  for (const term of [...head.ref.value.slice(1), head.key]) {
    if (term && !isScalar(term)) {
      addTermVars(term, used);
    }
  }
  if (head.value && !isScalar(head.value)) {
    for (const name of termVars(head.value)) {
      used.add(name);
      unused.delete(name);
    }
  }
  const names = shared.names.copy();
  shadowBuiltins(rule, names, state);
  const body = new LocalsRewriter(names, state).declaring(rule.body, used);
  const rename = (term: Term): Term => renameVars(term, names.inner.locals);
  for (const name of [...unused]) {
    if (names.count(name) > 1) {
      unused.delete(name);
    }
  }
  const [name, ...keys] = head.ref.value;
  return {
    ...rule,
    body,
    head: {
      ...head,
      args: args.map(rename),
      ref: {
        ...head.ref,
        value: [...(name ? [name] : []), ...keys.map(rename)],
      },
      key: head.key && rename(head.key),
      value: head.value && rename(head.value),
    },
    else: rule.else && rewriteLink(rule.else, shared),
  };
}

/** What comprehensions in the head declare is theirs alone. */
function rewriteNestedHead({ head }: Rule, state: State): Rule["head"] {
  return {
    ...head,
    key: head.key && rewriteNested(head.key, state),
    value: head.value && rewriteNested(head.value, state),
  };
}

function rewriteNested(term: Term, state: State): Term {
  switch (term.kind) {
    case "arraycomprehension":
    case "setcomprehension":
    case "objectcomprehension":
      return new LocalsRewriter(new DeclaredNames(state.names), state).term(
        term,
      );
    case "var":
      return term;
    default:
      return mapTerm(term, {
        term: (inner) => rewriteNested(inner, state),
        body: (body) => body,
      });
  }
}

/** A variable with the name of a builtin gets a local, so that it is none. */
function shadowBuiltins(
  rule: Rule,
  names: DeclaredNames,
  { builtins, names: locals }: State,
): void {
  const declared = declaredVars(rule.body);
  const modified = new Set<string>();
  const addWith = ({ with: modifiers }: Expr): void => {
    for (const { target, value } of modifiers) {
      addTermVars(target, modified);
      addTermVars(value, modified);
    }
  };
  visitExprs(rule.body, addWith);
  const found = bodyVars(rule.body, {
    skipRefCallHead: true,
    skipClosures: true,
  });
  for (const name of [...found].sort()) {
    if (
      builtins.has(name) &&
      !declared.has(name) &&
      !modified.has(name) &&
      names.local(name) === undefined
    ) {
      names.insert(name, locals.fresh(), "seen");
    }
  }
}

function renameVars(term: Term, locals: ReadonlyMap<string, string>): Term {
  if (term.kind === "var") {
    const local = locals.get(term.value);
    return local === undefined ? term : { ...term, value: local };
  }
  const rename = (inner: Term): Term => renameVars(inner, locals);
  const mapper = {
    term: rename,
    body: (body: Body): Body => body.map((expr) => mapExpr(expr, mapper)),
  };
  return mapTerm(term, mapper);
}
