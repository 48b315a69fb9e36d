import { PolicyError } from "../error.ts";
import type { Body, ExprTerms, Module, Rule, Term } from "../syntax/ast.ts";
import type { BuiltinNames } from "./builtin-names.ts";
import { checkCalls } from "./check-calls.ts";
import { checkConflicts } from "./check-conflicts.ts";
import { checkRecursion } from "./check-recursion.ts";
import { operatorName } from "./operator-name.ts";
import { type Arities, BodyOrder } from "./order-body.ts";
import {
  createLocalNames,
  type LocalNames,
  moduleGlobals,
  type Report,
  Resolver,
} from "./resolve.ts";
import { buildRuleTree, findNode, type RuleTree } from "./rule-tree.ts";
import { addOpenVars } from "./term-vars.ts";

/** Modules with every name resolved and every body in a safe order. */
export type Analysis = {
  readonly modules: readonly Module[];
  readonly ruleTree: RuleTree;
  readonly names: LocalNames;
  readonly builtins: BuiltinNames;
};

/** A query in the state of an analysed body. */
export type AnalysedQuery = {
  readonly body: Body;
  /** Variable in the body → the author's name, for the bindings. */
  readonly variables: ReadonlyMap<string, string>;
};

type Failed = { readonly errors: readonly PolicyError[] };

// OPA's default of --max-errors.
const maxErrors = 10;

/** What the passes share: each sees what the ones before it made. */
type State = {
  readonly names: LocalNames;
  readonly builtins: BuiltinNames;
  readonly report: Report;
  modules: readonly Module[];
  ruleTree: RuleTree;
};

type Pass = { readonly name: string; readonly run: (state: State) => void };

// In this order; the first pass that reports errors is the last one to run.
const passes: readonly Pass[] = [
  {
    name: "resolve names",
    run: (state) => {
      const { builtins, names, report } = state;
      setModules(state, resolveModules(state.modules, names, builtins, report));
    },
  },
  {
    name: "check conflicts and calls",
    run: ({ builtins, modules, report, ruleTree }) => {
      checkConflicts(ruleTree, report);
      checkCalls(modules, ruleTree, builtins, report);
    },
  },
  {
    name: "order bodies, check safety",
    run: (state) => {
      const { builtins, modules, report, ruleTree } = state;
      const order = new BodyOrder(arities(ruleTree, builtins), report);
      const ordered = modules.map((module) => ({
        ...module,
        rules: module.rules.map((rule) => orderRule(rule, order, new Set())),
      }));
      setModules(state, ordered);
    },
  },
  {
    name: "check recursion",
    run: ({ report, ruleTree }) => checkRecursion(ruleTree, report),
  },
];

function setModules(state: State, modules: readonly Module[]): void {
  state.modules = modules;
  state.ruleTree = buildRuleTree(modules);
}

/** Checks and rewrites all modules; stops after the first pass with errors. */
export function analyze(
  modules: Iterable<Module>,
  builtins: BuiltinNames,
): { readonly analysis: Analysis } | Failed {
  const errors: PolicyError[] = [];
  const parsed = [...modules];
  const state: State = {
    names: createLocalNames(),
    builtins,
    report: (error) => errors.push(error),
    modules: parsed,
    ruleTree: buildRuleTree(parsed),
  };
  for (const pass of passes) {
    pass.run(state);
    if (errors.length > 0) {
      return failed(errors);
    }
  }
  const { names, ruleTree } = state;
  return { analysis: { modules: state.modules, ruleTree, names, builtins } };
}

/** Analyses a free query against the modules. */
export function analyzeQuery(
  { ruleTree, names, builtins }: Analysis,
  body: Body,
): { readonly query: AnalysedQuery } | Failed {
  const errors: PolicyError[] = [];
  const report: Report = (error) => errors.push(error);
  const resolver = new Resolver(new Map(), names, builtins, report);
  const resolved = resolver.body(body);
  const order = new BodyOrder(arities(ruleTree, builtins), report);
  const ordered = order.order(resolved, new Set());
  if (errors.length > 0) {
    return failed(errors);
  }
  return {
    query: { body: ordered, variables: queryVariables(resolved, names) },
  };
}

/** The variables of a query that its result shows. */
function queryVariables(body: Body, names: LocalNames): Map<string, string> {
  const found = new Set<string>();
  for (const { negated, terms } of body) {
    for (const term of negated ? [] : plainTerms(terms)) {
      addOpenVars(term, found);
    }
  }
  return new Map(
    [...found]
      .map((name) => [name, names.written.get(name) ?? name] as const)
      .filter(([name, written]) => !name.startsWith("$") && written !== "_"),
  );
}

function plainTerms(terms: ExprTerms): readonly Term[] {
  switch (terms.kind) {
    case "term":
      return [terms.term];
    case "call":
      return terms.operands;
    default:
      return [];
  }
}

function failed(errors: readonly PolicyError[]): Failed {
  const sorted = [...errors].sort(byPlace);
  if (sorted.length <= maxErrors) {
    return { errors: sorted };
  }
  const limit = new PolicyError("rego_compile_error", "error limit reached");
  return { errors: [...sorted.slice(0, maxErrors), limit] };
}

function byPlace(a: PolicyError, b: PolicyError): number {
  const [left, right] = [a.location, b.location];
  if (!left || !right) {
    return left ? -1 : 1;
  }
  if (left.file !== right.file) {
    return left.file < right.file ? -1 : 1;
  }
  return left.row - right.row || left.col - right.col;
}

function resolveModules(
  modules: readonly Module[],
  names: LocalNames,
  builtins: BuiltinNames,
  report: Report,
): Module[] {
  const rulesByPackage = new Map<string, Set<string>>();
  for (const module of modules) {
    const key = packageKey(module);
    const rules = rulesByPackage.get(key) ?? new Set();
    for (const { head } of module.rules) {
      const [name] = head.ref.value;
      if (name?.kind === "var") {
        rules.add(name.value);
      }
    }
    rulesByPackage.set(key, rules);
  }
  return modules.map((module) => {
    const rules = rulesByPackage.get(packageKey(module)) ?? new Set();
    const globals = moduleGlobals(module, rules);
    const resolver = new Resolver(globals, names, builtins, report);
    return {
      ...module,
      rules: module.rules.map((rule) => resolver.rule(rule)),
    };
  });
}

function packageKey(module: Module): string {
  return JSON.stringify(
    module.package.path.value.map((term) =>
      term.kind === "string" || term.kind === "var" ? term.value : "",
    ),
  );
}

function arities(tree: RuleTree, builtins: BuiltinNames): Arities {
  return {
    builtins,
    arity: (operator) => {
      const [head, ...rest] = operator.value;
      if (head?.kind === "var" && head.value === "data") {
        return functionArity(tree, rest);
      }
      return builtins.get(operatorName(operator))?.arity;
    },
  };
}

function functionArity(
  tree: RuleTree,
  path: readonly Term[],
): number | undefined {
  const names = path.map((term) => (term.kind === "string" ? term.value : ""));
  const rule = findNode(tree, names)?.rules[0]?.rule;
  return rule && rule.head.args.length > 0 ? rule.head.args.length : undefined;
}

function orderRule(
  rule: Rule,
  order: BodyOrder,
  outer: ReadonlySet<string>,
): Rule {
  const safe = new Set(outer);
  for (const arg of rule.head.args) {
    addOpenVars(arg, safe);
  }
  const forElse = new Set(safe);
  const body = order.order(rule.body, safe);
  const heads = [
    ...rule.head.ref.value.slice(1),
    ...(rule.head.key ? [rule.head.key] : []),
    ...(rule.head.value ? [rule.head.value] : []),
  ];
  order.checkHeads(heads, safe);
  const head = {
    ...rule.head,
    ref: {
      ...rule.head.ref,
      value: rule.head.ref.value.map((term) => order.term(term, safe)),
    },
    key: rule.head.key && order.term(rule.head.key, safe),
    value: rule.head.value && order.term(rule.head.value, safe),
  };
  const rest = rule.else && orderRule(rule.else, order, forElse);
  return { ...rule, head, body, else: rest };
}
