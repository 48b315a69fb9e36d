import type { PolicyError } from "../error.ts";
import { PolicyError as Fault } from "../error.ts";
import type { Body, Module, RefTerm } from "../syntax/ast.ts";
import { termsOf } from "../syntax/expr-parts.ts";
import type { TypeEnv } from "../types/type-env.ts";
import { type AnnotationSet, buildAnnotationSet } from "./annotation-set.ts";
import type { BuiltinNames } from "./builtin-names.ts";
import { checkCalls, checkQueryCalls } from "./check-calls.ts";
import { checkConflicts } from "./check-conflicts.ts";
import { checkDataConflicts, type HasData } from "./check-data-conflicts.ts";
import { checkDeprecated, checkQueryDeprecated } from "./check-deprecated.ts";
import {
  checkImports,
  checkKeywordOverrides,
  checkQueryOverrides,
} from "./check-names.ts";
import {
  buildRuleGraph,
  checkRecursion,
  type RuleGraph,
} from "./check-recursion.ts";
import { checkHeads, orderBodies, orderQuery } from "./check-safety.ts";
import { checkQueryVoidCalls, checkVoidCalls } from "./check-void-calls.ts";
import { checkQueryTypes, inferTypes } from "./infer-types.ts";
import {
  createLocalNames,
  type LocalNames,
  queryNames,
  takenNames,
} from "./names.ts";
import { operatorName } from "./operator-name.ts";
import type { Arity } from "./output-vars.ts";
import { resolveRefs } from "./resolve-refs.ts";
import {
  hoistBody,
  rewriteDynamics,
  rewriteEquals,
} from "./rewrite-dynamics.ts";
import { expandBody, rewriteExprTerms } from "./rewrite-expr-terms.ts";
import {
  moveComprehensionHeads,
  rewriteComprehensionHeads,
  rewriteHeadRefs,
  rewriteHeadTerms,
} from "./rewrite-heads.ts";
import { rewriteLocals, rewriteQueryLocals } from "./rewrite-locals.ts";
import { rewriteMetadata } from "./rewrite-metadata.ts";
import { rewritePrint, rewriteQueryPrint } from "./rewrite-print.ts";
import {
  rewriteQueryTemplates,
  rewriteTemplates,
} from "./rewrite-templates.ts";
import { rewriteQueryWith, rewriteWith } from "./rewrite-with.ts";
import { buildRuleTree, findNode, type RuleTree } from "./rule-tree.ts";
import type { Schemas } from "./schema-scope.ts";
import type { State } from "./state.ts";
import { injectTestCases, renameDuplicateTests } from "./test-rules.ts";
import { addTermVars, capturePrefix, rootNames } from "./vars.ts";

/** Modules with every name resolved and every body in a safe order. */
export type Analysis = {
  readonly modules: readonly Module[];
  readonly ruleTree: RuleTree;
  readonly names: LocalNames;
  readonly builtins: BuiltinNames;
  readonly options: AnalysisOptions;
  readonly graph: RuleGraph;
  readonly types: TypeEnv | undefined;
  readonly annotations: AnnotationSet;
};

/** A query in the state of an analysed body. */
export type AnalysedQuery = {
  readonly body: Body;
  /** Variable in the body → the author's name, for the bindings. */
  readonly variables: ReadonlyMap<string, string>;
};

export type AnalysisOptions = {
  /** OPA's `--strict`. */
  readonly strict?: boolean;
  /** Whether `print` calls stay. */
  readonly print?: boolean;
  /** OPA's `--max-errors`: how many are reported. */
  readonly maxErrors?: number | undefined;
  /** Whether `test_` rules are made ready to be run. */
  readonly tests?: boolean;
  readonly schemas?: Schemas | undefined;
  /** Calls of functions that nobody has are no fault. */
  readonly allowUndefinedCalls?: boolean;
  /** Where it has something, a rule is a fault. */
  readonly hasData?: HasData | undefined;
};

type Failed = { readonly errors: readonly PolicyError[] };

// OPA's default of --max-errors.
const defaultMaxErrors = 10;

type Pass = { readonly name: string; readonly run: (state: State) => void };

// In this order, which is OPA's; the first pass that reports errors is the last.
const passes: readonly Pass[] = [
  {
    name: "resolve refs",
    run: (state) => {
      const { report, strict } = state;
      state.modules = resolveRefs(state.modules, report, strict);
    },
  },
  { name: "rewrite head refs", run: rewriteHeadRefs },
  { name: "rename duplicate tests", run: ifTests(renameDuplicateTests) },
  {
    name: "check keyword overrides",
    run: ({ modules, report, strict }) =>
      checkKeywordOverrides(modules, report, strict),
  },
  {
    name: "check imports",
    run: ({ modules, report, strict }) => checkImports(modules, report, strict),
  },
  // Needs rewrite head refs: the tree knows variables and constants only.
  { name: "set rule tree", run: setRuleTree },
  { name: "rewrite local variables", run: rewriteLocals },
  { name: "inject test cases", run: ifTests(injectTestCases) },
  { name: "set rule tree", run: setRuleTree },
  {
    name: "rewrite template strings",
    run: (state) => rewriteTemplates(state, arityOf(state)),
  },
  {
    name: "check void calls",
    run: ({ builtins, modules, report }) =>
      checkVoidCalls(modules, builtins, report),
  },
  {
    name: "rewrite print calls",
    run: (state) => rewritePrint(state, arityOf(state)),
  },
  { name: "rewrite expression terms", run: rewriteExprTerms },
  {
    name: "set annotations",
    run: (state) => {
      state.annotations = buildAnnotationSet(state.modules, state.report);
    },
  },
  // Needs rewrite expression terms: a call stands alone or has an output.
  { name: "rewrite metadata calls", run: rewriteMetadata },
  { name: "rewrite comprehension heads", run: rewriteComprehensionHeads },
  { name: "rewrite head terms", run: rewriteHeadTerms },
  { name: "rewrite with", run: rewriteWith },
  {
    name: "check rule conflicts",
    run: (state) => {
      checkDataConflicts(state);
      checkConflicts(state);
    },
  },
  {
    name: "check undefined functions",
    run: (state) => checkCalls(state, arityOf(state)),
  },
  { name: "check safety of heads", run: checkHeads },
  {
    name: "check safety of bodies",
    run: (state) => orderBodies(state, safetyArity(state)),
  },
  { name: "rewrite equals", run: rewriteEquals },
  { name: "rewrite dynamic terms", run: rewriteDynamics },
  {
    name: "check recursion",
    run: (state) => {
      setRuleTree(state);
      state.graph = buildRuleGraph(state.modules, state.ruleTree);
      checkRecursion(state, state.graph);
    },
  },
  // Needs check recursion: inference does not end on cycles.
  {
    name: "check types",
    run: (state) => {
      state.types = inferTypes(state);
    },
  },
  { name: "check deprecated builtins", run: checkDeprecated },
];

/** Of a call that nobody has, everything may be an output. */
function safetyArity(state: State): Arity {
  const arity = arityOf(state);
  return state.allowUndefinedCalls ? (ref) => arity(ref) ?? 0 : arity;
}

function ifTests(run: Pass["run"]): Pass["run"] {
  return (state) => {
    if (state.tests) {
      run(state);
    }
  };
}

const noAnnotations: AnnotationSet = buildAnnotationSet([], () => {});

function setRuleTree(state: State): void {
  state.ruleTree = buildRuleTree(state.modules);
}

/** Checks and rewrites all modules; stops after the first pass with errors. */
export function analyze(
  modules: Iterable<Module>,
  builtins: BuiltinNames,
  options: AnalysisOptions = {},
): { readonly analysis: Analysis } | Failed {
  const errors: PolicyError[] = [];
  const sorted = [...modules].sort((a, b) =>
    a.package.location.file < b.package.location.file ? -1 : 1,
  );
  const state: State = {
    names: createLocalNames(takenNames(sorted)),
    builtins,
    report: (error) => errors.push(error),
    strict: options.strict ?? false,
    print: options.print ?? false,
    tests: options.tests ?? false,
    modules: sorted,
    ruleTree: buildRuleTree([]),
    graph: new Map(),
    types: undefined,
    annotations: noAnnotations,
    schemas: options.schemas ?? {},
    allowUndefinedCalls: options.allowUndefinedCalls ?? false,
    hasData: options.hasData,
  };
  for (const pass of passes) {
    pass.run(state);
    if (errors.length > 0) {
      return failed(errors, options.maxErrors);
    }
  }
  const { annotations, graph, names, ruleTree, types } = state;
  return {
    analysis: {
      modules: state.modules,
      ruleTree,
      names,
      builtins,
      options,
      graph,
      types,
      annotations,
    },
  };
}

type QueryPass = (body: Body, state: State, arity: Arity) => Body;

function checking(
  check: (body: Body, state: State, arity: Arity) => void,
): QueryPass {
  return (body, state, arity) => {
    check(body, state, arity);
    return body;
  };
}

const queryPasses: readonly QueryPass[] = [
  checking((body, { report, strict }) => {
    if (strict) {
      checkQueryOverrides(body, report);
    }
  }),
  rewriteQueryLocals,
  rewriteQueryTemplates,
  checking((body, { builtins, report }) =>
    checkQueryVoidCalls(body, builtins, report),
  ),
  rewriteQueryPrint,
  (body, { names }) => expandBody(body, names),
  (body, { names }) => moveComprehensionHeads(body, names),
  rewriteQueryWith,
  checking(checkQueryCalls),
  orderQuery,
  (body, { names }) => hoistBody(body, names),
  checking(checkQueryTypes),
  checking(checkQueryDeprecated),
];

/** Analyses a free query against the modules. */
export function analyzeQuery(
  { builtins, graph, modules, options, ruleTree, types, ...analysis }: Analysis,
  body: Body,
): { readonly query: AnalysedQuery } | Failed {
  const errors: PolicyError[] = [];
  const names = queryNames(analysis.names, body);
  const state: State = {
    names,
    builtins,
    report: (error) => errors.push(error),
    strict: options.strict ?? false,
    print: options.print ?? false,
    tests: options.tests ?? false,
    modules,
    ruleTree,
    graph,
    types,
    annotations: noAnnotations,
    schemas: options.schemas ?? {},
    allowUndefinedCalls: options.allowUndefinedCalls ?? false,
    hasData: options.hasData,
  };
  const arity = arityOf(state);
  let current = body;
  let declared = body;
  for (const pass of queryPasses) {
    current = pass(current, state, arity);
    if (errors.length > 0) {
      return failed(errors, options.maxErrors);
    }
    if (pass === rewriteQueryLocals) {
      declared = current;
    }
  }
  return {
    query: { body: current, variables: queryVariables(declared, names) },
  };
}

/** The variables of a query that its result shows. */
function queryVariables(body: Body, names: LocalNames): Map<string, string> {
  const found = new Set<string>();
  for (const { negated, terms } of body) {
    for (const term of negated ? [] : termsOf(terms)) {
      addTermVars(term, found, { skipRefCallHead: true, skipClosures: true });
    }
  }
  return new Map(
    [...found]
      .filter((name) => !rootNames.has(name) && isAnswer(name))
      .map((name) => [name, names.written.get(name) ?? name] as const)
      .filter(([, written]) => !written.startsWith("__local")),
  );
}

/** True for what an author names, and for what takes the value of an expression. */
function isAnswer(name: string): boolean {
  return !name.startsWith("$") || name.startsWith(capturePrefix);
}

function failed(
  errors: readonly PolicyError[],
  maxErrors = defaultMaxErrors,
): Failed {
  const sorted = [...errors].sort(byPlace);
  if (sorted.length <= maxErrors) {
    return { errors: sorted };
  }
  const limit = new Fault("rego_compile_error", "error limit reached");
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

/** How many operands a builtin or a function of the modules takes. */
export function arityOf({
  builtins,
  ruleTree,
}: Pick<State, "builtins" | "ruleTree">): Arity {
  return (operator: RefTerm) => {
    const [head, ...rest] = operator.value;
    if (head?.kind === "var" && head.value === "data") {
      const path = rest.map((term) =>
        term.kind === "string" ? term.value : "",
      );
      return findNode(ruleTree, path)?.rules[0]?.rule.head.args.length;
    }
    const name = operatorName(operator);
    return name === "eq" ? 2 : builtins.get(name)?.arity;
  };
}
