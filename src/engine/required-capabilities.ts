import {
  headTerms,
  visitExprs,
  visitTerm,
  visitTerms,
} from "./analysis/map.ts";
import { operatorName } from "./analysis/operator-name.ts";
import { allRules } from "./analysis/resolve-refs.ts";
import { builtinDeclarations } from "./builtins/registry.ts";
import { type AnalyseOptions, analyseModules } from "./compile.ts";
import type { PolicyError } from "./error.ts";
import { isRegoV1 } from "./format/format-imports.ts";
import type { Expr, Module, RefTerm, Rule, Term } from "./syntax/ast.ts";
import { futureKeywords, v1Keywords } from "./syntax/token.ts";

/** What modules need of whoever evaluates them; each list is sorted. */
export type RequiredCapabilities = {
  /** Names of builtins, those that the compiler adds included. */
  readonly builtins: readonly string[];
  readonly features: readonly string[];
  readonly futureKeywords: readonly string[];
};

/** What modules need, as OPA finds it; or what is wrong with them. */
export function requiredCapabilities(
  options: AnalyseOptions,
): RequiredCapabilities | { readonly errors: readonly PolicyError[] } {
  const analysed = analyseModules({ ...options, allowUndefinedCalls: true });
  if ("errors" in analysed) {
    return analysed;
  }
  const names = new Set<string>();
  for (const module of analysed.modules) {
    addWritten(module, names);
  }
  for (const module of analysed.analysis.modules) {
    addCalled(module, names);
  }
  const features = analysed.modules.flatMap(featuresOf);
  if (names.has("internal.template_string")) {
    features.push("template_strings");
  }
  return {
    builtins: sorted(names),
    features: sorted(features),
    futureKeywords: sorted(analysed.modules.flatMap(keywordsOf)),
  };
}

function sorted(names: Iterable<string>): readonly string[] {
  return [...new Set(names)].sort();
}

/** The builtins that the compiler calls in the end. */
function addCalled(module: Module, names: Set<string>): void {
  const visit = ({ terms }: Expr): void => {
    if (terms.kind === "call") {
      addKnown(terms.operator, names);
    }
  };
  for (const rule of allRules(module)) {
    visitExprs(rule.body, visit);
  }
}

function addKnown(operator: RefTerm, names: Set<string>): void {
  const name = operatorName(operator);
  if (builtinDeclarations.has(name)) {
    names.add(name);
  }
}

// What the compiler takes out or writes anew counts as it was written.
const rewritten: ReadonlySet<string> = new Set(["assign", "equal", "print"]);

function addWritten(module: Module, names: Set<string>): void {
  const call = (operator: RefTerm): void => {
    if (rewritten.has(operatorName(operator))) {
      addKnown(operator, names);
    }
  };
  const visit = (term: Term): void => {
    if (term.kind === "templatestring") {
      names.add("internal.template_string");
    } else if (term.kind === "call") {
      call(term.operator);
    }
  };
  for (const rule of allRules(module)) {
    visitExprs(rule.body, ({ terms }) => {
      if (terms.kind === "call") {
        call(terms.operator);
      }
    });
    visitTerms(rule.body, visit);
    for (const term of headTerms(rule)) {
      visitTerm(term, visit);
    }
  }
}

function featuresOf(module: Module): readonly string[] {
  if (module.regoVersion === 1) {
    return ["rego_v1"];
  }
  const imported = module.imports.some(({ path }) => isRegoV1(path));
  return [
    ...(imported ? ["rego_v1_import"] : []),
    ...module.rules.flatMap(headFeature),
  ];
}

/** Heads of three parts and more were not always there. */
function headFeature({ head: { ref } }: Rule): readonly string[] {
  const keys = ref.value.slice(1);
  if (keys.length < 2) {
    return [];
  }
  const isConstant = keys.every(({ kind }) => kind === "string");
  return [isConstant ? "rule_head_ref_string_prefixes" : "rule_head_refs"];
}

function keywordsOf({ imports, regoVersion }: Module): readonly string[] {
  const known: readonly string[] =
    regoVersion === 1 ? futureKeywords : [...v1Keywords, ...futureKeywords];
  return imports.flatMap(({ path }) => {
    const [root, keywords, name] = path.value;
    const isFuture =
      root?.kind === "var" &&
      root.value === "future" &&
      keywords?.kind === "string";
    if (!isFuture) {
      return [];
    }
    return name?.kind === "string"
      ? known.filter((word) => word === name.value)
      : known;
  });
}
