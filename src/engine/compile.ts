import {
  type AnalysedQuery,
  type Analysis,
  analyze,
  analyzeQuery,
} from "./analysis/analyze.ts";
import type { HostBuiltin } from "./builtins/host-builtin.ts";
import { withDeclared } from "./builtins/registry.ts";
import {
  generate,
  type RuntimeModule,
  readRuntime,
} from "./codegen/generate.ts";
import { PolicyError } from "./error.ts";
import type { Policy, Position } from "./ir/ir.ts";
import { printPlan } from "./ir/print.ts";
import type { Instrument } from "./plan/observer.ts";
import { type NamedQuery, planPolicy } from "./plan/plan.ts";
import { runtimeBase64, runtimeStaticEnd } from "./runtime/gen/runtime-wasm.ts";
import type { Body, Module } from "./syntax/ast.ts";
import { parseBody, parseModules } from "./syntax/parser.ts";
import { printAst } from "./syntax/print-ast.ts";

export type CompileOptions = {
  /** File name → Rego text. */
  readonly modules: Readonly<Record<string, string>>;
  /** Rules to expose, as `authz/allow`. */
  readonly entrypoints?: readonly string[];
  /** A free query instead of entrypoints: its solutions are bindings. */
  readonly query?: string;
  readonly regoVersion?: 0 | 1;
  /** Builtins beside OPA's: those with a declaration count. */
  readonly builtins?: readonly HostBuiltin[];
  /** Keeps `print` calls; the host then needs `internal.print`. */
  readonly print?: boolean;
  /** What the module tells of its evaluation; nothing by default. */
  readonly instrument?: Instrument;
};

/** A module of OPA's ABI with what a host must know of it. */
export type CompiledPolicy = {
  readonly wasm: Uint8Array;
  readonly entrypoints: readonly string[];
  /** Builtins that the host must supply. */
  readonly hostBuiltins: readonly string[];
  /** Of an instrumented module: what its events speak of. */
  readonly instrumentation?: Instrumentation;
};

/** How to read what an instrumented module tells. */
export type Instrumentation = {
  readonly positions: readonly Position[];
  /** Address of one byte a position: not zero once it was reached. */
  readonly coverage: number;
};

export type CompileResult =
  | { readonly policy: CompiledPolicy }
  | { readonly errors: readonly PolicyError[] };

/** Rego text → AST → analysed AST → plan → WASM module; or all faults found. */
export function compile(options: CompileOptions): CompileResult {
  const planned = planModules(options);
  if ("errors" in planned) {
    return planned;
  }
  const { plan } = planned;
  const { wasm, hostBuiltins, coverage } = generate(plan, sandboxRuntime());
  const entrypoints = plan.plans.map(({ name }) => name);
  const { positions } = plan;
  return {
    policy: {
      wasm,
      entrypoints,
      hostBuiltins,
      ...(options.instrument && { instrumentation: { positions, coverage } }),
    },
  };
}

/** What the compiler makes of a policy on its way to WASM, for people to read. */
export type Inspection = {
  /** The modules as parsed, in OPA's names, as JSON. */
  readonly ast: string;
  /** The plan as text; `printPlan` says how. */
  readonly ir: string;
};

/** The stages of `compile` as they can be shown; or all faults found. */
export function inspect(options: CompileOptions): Inspection | Failed {
  const planned = planModules(options);
  return "errors" in planned
    ? planned
    : { ast: printAst(planned.modules), ir: printPlan(planned.plan) };
}

type Failed = { readonly errors: readonly PolicyError[] };

type Planned = { readonly modules: readonly Module[]; readonly plan: Policy };

function planModules(options: CompileOptions): Planned | Failed {
  const builtinNames = withDeclared(options.builtins ?? []);
  const parsed = parseModules(options.modules, {
    regoVersion: options.regoVersion ?? 1,
    isBuiltin: (name) => builtinNames.has(name),
  });
  if ("errors" in parsed) {
    return parsed;
  }
  const analysed = analyze(parsed.modules, builtinNames, {
    print: options.print ?? false,
  });
  if ("errors" in analysed) {
    return analysed;
  }
  const queries = analyseQueries(analysed.analysis, options);
  if ("errors" in queries) {
    return queries;
  }
  try {
    const plan = planPolicy(
      analysed.analysis,
      queries.queries,
      options.instrument,
    );
    return { modules: parsed.modules, plan };
  } catch (error) {
    return { errors: [PolicyError.from(error)] };
  }
}

type Queries =
  | { readonly queries: readonly NamedQuery[] }
  | { readonly errors: readonly PolicyError[] };

function analyseQueries(analysis: Analysis, options: CompileOptions): Queries {
  const wanted: { readonly name: string; readonly body: Body }[] = [];
  try {
    if (options.query !== undefined) {
      wanted.push({ name: "eval", body: parseBody("query", options.query) });
    }
    for (const entrypoint of options.entrypoints ?? []) {
      wanted.push({ name: entrypoint, body: entrypointBody(entrypoint) });
    }
  } catch (error) {
    return { errors: [PolicyError.from(error)] };
  }
  const queries: NamedQuery[] = [];
  for (const { name, body } of wanted) {
    const result = analyzeQuery(analysis, body);
    if ("errors" in result) {
      return result;
    }
    const query: AnalysedQuery = result.query;
    queries.push({ name, ...query });
  }
  return { queries };
}

/** `result = data.authz.allow`, as OPA plans the entrypoint `authz/allow`. */
function entrypointBody(entrypoint: string): Body {
  const path = entrypoint
    .split("/")
    .map((name) => `[${JSON.stringify(name)}]`)
    .join("");
  return parseBody("entrypoint", `result = data${path}`);
}

let runtime: RuntimeModule | undefined;

/** The embedded runtime, decoded on first use. */
function sandboxRuntime(): RuntimeModule {
  runtime ??= readRuntime(
    Uint8Array.from(atob(runtimeBase64), (character) =>
      character.charCodeAt(0),
    ),
    runtimeStaticEnd,
  );
  return runtime;
}
