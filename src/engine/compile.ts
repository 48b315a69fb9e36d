import {
  type AnalysedQuery,
  type Analysis,
  analyze,
  analyzeQuery,
  arityOf,
} from "./analysis/analyze.ts";
import type { HasData } from "./analysis/check-data-conflicts.ts";
import { dependentDocuments } from "./analysis/dependents.ts";
import { resolveQueryRefs } from "./analysis/resolve-refs.ts";
import { findNode, type RuleTree } from "./analysis/rule-tree.ts";
import type { Schemas } from "./analysis/schema-scope.ts";
import type { BuiltinDeclaration } from "./builtins/host-builtin.ts";
import { type BuiltinCapabilities, withDeclared } from "./builtins/registry.ts";
import {
  captureValues,
  type QueryExpression,
  withoutCaptured,
} from "./capture-values.ts";
import {
  type Generated,
  generate,
  type RuntimeModule,
  readRuntime,
} from "./codegen/generate.ts";
import { tooDeep } from "./deepest-rule.ts";
import {
  entrypointBody,
  entrypointOf,
  entrypointPath,
  ruleQuery,
} from "./entrypoint-query.ts";
import { PolicyError } from "./error.ts";
import { type HostCall, hostCallsOf } from "./host-calls.ts";
import type { Policy, Position } from "./ir/ir.ts";
import { printPlan } from "./ir/print.ts";
import { type NamedQuery, type PlanOptions, planPolicy } from "./plan/plan.ts";
import { planJson } from "./published/write-plan.ts";
import { runtimeBase64, runtimeStaticEnd } from "./runtime/gen/runtime-wasm.ts";
import type { Body, Module } from "./syntax/ast.ts";
import { parseBody, parseModules, parseQueryScope } from "./syntax/parser.ts";
import { printAst } from "./syntax/print-ast.ts";

/** What compiling takes its time for, in OPA's names. */
export type CompilePhase =
  | "module_parse"
  | "module_compile"
  | "query_parse"
  | "query_compile";

type Timed = {
  /** Hears how long a phase took; the query's compiling counts its parsing too. */
  readonly onPhase?: (phase: CompilePhase, milliseconds: number) => void;
};

export type AnalyseOptions = Timed & {
  /** File name → Rego text. */
  readonly modules: Readonly<Record<string, string>>;
  readonly regoVersion?: 0 | 1;
  /** The version of files by name, where it is another. */
  readonly regoVersions?: Readonly<Record<string, 0 | 1>> | undefined;
  /** Builtins beside OPA's: those with a declaration count. */
  readonly builtins?: readonly BuiltinDeclaration[];
  /** The builtins of OPA that policies may call; all by default. */
  readonly capabilities?: BuiltinCapabilities | undefined;
  /** Refuses what OPA's `--strict` refuses. */
  readonly strict?: boolean;
  /** What is known of the input and of data; none by default. */
  readonly schemas?: Schemas | undefined;
  /** Keeps `print` calls; the host then needs `internal.print`. */
  readonly print?: boolean;
  /** How many errors of the analysis are reported: 10 by default. */
  readonly maxErrors?: number | undefined;
  /** Makes `test_` rules ready to be run one by one. */
  readonly tests?: boolean;
  /** Calls of functions that nobody has are no fault: the modules are looked at, not run. */
  readonly allowUndefinedCalls?: boolean;
  /** Whether data has something at a path, or a value in the way of it: a rule there is an error. */
  readonly hasData?: HasData | undefined;
};

export type GenerateOptions = PlanOptions &
  Timed & {
    /** Rules to expose, as `authz/allow`. */
    readonly entrypoints?: readonly string[];
    /** An entrypoint that names no rule and nothing above one is an error. */
    readonly requireRules?: boolean;
    /** Exposes the rules that refer to entrypoints too, as `opa build` does. */
    readonly exposeDependents?: boolean;
    /** A free query instead of entrypoints: its solutions are bindings. */
    readonly query?: string;
    /** The Rego version that the query is written in: 1 by default. */
    readonly queryVersion?: 0 | 1;
    /** The package whose rules the query may name alone, as `authz.http`. */
    readonly queryPackage?: string | undefined;
    /** Paths that the query imports, as `data.users` or `input.request as r`. */
    readonly queryImports?: readonly string[];
    /** Solutions of the query have the value of each of its expressions too. */
    readonly captureValues?: boolean;
  };

export type CompileOptions = AnalyseOptions & GenerateOptions;

/** A module of OPA's ABI with what a host must know of it. */
export type CompiledPolicy = {
  readonly wasm: Uint8Array;
  readonly entrypoints: readonly string[];
  /** Builtins that the host must supply. */
  readonly hostBuiltins: readonly string[];
  /** The same by entrypoint, with the places of the calls. */
  hostCalls(): readonly HostCall[];
  /** Of a query whose values are captured: its expressions. */
  readonly expressions?: readonly QueryExpression[];
  /** Of an instrumented module: what its events speak of. */
  readonly instrumentation?: Instrumentation;
};

/** Where a module marks what it reached. */
export type CoverageMarks = {
  /** Address of one byte a position: not zero once it was reached. */
  readonly coverage: number;
  readonly positions: { readonly length: number };
};

/** How to read what an instrumented module tells. */
export type Instrumentation = CoverageMarks & {
  readonly positions: readonly Position[];
  /** The names whose values it tells. */
  readonly observedNames: readonly string[];
  /** The names that authors wrote, by the compiler's. */
  readonly written: ReadonlyMap<string, string>;
  /** Whether these optimizations are made, as in OPA. */
  readonly earlyExit: boolean;
  readonly ruleIndex: boolean;
};

export type CompileResult =
  | { readonly policy: CompiledPolicy }
  | { readonly errors: readonly PolicyError[] };

/** Rego text → AST → analysed AST → plan → WASM module; or all faults found. */
export function compile(options: CompileOptions): CompileResult {
  const analysed = analyseModules(options);
  return "errors" in analysed ? analysed : generateModule(analysed, options);
}

/** The plan and the module of analysed modules; they may be asked for several. */
export function generateModule(
  analysed: Analysed,
  options: GenerateOptions,
): CompileResult {
  return timed(options, "query_compile", () => generateWasm(analysed, options));
}

function timed<T>({ onPhase }: Timed, phase: CompilePhase, work: () => T): T {
  if (!onPhase) {
    return work();
  }
  const start = performance.now();
  const made = work();
  onPhase(phase, performance.now() - start);
  return made;
}

function generateWasm(
  { analysis }: Analysed,
  options: GenerateOptions,
): CompileResult {
  const planned = planQueries(analysis, options);
  if ("errors" in planned) {
    return planned;
  }
  const { plan, expressions } = planned;
  const generated = generatePlan(plan);
  if ("errors" in generated) {
    return generated;
  }
  const { wasm, hostBuiltins, coverage } = generated;
  const entrypoints = plan.plans.map(({ name }) => name);
  const { observedNames, positions } = plan;
  const { earlyExit = true, ruleIndex = true } = options.optimizations ?? {};
  const instrumentation = {
    ...{ positions, observedNames, coverage },
    ...{ earlyExit, ruleIndex, written: analysis.names.written },
  };
  return {
    policy: {
      wasm,
      entrypoints,
      hostBuiltins,
      hostCalls: () => hostCallsOf(plan, hostBuiltins),
      ...(options.captureValues && { expressions }),
      ...(options.instrument && { instrumentation }),
    },
  };
}

/** What a policy is for readers of OPA's plans. */
export type PublishedPlan = {
  /** The text of OPA's `plan.json`. */
  readonly json: string;
  readonly entrypoints: readonly string[];
};

/**
 * Rego text → AST → analysed AST → plan → OPA's `plan.json`; or all faults found.
 * Of the optimizations those of `publishedOptimizations` can be asked for.
 */
export function compilePlan(
  options: CompileOptions,
): { readonly plan: PublishedPlan } | Failed {
  const analysed = analyseModules(options);
  if ("errors" in analysed) {
    return analysed;
  }
  const planned = planQueries(analysed.analysis, options);
  if ("errors" in planned) {
    return planned;
  }
  const { plan } = planned;
  const json = planJson(plan, options.builtins);
  return { plan: { json, entrypoints: plan.plans.map(({ name }) => name) } };
}

/** What the compiler makes of a policy on its way to WASM, for people to read. */
export type Inspection = {
  /** The modules as parsed, in OPA's names, as JSON. */
  readonly ast: string;
  /** The plan as text; `printPlan` says how. */
  readonly ir: string;
  /** The policy's functions in WebAssembly's text format, without the runtime. */
  readonly wat: string;
};

/** The stages of `compile` as they can be shown; or all faults found. */
export function inspect(options: CompileOptions): Inspection | Failed {
  const analysed = analyseModules(options);
  if ("errors" in analysed) {
    return analysed;
  }
  const planned = planQueries(analysed.analysis, options);
  if ("errors" in planned) {
    return planned;
  }
  const generated = generatePlan(planned.plan);
  return "errors" in generated
    ? generated
    : {
        ast: printAst(analysed.modules),
        ir: printPlan(planned.plan),
        wat: generated.wat(),
      };
}

type Failed = { readonly errors: readonly PolicyError[] };

/** Modules as parsed, and as analysed. */
export type Analysed = {
  readonly modules: readonly Module[];
  readonly analysis: Analysis;
};

/** Rego text → AST → analysed AST; or all faults found. */
export function analyseModules(options: AnalyseOptions): Analysed | Failed {
  const builtinNames = withDeclared(
    options.builtins ?? [],
    options.capabilities,
  );
  const parsed = timed(options, "module_parse", () =>
    parseModules(options.modules, {
      regoVersion: options.regoVersion ?? 1,
      regoVersions: options.regoVersions,
      isBuiltin: (name) => builtinNames.has(name),
    }),
  );
  if ("errors" in parsed) {
    return parsed;
  }
  const { allowUndefinedCalls = false, hasData, maxErrors, schemas } = options;
  const { print = false, strict = false, tests = false } = options;
  const flags = { allowUndefinedCalls, print, strict, tests };
  const settings = { ...flags, hasData, maxErrors, schemas };
  try {
    const analysed = timed(options, "module_compile", () =>
      analyze(parsed.modules, builtinNames, settings),
    );
    return "errors" in analysed
      ? analysed
      : { modules: parsed.modules, analysis: analysed.analysis };
  } catch (error) {
    if (error instanceof RangeError) {
      return { errors: [tooDeep(parsed.modules)] };
    }
    throw error;
  }
}

function planQueries(
  analysis: Analysis,
  options: GenerateOptions,
):
  | {
      readonly plan: Policy;
      readonly expressions: readonly QueryExpression[];
    }
  | Failed {
  const queries = analyseQueries(analysis, options);
  if ("errors" in queries) {
    return queries;
  }
  try {
    const plan = planPolicy(analysis, queries.queries, options);
    return { plan, expressions: queries.expressions };
  } catch (error) {
    return { errors: [PolicyError.from(error)] };
  }
}

function hasRules(tree: RuleTree, entrypoint: string): boolean {
  const node = findNode(tree, entrypointPath(entrypoint));
  return node !== undefined && hasRulesBelow(node);
}

function hasRulesBelow({ children, rules }: RuleTree): boolean {
  return rules.length > 0 || [...children.values()].some(hasRulesBelow);
}

/** The entrypoints that are named, and what else comes with them. */
function exposed(
  analysis: Analysis,
  {
    entrypoints = [],
    exposeDependents = false,
    requireRules = false,
  }: GenerateOptions,
): readonly string[] {
  const missing = requireRules
    ? entrypoints.find((one) => !hasRules(analysis.ruleTree, one))
    : undefined;
  if (missing !== undefined) {
    const message = `entrypoint ${JSON.stringify(missing)} does not refer to a rule or policy decision`;
    throw new PolicyError("rego_compile_error", message);
  }
  const dependents = exposeDependents
    ? dependentDocuments(analysis, entrypoints.map(entrypointPath))
    : [];
  return [...new Set([...entrypoints, ...dependents.map(entrypointOf)])];
}

type Queries =
  | {
      readonly queries: readonly NamedQuery[];
      readonly expressions: readonly QueryExpression[];
    }
  | { readonly errors: readonly PolicyError[] };

type Wanted = {
  readonly name: string;
  readonly body: Body;
  /** The query where no analysis is needed. */
  readonly plain?: AnalysedQuery | undefined;
};

function analyseQueries(analysis: Analysis, options: GenerateOptions): Queries {
  const wanted: Wanted[] = [];
  const expressions: QueryExpression[] = [];
  try {
    if (options.query !== undefined) {
      const { query } = options;
      const body = timed(options, "query_parse", () =>
        parseQuery(query, analysis, options),
      );
      const { builtins } = analysis;
      const captured = options.captureValues
        ? captureValues(body, arityOf(analysis), builtins)
        : { body, expressions: [] };
      expressions.push(...captured.expressions);
      wanted.push({ name: "eval", body: captured.body });
    }
    for (const entrypoint of exposed(analysis, options)) {
      const body = entrypointBody(entrypoint);
      const plain = ruleQuery(entrypoint, body, analysis);
      wanted.push({ name: entrypoint, body, plain });
    }
  } catch (error) {
    return { errors: [PolicyError.from(error)] };
  }
  const queries: NamedQuery[] = [];
  const lenient = {
    ...analysis,
    options: { ...analysis.options, strict: false },
  };
  for (const { name, body, plain } of wanted) {
    if (plain) {
      queries.push({ name, ...plain });
      continue;
    }
    // As in OPA, what a query leaves unused is no fault.
    const result = analyzeQuery(lenient, body);
    if ("errors" in result) {
      return { errors: result.errors.map(withoutCaptured) };
    }
    const query: AnalysedQuery = result.query;
    queries.push({ name, ...query });
  }
  return { queries, expressions };
}

/** The query with its names resolved by its package and imports. */
function parseQuery(
  query: string,
  { modules }: Analysis,
  options: GenerateOptions,
): Body {
  const { queryPackage, queryImports = [] } = options;
  const scope = parseQueryScope(queryPackage, queryImports);
  const body = parseBody(queryFile(options), query, {
    regoVersion: options.queryVersion ?? 1,
  });
  return resolveQueryRefs(body, scope, modules);
}

/** OPA names no file for what `eval` was asked. */
function queryFile({ captureValues: isShown }: GenerateOptions): string {
  return isShown ? "" : "query";
}

function generatePlan(plan: Policy): Generated | Failed {
  try {
    return generate(plan, sandboxRuntime());
  } catch (error) {
    return { errors: [PolicyError.from(error)] };
  }
}

let runtime: RuntimeModule | undefined;

/** The embedded runtime, decoded on first use. */
function sandboxRuntime(): RuntimeModule {
  runtime ??= readRuntime(decodeBase64(runtimeBase64), runtimeStaticEnd);
  return runtime;
}

/** A loop: `Uint8Array.from` takes eight times as long, which every start would wait for. */
function decodeBase64(text: string): Uint8Array {
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let index = 0; index < binary.length; index += 1) {
    bytes[index] = binary.charCodeAt(index);
  }
  return bytes;
}
