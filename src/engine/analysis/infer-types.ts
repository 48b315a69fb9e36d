import type { Body, RefTerm, Rule, Term } from "../syntax/ast.ts";
import { TypeChecker, type TypeContext } from "../types/check-types.ts";
import type { TypeEnv } from "../types/type-env.ts";
import {
  dependentRules,
  type RuleGraph,
  rulesReached,
} from "./check-recursion.ts";
import { elseChain, isScalar } from "./map.ts";
import { writtenRefForErrors } from "./names.ts";
import { SchemaScopes } from "./schema-scope.ts";
import type { State } from "./state.ts";

/**
 * Infers the types of all rules, each after those it depends on, and reports
 * what can never fit. Returns the types, for queries.
 */
export function inferTypes(state: State): TypeEnv {
  const paths = rulePaths(state);
  const packages = packagePaths(state);
  const checker = new TypeChecker(context(state, () => paths));
  const { annotations, report, schemas } = state;
  const scopes = new SchemaScopes(schemas, annotations, report);
  const env = checker.globalEnv(scopes.inputType());
  for (const rule of sorted(state.graph)) {
    const path = paths.get(rule);
    if (path) {
      const scope = scopes.scope(env, rule, packages.get(rule) ?? []);
      checker.checkRule(env, { rule, path }, scope);
    }
  }
  for (const error of checker.errors) {
    state.report(error);
  }
  return env;
}

/** Checks the types in a query. */
export function checkQueryTypes(body: Body, state: State): void {
  if (!state.types) {
    return;
  }
  const checker = new TypeChecker(context(state, () => rulePaths(state)));
  checker.checkBody(state.types, body);
  for (const error of checker.errors) {
    state.report(error);
  }
}

function context(
  state: State,
  rulePathsOf: () => ReadonlyMap<Rule, RefTerm>,
): TypeContext {
  let dependents: ReadonlyMap<Rule, readonly Rule[]> | undefined;
  return {
    // Only the environment of all rules asks for these.
    get functions() {
      return new Map(
        [...state.builtins].map(([name, { type }]) => [name, type] as const),
      );
    },
    allowUndefinedCalls: state.allowUndefinedCalls,
    written: (ref) => writtenRefForErrors(ref, state.names),
    dependents: (ref) => {
      dependents ??= dependentRules(state.graph);
      const found = new Set<Rule>();
      const visit = (rule: Rule): void => {
        if (!found.has(rule)) {
          found.add(rule);
          for (const next of dependents?.get(rule) ?? []) {
            visit(next);
          }
        }
      };
      for (const rule of rulesReached(ref, state.ruleTree)) {
        visit(rule);
      }
      const paths = rulePathsOf();
      return [...found].flatMap((rule) => {
        const path = paths.get(rule);
        return path ? [groundPrefix(path)] : [];
      });
    },
  };
}

function groundPrefix(ref: RefTerm): RefTerm {
  const end = ref.value.findIndex(
    (term, index) => index > 0 && !isScalar(term),
  );
  return end < 0 ? ref : { ...ref, value: ref.value.slice(0, end) };
}

/** The whole path of every rule, else rules included. */
function rulePaths({ modules }: State): Map<Rule, RefTerm> {
  const paths = new Map<Rule, RefTerm>();
  for (const module of modules) {
    for (const rule of module.rules) {
      const [name, ...keys] = rule.head.ref.value;
      const first: Term[] =
        name?.kind === "var"
          ? [{ kind: "string", value: name.value, location: name.location }]
          : [];
      const value = [...module.package.path.value, ...first, ...keys];
      for (const link of elseChain(rule)) {
        const { location } = link;
        paths.set(link, { kind: "ref", value, location });
      }
    }
  }
  return paths;
}

/** The path of every rule's package. */
function packagePaths({ modules }: State): Map<Rule, readonly Term[]> {
  return new Map(
    modules.flatMap(({ package: { path }, rules }) =>
      rules
        .flatMap(elseChain)
        .map((rule): [Rule, readonly Term[]] => [rule, path.value]),
    ),
  );
}

/** Rules in the order of their places, each after those it depends on. */
function sorted(graph: RuleGraph): Rule[] {
  const found: Rule[] = [];
  const done = new Set<Rule>();
  const visit = (rule: Rule): void => {
    if (done.has(rule)) {
      return;
    }
    done.add(rule);
    for (const need of [...(graph.get(rule) ?? [])].sort(byPlace)) {
      visit(need);
    }
    found.push(rule);
  };
  for (const rule of [...graph.keys()].sort(byPlace)) {
    visit(rule);
  }
  return found;
}

function byPlace(a: Rule, b: Rule): number {
  const [left, right] = [a.location, b.location];
  return left.file === right.file
    ? left.row - right.row || left.col - right.col
    : left.file < right.file
      ? -1
      : 1;
}
